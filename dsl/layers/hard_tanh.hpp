#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct hard_tanh : elementwise {
  static constexpr std::string_view kind = "hard_tanh";
  static constexpr tensor forward(context&, tensor x) { return min(1, max(-1, x)); }
};

}  // namespace layers

/// x, limited to [-1, 1]. PyTorch Hardtanh; ONNX Clip.
inline constexpr layers::hard_tanh hard_tanh{};

}  // namespace etch
