#pragma once

#include "../../dsl/graph.hpp"

namespace etch::passes::detail {

/// Who reads each node, once for each operand; outputs and gradients are read by `none`.
constexpr constexpr_list<constexpr_list<node_id>> readers(graph const& g) {
  constexpr_list<constexpr_list<node_id>> all(g.nodes.size());
  for (node_id id : g.ids())
    for (node_id x : g.operands(id)) all[x].push_back(id);
  for (node_id y : g.outputs) all[y].push_back(node_id::none);
  for (gradient_root const& r : g.gradients) all[r.node].push_back(node_id::none);
  return all;
}

}  // namespace etch::passes::detail
