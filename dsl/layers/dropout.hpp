#pragma once

#include "../network.hpp"
#include "../real.hpp"

namespace etch {
namespace layers {

template <real Rate>
struct dropout : layer {
  static constexpr std::string_view kind = "dropout";
  static constexpr double rate = Rate.value();

  static constexpr verdict shape_rule(tensor_shape const& in) {
    return rate >= 0 && rate < 1 ? accept(in) : refuse(refusal::rate_out_of_range);
  }

  static constexpr tensor forward(context& c, tensor x) {
    if (!c.training() || !(rate > 0)) return x;
    tensor const dropped = greater(c.constant(rate), c.random(x));
    return select(dropped, c.constant(0), x * (1 / (1 - rate)));
  }
};

}  // namespace layers

/// While training, sets each element to 0 with this probability and divides the others by 1 - rate,
/// so that the mean stays; otherwise the identity. `dropout<0.5>`, 0 <= rate < 1. Srivastava et al.
/// 2014; ONNX Dropout.
template <real Rate>
inline constexpr layers::dropout<Rate> dropout{};

}  // namespace etch
