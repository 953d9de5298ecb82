#pragma once

#include <string_view>
#include <utility>

#include "expression.hpp"
#include "constexpr_list.hpp"

namespace etch {

namespace faults {
inline void a_layer_gives_two_parameters_one_name() {}
inline void the_names_of_a_layer_and_its_parameter_have_51_characters_at_most() {}
inline void the_kind_of_a_layer_has_no_dot() {}
inline void only_layers_have_parameters() {}
inline void what_is_measured_is_a_state() {}
inline void what_is_measured_has_one_value_for_the_batch() {}
}  // namespace faults

/// What a layer's `forward` writes into: the graph, with names for its parameters.
class context {
 public:
  constexpr context(graph& target, bool training) : target_(&target), training_(training) {}

  /// Layers that act differently while they learn (dropout, batch_norm) ask this.
  constexpr bool training() const { return training_; }

  /// A trained value, `kind_n.name`. A layer uses each name once.
  constexpr tensor parameter(std::string_view name, tensor_shape const& shape, initializer init) {
    return add_parameter({qualified(name), shape, init, true, 0, target_->layer()});
  }

  /// A value that is measured, not trained: while training it moves by `momentum` towards
  /// `measured`, which holds one value for the batch; it is what inference uses.
  constexpr tensor state(std::string_view name, tensor_shape const& shape, initializer init) {
    return add_parameter({qualified(name), shape, init, false, 0, target_->layer()});
  }
  constexpr void measure(tensor state, tensor measured, double momentum) {
    auto const* p = target_->get_if<primitive::parameter>(state.id);
    if (!p || target_->parameters[p->which].trainable) faults::what_is_measured_is_a_state();
    if (measured.batched()) faults::what_is_measured_has_one_value_for_the_batch();
    target_->parameters[p->which].momentum = momentum;
    target_->gradients.push_back(
        {p->which, (math::reshape(measured, state.shape()) * samples()).id});
  }

  /// The number of samples in the batch.
  constexpr tensor samples() { return {target_, target_->add(primitive::batch_size{}, {})}; }

  /// Says that the layer cannot learn from a batch of fewer than `count` samples: a training step
  /// then refuses one.
  constexpr void wants_samples(int count) {
    if (count > target_->least_samples) target_->least_samples = count;
  }

  /// Uniform values in [0, 1), drawn anew for each sample at each training step, and in each step of
  /// a scan that `like` is of.
  constexpr tensor random(tensor like) {
    loop_id const loop = like.get().is_stepped() ? like.get().loop : loop_id::none;
    return {target_, target_->add(primitive::random{target_->randoms++},
                                  {.shape = like.shape(), .batched = true, .loop = loop})};
  }
  constexpr tensor constant(double value) {
    return {target_, target_->add(primitive::constant{value}, {})};
  }

  // Used by combinators.
  constexpr_list<tensor> streams;
  constexpr_list<std::pair<std::string_view, tensor>> taps;

  /// Starts a layer of this kind, inside the one that is being written: names its parameters.
  constexpr void enter(std::string_view kind) {
    auto& layers = target_->layers;
    layer_id const outside = target_->adding_for;
    int const number = outside != layer_id::none ? layers[outside].number
                       : layers.empty()          ? 0
                                                 : layers.back().number + 1;
    layers.push_back({kind, {}, number, outside});
    target_->adding_for = layer_id{static_cast<int>(layers.size()) - 1};
  }
  /// Ends it.
  constexpr void leave() {
    layer_info& left = target_->layers[target_->adding_for];
    left.output = streams[0].shape();
    target_->adding_for = left.inside;
  }

 private:
  constexpr tensor add_parameter(parameter_info const& info) {
    target_->parameters.push_back(info);
    parameter_id const which{static_cast<int>(target_->parameters.size()) - 1};
    return {target_, target_->add(primitive::parameter{which}, {info.shape})};
  }

  /// `kind_n.name`, in which n counts the layers of a kind that have parameters. Since a kind has no
  /// dot, no other layer can make the same one.
  constexpr name_text qualified(std::string_view name) {
    layer_id const layer = target_->adding_for;
    if (layer == layer_id::none) faults::only_layers_have_parameters();
    layer_info& owner = target_->layers[layer];
    if (owner.of_kind == 0) owner.of_kind = next_of(owner.kind);
    constexpr int number_room = 12;  // so that whether it fits does not depend on the number
    if (static_cast<int>(owner.kind.size() + name.size()) > name_text::capacity - number_room)
      faults::the_names_of_a_layer_and_its_parameter_have_51_characters_at_most();
    name_text const made =
        name_text{owner.kind}.append("_").append(owner.of_kind).append(".").append(name);
    for (std::size_t i = target_->parameters.size(); i > 0; --i) {
      parameter_info const& other = target_->parameters[i - 1];
      if (other.layer < layer) break;  // of layers before this one
      if (other.layer == layer && other.name == made)
        faults::a_layer_gives_two_parameters_one_name();
    }
    return made;
  }

  constexpr int next_of(std::string_view kind) {
    for (char c : kind)
      if (c == '.') faults::the_kind_of_a_layer_has_no_dot();
    for (auto& [known, count] : counts_)
      if (known == kind) return ++count;
    counts_.push_back({kind, 1});
    return 1;
  }

  graph* target_;
  bool training_;
  constexpr_list<std::pair<std::string_view, int>> counts_;
};

}  // namespace etch
