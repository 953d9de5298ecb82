#pragma once

#include <utility>

#include "../layers/softmax.hpp"
#include "loss_base.hpp"

namespace etch {
namespace losses {

struct cross_entropy : loss {
  static constexpr std::string_view kind = "cross_entropy";
  static constexpr target_values targets = target_values::classes;
  static constexpr bool takes_logits = true;

  static constexpr verdict target_rule(tensor_shape const& prediction) {
    if (prediction.rank == 0) return refuse(refusal::wants_rank);
    tensor_shape labels = prediction;
    labels[--labels.rank] = 0;
    return accept(labels);
  }

  static constexpr tensor forward(context& c, tensor prediction, tensor target) {
    tensor_shape one_label = prediction.shape();
    int const axes = one_label.rank;
    int const classes = std::exchange(one_label[axes - 1], 1);
    tensor const chosen = one_hot(math::reshape(target, one_label), classes);
    tensor const likelihood = select(chosen, layers::log_softmax::of(prediction), c.constant(0));
    return math::reshape(sum(likelihood) / (-1.0 * one_label.elements()), {});
  }
};

}  // namespace losses

/// From logits and labels: log(sum over j of e^x_j) - x_label, where the last axis holds the logits
/// of the classes (no softmax has made probabilities of them), and a label is a class as a number, 0
/// to classes - 1. (classes) has the target (), a scalar; (tokens, classes) has (tokens), and the
/// mean over the tokens is taken. A label that is no class is an `error` where it is given. NaN where
/// the largest logit is infinite. PyTorch CrossEntropyLoss.
inline constexpr losses::cross_entropy cross_entropy{};

}  // namespace etch
