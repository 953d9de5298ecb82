#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct silu : elementwise {
  static constexpr std::string_view kind = "silu";
  static constexpr tensor forward(context&, tensor x) {
    // Beyond -88 the sigmoid is 0 in float, and wins over -inf; nothing infinite is multiplied by 0
    // in the gradient either.
    tensor const above = max(-88, x);
    return above * math::sigmoid(min(30, above));
  }
};

}  // namespace layers

/// x / (1 + e^-x), also called swish. Elfwing et al. 2017; ONNX Mul(x, Sigmoid(x)).
inline constexpr layers::silu silu{};

}  // namespace etch
