#pragma once

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

/// Whether a network computes the same while it trains.
template <auto Net>
inline constexpr bool trains_as_it_is = graph_of(Net).nodes == graph_of(Net, true).nodes;

}  // namespace etch
