#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "frozen.hpp"
#include "lower.hpp"

namespace etch {

/// The plan by which a network computes its outputs, up to `Samples` samples at once.
template <auto Net, int Samples>
struct inference_plan {
  static constexpr plan make() { return lower(graph_of(Net), Samples, true); }
  static constexpr auto value = freeze<inference_plan>();
};

/// The plan by which it computes outputs, loss and gradients.
template <auto Net, class Loss, int Samples>
struct training_plan {
  static constexpr plan make() { return lower(training_graph(Net, Loss{}), Samples, true); }
  static constexpr auto value = freeze<training_plan>();
};

/// The nodes of the graph from inputs to loss, as a constant, for what a running program asks of them
/// when a step has failed.
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

/// Whether a network computes the same while it trains.
template <auto Net>
inline constexpr bool trains_as_it_is = graph_of(Net).nodes == graph_of(Net, true).nodes;

}  // namespace etch
