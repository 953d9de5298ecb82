#pragma once

#include "../network.hpp"
#include "../real.hpp"

namespace etch {
struct rate_at_least_0_and_below_1;

namespace refusal {
inline constexpr reason rate_out_of_range{&rate_out_of_range};  // dropout outside [0, 1)
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::rate_out_of_range, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<rate_at_least_0_and_below_1>, Given>::is_met,
                "etch: the rate must be at least 0 and below 1");
};

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
