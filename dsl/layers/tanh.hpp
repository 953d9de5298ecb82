#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct tanh : elementwise {
  static constexpr std::string_view kind = "tanh";
  static constexpr tensor forward(context&, tensor x) { return math::tanh(x); }
};

}  // namespace layers

/// (e^x - e^-x) / (e^x + e^-x). ONNX Tanh.
inline constexpr layers::tanh tanh{};

}  // namespace etch
