#pragma once

#include "hard_sigmoid.hpp"

namespace etch {
namespace layers {

struct hard_swish : elementwise {
  static constexpr std::string_view kind = "hard_swish";
  static constexpr tensor forward(context& c, tensor x) {
    return max(-3, x) * hard_sigmoid::forward(c, x);  // 0 wins over -inf
  }
};

}  // namespace layers

/// x * hard_sigmoid(x). Howard et al. 2019; ONNX HardSwish.
inline constexpr layers::hard_swish hard_swish{};

}  // namespace etch
