#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct hard_sigmoid : elementwise {
  static constexpr std::string_view kind = "hard_sigmoid";
  static constexpr tensor forward(context&, tensor x) { return min(1, max(0, x / 6 + 0.5)); }
};

}  // namespace layers

/// x / 6 + 1/2, limited to [0, 1]. PyTorch Hardsigmoid; ONNX HardSigmoid with alpha 1/6, beta 1/2.
inline constexpr layers::hard_sigmoid hard_sigmoid{};

}  // namespace etch
