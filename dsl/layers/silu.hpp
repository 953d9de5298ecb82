#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct silu : elementwise {
  static constexpr std::string_view kind = "silu";
  static constexpr tensor forward(context&, tensor x) { return x * math::sigmoid(x); }
};

}  // namespace layers

/// x / (1 + e^-x), also called swish. Elfwing et al. 2017; ONNX Mul(x, Sigmoid(x)).
inline constexpr layers::silu silu{};

}  // namespace etch
