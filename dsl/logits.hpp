#pragma once

#include <string_view>

#include "graph.hpp"

namespace etch {

/// Whether layers of this kind make probabilities of logits, or logarithms of probabilities.
constexpr bool makes_probabilities(std::string_view kind) {
  return kind == "softmax" || kind == "log_softmax" || kind == "sigmoid" || kind == "hard_sigmoid";
}

/// The node of the logits if the output `id` is probabilities that a layer has made of them, in
/// whatever shape they then are; else -1.
constexpr int logits_of(graph const& g, int id) {
  while (g[id].code == op::reshape) id = g[id].operand(0);
  int const layer = g[id].layer;
  if (!makes_probabilities(g.layers[static_cast<std::size_t>(layer)].kind)) return -1;
  int logits = -1;
  for (; id >= 0 && g[id].layer == layer; --id)
    for (int i = 0; i < g[id].operand_count(); ++i)
      if (int const from = g[id].operand(i); g[from].layer != layer) logits = from;
  return logits;
}

}  // namespace etch
