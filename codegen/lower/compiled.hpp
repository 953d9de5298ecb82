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

/// The nodes of the graph from inputs to loss, as a constant, for what a program asks of them when a
/// step has failed.
template <auto Net, class Loss>
struct loss_nodes {
 private:
  static constexpr auto sizes = [] {
    graph const g = loss_graph(Net, Loss{});
    return std::pair{g.nodes.size(), g.layers.size()};
  }();
  static constexpr auto made = [] {
    graph const g = loss_graph(Net, Loss{});
    struct {
      std::array<node, sizes.first> nodes{};
      std::array<layer_info, sizes.second> layers{};
      int loss = 0;  // the node
    } all;
    std::copy(g.nodes.begin(), g.nodes.end(), all.nodes.begin());
    std::copy(g.layers.begin(), g.layers.end(), all.layers.begin());
    all.loss = g.outputs[1];
    return all;
  }();

 public:
  static constexpr auto nodes = made.nodes;
  static constexpr auto layers = made.layers;
  static constexpr int loss = made.loss;
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
           std::equal(shorter.nodes.begin(), shorter.nodes.end(), longer.nodes.begin());
  }
}();

/// Whether a network computes the same while it trains.
template <auto Net>
inline constexpr bool trains_as_it_is = graph_of(Net).nodes == graph_of(Net, true).nodes;

}  // namespace etch
