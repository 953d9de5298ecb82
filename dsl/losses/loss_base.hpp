#pragma once

#include <concepts>
#include <string_view>

#include "../context.hpp"
#include "../flow.hpp"

namespace etch {

/// What the numbers of a target may be.
enum class target_values {
  any,
  probabilities,  // from 0 to 1
  classes,        // whole numbers from 0 to the extent of the prediction's last axis, minus 1
};

/// Base of every loss. A loss is an empty type with
///
///   static constexpr std::string_view kind = "mse";
///   // The shape of one sample's target for a prediction of this shape, or refuse(...):
///   static constexpr verdict target_rule(tensor_shape const& prediction);
///   // One number a sample, of rank 0:
///   static constexpr tensor forward(context& c, tensor prediction, tensor target);
///
/// and, where it differs from what `loss` has:
///
///   // What the numbers of a target may be; others are refused where they are given.
///   static constexpr target_values targets = target_values::classes;
///   // Whether it makes probabilities of the prediction: a network that has done so is refused.
///   static constexpr bool takes_logits = true;
///
/// The loss of a batch is the mean over its samples.
struct loss {
  static constexpr target_values targets = target_values::any;
  static constexpr bool takes_logits = false;
};

template <class T>
concept is_loss = std::derived_from<T, loss> && requires(context& c, tensor x) {
  { T::target_rule(tensor_shape{}) } -> std::same_as<verdict>;
  { T::forward(c, x, x) } -> std::same_as<tensor>;
};

namespace losses {

/// Base of the losses that compare each element with its target and take the mean.
struct elementwise_loss : loss {
  static constexpr verdict target_rule(tensor_shape const& prediction) {
    return accept(prediction);
  }

  static constexpr tensor mean_of(tensor each) {
    return math::reshape(mean(each, 0, each.shape().rank), {});
  }
};

}  // namespace losses
}  // namespace etch
