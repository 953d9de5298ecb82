#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct hard_swish : elementwise {
  static constexpr std::string_view kind = "hard_swish";
  static constexpr tensor forward(context&, tensor x) { return x * min(1, max(0, x / 6 + 0.5)); }
};

}  // namespace layers

/// x * hard_sigmoid(x). Howard et al. 2019; ONNX HardSwish.
inline constexpr layers::hard_swish hard_swish{};

}  // namespace etch
