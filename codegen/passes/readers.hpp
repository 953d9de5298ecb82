#pragma once

#include "../../dsl/graph.hpp"

namespace etch::passes::detail {

/// Who reads each node; outputs and gradients are read by -1.
constexpr constexpr_list<constexpr_list<int>> readers(graph const& g) {
  constexpr_list<constexpr_list<int>> all(g.nodes.size());
  for (int id = 0; id < g.size(); ++id)
    for (int i = 0; i < g[id].operand_count(); ++i)
      all[static_cast<std::size_t>(g[id].operand(i))].push_back(id);
  for (int y : g.outputs) all[static_cast<std::size_t>(y)].push_back(-1);
  for (gradient_root const& r : g.gradients) all[static_cast<std::size_t>(r.node)].push_back(-1);
  return all;
}

}  // namespace etch::passes::detail
