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
    if (!tie_.empty())
      if (tensor const shared = find_tied(name, shape); shared.owner) return shared;
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
    loop_id const loop = like.get().is_stepped() ? like.get().loop : repeated_;
    return {target_, target_->add(primitive::random{target_->randoms++},
                                  {.shape = like.shape(), .batched = true, .loop = loop})};
  }
  constexpr tensor constant(double value) {
    return {target_, target_->add(primitive::constant{value}, {})};
  }

  // Used by combinators.

  /// Writes a block of layers `count` times in a row, each time with parameters of its own. Where that
  /// is often, and the block gives what it takes, the block is written once, as the body of a loop.
  constexpr void repeat(int count, void (*write_block)(context&)) {
    bool const may_loop = count >= least_repetitions && target_->adding_in == loop_id::none;
    if (may_loop && repeated(count, write_block)) return;
    for (int i = 0; i < count; ++i) write_block(*this);
  }

  /// Writes a block of layers that compute as at inference, whose parameters stay as they are.
  constexpr void freeze(void (*write_block)(context&)) {
    bool const trains = std::exchange(training_, false), is_inside = std::exchange(frozen_, true);
    write_block(*this);
    training_ = trains, frozen_ = is_inside;
  }

  /// Writes a block of layers that have the parameters of the blocks of the same tie before.
  constexpr void share(std::string_view tie, void (*write_block)(context&)) {
    std::string_view const outside = std::exchange(tie_, tie);
    write_block(*this);
    tie_ = outside;
  }
  /// Of the first parameter that two places would have in two shapes: these, and the layers.
  struct tie_mismatch {
    layer_id first = layer_id::none, second = layer_id::none;
    tensor_shape of_first, of_second;
  };
  tie_mismatch mismatch;

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
  static constexpr int least_repetitions = 4;  // as often, a loop costs compilers less

  /// The parameter of this name that a block of the same tie has made, or none: then the next one is.
  constexpr tensor find_tied(std::string_view name, tensor_shape const& shape) {
    for (tied_parameter const& t : tied_) {
      if (t.tie != tie_ || t.name != name) continue;
      parameter_info& p = target_->parameters[target_->get<primitive::parameter>(t.id).which];
      if (p.shape == shape) {
        p.frozen = p.frozen || frozen_;
        return {target_, t.id};
      }
      if (mismatch.first == layer_id::none)
        mismatch = {p.layer, target_->layer(), p.shape, shape};
      return {};
    }
    tied_.push_back({tie_, name, node_id{target_->size()}});
    return {};
  }

  constexpr tensor add_parameter(parameter_info const& info) {
    target_->parameters.push_back(info);
    target_->parameters.back().frozen = frozen_;
    parameter_id const which{static_cast<int>(target_->parameters.size()) - 1};
    return {target_, target_->add(primitive::parameter{which}, {.shape = info.shape, .loop = repeated_})};
  }

  /// Whether the block could be written as the body of a loop: it gives streams as it takes them, names
  /// none of them, has no loop in it, and no parameter that what follows may share.
  constexpr bool repeated(int count, void (*write_block)(context&)) {
    graph const before = *target_;
    context const so_far = *this;
    graph& g = *target_;
    repeated_ = loop_id{static_cast<int>(g.loops.size())};
    g.loops.push_back({.steps = count, .parameters = 1});
    constexpr_list<tensor> carried;
    for (tensor const& x : streams) carried.push_back(detail::carry(x, repeated_));
    streams = carried;
    g.adding_in = repeated_;
    write_block(*this);
    g.adding_in = loop_id::none;
    loop_id const loop = std::exchange(repeated_, loop_id::none);
    bool fits = streams.size() == carried.size() && taps.size() == so_far.taps.size() &&
                tied_.size() == so_far.tied_.size() &&
                g.loops.size() == before.loops.size() + 1;
    for (std::size_t i = 0; fits && i < carried.size(); ++i)
      fits = streams[i].shape() == carried[i].shape();
    if (!fits) {
      g = before;
      *this = so_far;
      return false;
    }
    for (std::size_t i = 0; i < carried.size(); ++i) {
      detail::carry_on(carried[i], streams[i]);
      streams[i] = detail::last(carried[i]);
    }
    g.loops[loop].parameters = static_cast<int>(g.parameters.size() - before.parameters.size());
    add_repetitions(count, before.parameters.size(), so_far);
    return true;
  }
  /// Adds the parameters of a block's other repetitions, behind those of its first, which begin with
  /// `first`: with the names that they would have if the block had been written so often.
  constexpr void add_repetitions(int count, std::size_t first, context const& before) {
    std::size_t const end = target_->parameters.size();
    constexpr_list<int> in_block;  // layers of the kind of the one that has parameter k
    for (std::size_t k = first; k < end; ++k) {
      std::string_view const kind = target_->layers[target_->parameters[k].layer].kind;
      in_block.push_back(count_of(kind) - before.count_of(kind));
    }
    target_->parameters.reserve(first + static_cast<std::size_t>(count) * (end - first));
    for (int i = 1; i < count; ++i)
      for (std::size_t k = first; k < end; ++k) {
        target_->parameters.push_back(target_->parameters[k]);
        layer_info const& owner = target_->layers[target_->parameters[k].layer];
        target_->parameters.back().name.renumber(owner.kind.size() + 1,
                                                 owner.of_kind + i * in_block[k - first]);
      }
    for (auto& [kind, number] : counts_) number += (count - 1) * (number - before.count_of(kind));
  }
  constexpr int count_of(std::string_view kind) const {
    for (auto const& [known, count] : counts_)
      if (known == kind) return count;
    return 0;
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
  bool frozen_ = false;
  loop_id repeated_ = loop_id::none;  // the loop whose body is written
  constexpr_list<std::pair<std::string_view, int>> counts_;

  struct tied_parameter {
    std::string_view tie, name;
    node_id id;
  };
  std::string_view tie_;  // that what is written belongs to; none: empty
  constexpr_list<tied_parameter> tied_;
};

}  // namespace etch
