#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct relu : elementwise {
  static constexpr std::string_view kind = "relu";
  static constexpr tensor forward(context& c, tensor x) { return max(c.constant(0), x); }
};

}  // namespace layers

/// max(0, x); the gradient at 0 is 0. ONNX Relu.
inline constexpr layers::relu relu{};

}  // namespace etch
