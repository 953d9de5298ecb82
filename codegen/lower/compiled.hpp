#pragma once

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "../ir/frozen.hpp"
#include "lower.hpp"

namespace etch {

namespace detail {

// How plans are made, in classes of their own: a class that holds a plan cannot be asked whether it
// can be made.
template <auto Net, int Samples>
struct inference_source {
  static constexpr int samples = Samples;
  static constexpr graph write() { return graph_of(Net); }
  static constexpr plan make() { return lower(write(), Samples, true); }
};
template <auto Net, class Loss, int Samples>
struct training_source {
  static constexpr int samples = Samples;
  static constexpr graph write() { return training_graph(Net, Loss{}); }
  static constexpr plan make() { return lower(write(), Samples, true); }
};

}  // namespace detail

/// The plan by which a network computes its outputs, up to `Samples` samples at once.
template <auto Net, int Samples>
struct inference_plan {
  static constexpr auto value = freeze<detail::inference_source<Net, Samples>>();
};

/// The plan by which it computes outputs, loss and gradients.
template <auto Net, class Loss, int Samples>
struct training_plan {
  static constexpr auto value = freeze<detail::training_source<Net, Loss, Samples>>();
};

/// The graph from inputs to loss, as a constant, for what a program asks of it when a step has failed.
template <auto Net, class Loss>
struct loss_constant {
  static graph_lists<viewing> view() {
    auto const all = [](auto const& from, auto& to) {
      to = {from.data(), from.data() + from.size()};
    };
    graph_lists<viewing> v;
    all(made.nodes, v.nodes);
    all(made.operand_list, v.operand_list);
    all(made.layers, v.layers);
    all(made.loops, v.loops);
    all(made.carried, v.carried);
    all(made.kept, v.kept);
    return v;
  }

 private:
  struct sizes {
    std::size_t nodes, operands, layers, loops, carried, kept;
  };
  static constexpr sizes size = [] {
    graph const g = loss_graph(Net, Loss{});
    return sizes{g.nodes.size(), g.operand_list.size(), g.layers.size(),
                 g.loops.size(), g.carried.size(),      g.kept.size()};
  }();
  struct frozen_graph : kind_store<primitives, fixed<size.kept>> {
    fixed_list<node, size.nodes> nodes{};
    fixed_list<node_id, size.operands> operand_list{};
    fixed_list<layer_info, size.layers> layers{};
    fixed_list<loop_info, size.loops> loops{};
    fixed_list<carried_value, size.carried> carried{};
    node_id loss{};
  };
  static constexpr frozen_graph made = [] {
    graph const g = loss_graph(Net, Loss{});
    auto const all = [](auto const& from, auto& to) {
      std::copy(from.begin(), from.end(), to.begin());
    };
    frozen_graph f;
    all(g.nodes, f.nodes);
    all(g.operand_list, f.operand_list);
    all(g.layers, f.layers);
    all(g.loops, f.loops);
    all(g.carried, f.carried);
    all(g.kept, f.kept);
    f.loss = g.outputs[1];
    return f;
  }();

 public:
  static constexpr node_id loss = made.loss;
};

/// Whether one of two networks is the other with layers behind it that have no parameters, or both
/// are one: the weights of either are then those of the other.
template <auto A, auto B>
inline constexpr bool have_the_same_weights = [] {
  if constexpr (std::is_same_v<decltype(A), decltype(B)>) {
    return true;
  } else {
    graph const a = graph_of(A), b = graph_of(B);
    graph const &shorter = a.size() < b.size() ? a : b, &longer = a.size() < b.size() ? b : a;
    return a.inputs == b.inputs && a.parameters.size() == b.parameters.size() &&
           compute_the_same(shorter, longer, shorter.size());
  }
}();

/// Whether a network computes the same while it trains.
template <auto Net>
inline constexpr bool trains_as_it_is = compute_the_same(graph_of(Net), graph_of(Net, true));

}  // namespace etch
