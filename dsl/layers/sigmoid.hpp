#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct sigmoid : elementwise {
  static constexpr std::string_view kind = "sigmoid";
  static constexpr tensor forward(context&, tensor x) { return math::sigmoid(x); }
};

}  // namespace layers

/// 1 / (1 + e^-x). ONNX Sigmoid.
inline constexpr layers::sigmoid sigmoid{};

}  // namespace etch
