#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct gelu : elementwise {
  static constexpr std::string_view kind = "gelu";
  static constexpr double sqrt_half = 0.70710678118654752440;

  static constexpr tensor forward(context&, tensor x) {
    tensor const u = max(-10, x);  // where erf is -1 in double too: 0 wins over -inf
    return u * (erf(u * sqrt_half) * 0.5 + 0.5);
  }
};

struct gelu_tanh : elementwise {
  static constexpr std::string_view kind = "gelu_tanh";
  static constexpr double sqrt_2_over_pi = 0.79788456080286535588;

  static constexpr tensor forward(context&, tensor x) {
    // Beyond 10 the tanh is -1 or 1 in double too, and nothing must become infinite that is
    // multiplied by 0 there, in the gradient too.
    tensor const above = max(-10, x), u = min(10, above);
    tensor const slope = u * u * (0.044715 * sqrt_2_over_pi) + sqrt_2_over_pi;
    return above * (math::tanh(u * slope) * 0.5 + 0.5);
  }
};

}  // namespace layers

/// x * P(N(0, 1) <= x) = x / 2 * (1 + erf(x / sqrt(2))). Hendrycks and Gimpel 2016; ONNX Gelu.
inline constexpr layers::gelu gelu{};

/// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), near to gelu and cheaper. ONNX Gelu with
/// approximate = tanh.
inline constexpr layers::gelu_tanh gelu_tanh{};

}  // namespace etch
