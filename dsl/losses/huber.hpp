#pragma once

#include "../real.hpp"
#include "loss_base.hpp"

namespace etch {
struct delta_above_0;

namespace refusal {
inline constexpr reason delta_too_small{&delta_too_small};  // huber, 0 or below
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::delta_too_small, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<delta_above_0>, Given>::is_met,
                "etch: the delta of huber, at which it turns from a square to a line, must be "
                "above 0");
};

namespace losses {

template <real Delta>
struct huber : elementwise_loss {
  static constexpr std::string_view kind = "huber";
  static constexpr verdict target_rule(tensor_shape const& prediction) {
    return Delta.value() > 0 ? accept(prediction) : refuse(refusal::delta_too_small);
  }
  static constexpr tensor forward(context&, tensor prediction, tensor target) {
    tensor const distance = abs(prediction - target);
    tensor const near = min(distance, Delta.value());
    return mean_of(near * (distance - near * 0.5));
  }
};

}  // namespace losses

/// The mean over the elements, with d = |prediction - target|, of d^2 / 2 where d <= delta, else of
/// delta * (d - delta / 2). Delta is above 0; `huber<>` has 1. The target has the shape of the
/// prediction. Huber 1964; PyTorch HuberLoss.
template <real Delta = 1.0>
inline constexpr losses::huber<Delta> huber{};

}  // namespace etch
