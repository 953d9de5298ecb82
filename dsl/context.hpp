#pragma once

#include <string_view>
#include <utility>

#include "expression.hpp"
#include "constexpr_list.hpp"

namespace etch {

/// What a layer's `forward` writes into: the graph, with names for its parameters.
class context {
 public:
  constexpr context(graph& target, bool training) : target_(&target), training_(training) {}

  /// Layers that act differently while they learn (dropout, batch_norm) ask this.
  constexpr bool training() const { return training_; }

  /// A trained value, `kind_n.name`.
  constexpr tensor parameter(std::string_view name, tensor_shape const& shape, initializer init) {
    return add_parameter({qualified(name), shape, init, true, 0, target_->layer()});
  }

  /// A value that is measured, not trained: while training it moves by `momentum` towards
  /// `measured`, which holds one value for the batch; it is what inference uses.
  constexpr tensor state(std::string_view name, tensor_shape const& shape, initializer init) {
    return add_parameter({qualified(name), shape, init, false, 0, target_->layer()});
  }
  constexpr void measure(tensor state, tensor measured, double momentum) {
    int const index = state.get().index;
    target_->parameters[static_cast<std::size_t>(index)].momentum = momentum;
    tensor const samples{target_, target_->add({.code = op::batch_size})};
    target_->gradients.push_back({index, (math::reshape(measured, state.shape()) * samples).id});
  }

  /// Uniform values in [0, 1), drawn anew for each sample at each training step.
  constexpr tensor random(tensor like) {
    return {target_, target_->add({.code = op::random, .batched = true, .index = target_->randoms++,
                                   .shape = like.shape()})};
  }
  constexpr tensor constant(double value) {
    return {target_, target_->add({.code = op::constant, .value = value})};
  }

  // Used by combinators.
  constexpr_list<tensor> streams;
  constexpr_list<std::pair<std::string_view, tensor>> taps;

  /// Starts a layer of this kind, inside the one that is being written: names its parameters.
  constexpr void enter(std::string_view kind) {
    kind_ = kind;
    number_ = 0;
    auto& layers = target_->layers;
    int const outside = target_->adding_for;
    int const number = outside >= 0     ? layers[static_cast<std::size_t>(outside)].number
                       : layers.empty() ? 0
                                        : layers.back().number + 1;
    layers.push_back({kind, {}, number, outside});
    target_->adding_for = static_cast<int>(layers.size()) - 1;
  }
  /// Ends it.
  constexpr void leave() {
    layer_info& left = target_->layers[static_cast<std::size_t>(target_->adding_for)];
    left.output = streams[0].shape();
    target_->adding_for = left.inside;
  }

 private:
  constexpr tensor add_parameter(parameter_info const& info) {
    target_->parameters.push_back(info);
    int const index = static_cast<int>(target_->parameters.size()) - 1;
    return {target_, target_->add({.code = op::parameter, .index = index, .shape = info.shape})};
  }

  constexpr name_text qualified(std::string_view name) {
    if (number_ == 0) {
      for (auto& [kind, count] : counts_)
        if (kind == kind_) number_ = ++count;
      if (number_ == 0) {
        counts_.push_back({kind_, 1});
        number_ = 1;
      }
    }
    return name_text{kind_}.append("_").append(number_).append(".").append(name);
  }

  graph* target_;
  bool training_;
  std::string_view kind_;
  int number_ = 0;
  constexpr_list<std::pair<std::string_view, int>> counts_;
};

}  // namespace etch
