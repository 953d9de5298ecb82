#pragma once

#include <string_view>

#include "graph.hpp"

namespace etch {

/// Whether layers of this kind make probabilities of logits, or logarithms of probabilities.
constexpr bool makes_probabilities(std::string_view kind) {
  return kind == "softmax" || kind == "log_softmax" || kind == "sigmoid" || kind == "hard_sigmoid";
}

/// The node of the logits if the output `id` is probabilities that a layer has made of them, in
/// whatever shape they then are; else none.
constexpr node_id logits_of(graph const& g, node_id id) {
  while (g.is<primitive::reshape>(id)) id = g.operand(id, 0);
  layer_id const layer = g[id].layer;
  if (!makes_probabilities(g.layers[layer].kind)) return node_id::none;
  node_id logits = node_id::none;
  for (int i = static_cast<int>(id); i >= 0 && g[node_id{i}].layer == layer; --i)
    for (node_id from : g.operands(node_id{i}))
      if (g[from].layer != layer) logits = from;
  return logits;
}

}  // namespace etch
