#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct gelu : elementwise {
  static constexpr std::string_view kind = "gelu";
  static constexpr double sqrt_half = 0.70710678118654752440;

  static constexpr tensor forward(context&, tensor x) {
    return x * (erf(x * sqrt_half) * 0.5 + 0.5);
  }
};

struct gelu_tanh : elementwise {
  static constexpr std::string_view kind = "gelu_tanh";
  static constexpr double sqrt_2_over_pi = 0.79788456080286535588;

  static constexpr tensor forward(context&, tensor x) {
    // (1 + tanh(z)) / 2 = sigmoid(2 z). Beyond 30 it is 0 or 1 in double too, and x * x must not
    // become infinite, since its gradient is multiplied by 0 there.
    tensor const u = max(-30, min(30, x));
    return x * math::sigmoid((u + u * u * u * 0.044715) * (2 * sqrt_2_over_pi));
  }
};

}  // namespace layers

/// x * P(N(0, 1) <= x) = x / 2 * (1 + erf(x / sqrt(2))). Hendrycks and Gimpel 2016; ONNX Gelu.
inline constexpr layers::gelu gelu{};

/// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), near to gelu and cheaper. ONNX Gelu with
/// approximate = tanh.
inline constexpr layers::gelu_tanh gelu_tanh{};

}  // namespace etch
