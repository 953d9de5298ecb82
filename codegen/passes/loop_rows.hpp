#pragma once

#include "../../dsl/graph.hpp"

namespace etch::passes {

namespace detail {

/// Whether what all steps of its loop compute of the node can be computed as if each step were one
/// more sample: it reads of each step what that has for each sample, and else what is the same for all.
constexpr bool takes_steps_as_samples(graph const& g, node_id id) {
  node const& n = g[id];
  bool const sums_all = n.over_batch && n.over_steps;
  if (n.operand_count == 0 || !(n.batched || sums_all)) return false;
  for (node_id x : g.operands(id))
    if (g[x].batched != g[x].is_stepped()) return false;
  return true;
}

constexpr bool multiplies(node const& n) {
  return n.is<primitive::contract>() || n.is<primitive::contract_dx>() ||
         n.is<primitive::contract_dw>();
}

}  // namespace detail

/// Loop fission: which nodes of loops leave the loop, to be computed for all of its steps at once, as
/// rows of one product: what depends on nothing that is carried, before the loop (the projections of
/// the inputs), and what nothing carried depends on, behind it (the gradients of weights). Only
/// products leave it, and what they need or what needs them: others find their operands in a cache.
constexpr constexpr_list<char> all_steps_at_once(graph const& g) {
  constexpr_list<char> at_once(g.loops.empty() ? 0 : g.nodes.size(), false);
  if (g.loops.empty()) return at_once;
  auto const is_inside = [&](node_id id) {
    return g[id].loop != loop_id::none && !g.is<primitive::element>(id);
  };
  constexpr_list<char> depends(g.nodes.size(), false);  // on what is carried, or cannot leave
  constexpr_list<char> stays(g.nodes.size(), false);    // since a node that stays needs it
  for (carried_value const& c : g.carried) stays[c.next] = true;
  for (node_id id : g.ids()) {
    if (!is_inside(id)) continue;
    depends[id] = !detail::takes_steps_as_samples(g, id);
    for (node_id x : g.operands(id))
      depends[id] = depends[id] || (g[x].loop == g[id].loop && depends[x]);
  }
  constexpr_list<char> before(g.nodes.size(), false);  // a node needs it that has left before the loop
  for (int i = g.size() - 1; i >= 0; --i) {
    node_id const id{i};
    if (!is_inside(id)) continue;
    if (depends[id])
      at_once[id] = !stays[id] && detail::takes_steps_as_samples(g, id);
    else
      at_once[id] = before[id] || !stays[id] || detail::multiplies(g[id]);
    for (node_id x : g.operands(id)) {
      if (g[x].loop != g[id].loop) continue;
      if (!at_once[id]) stays[x] = true;
      else if (!depends[id]) before[x] = true;
    }
  }
  for (node_id id : g.ids()) {  // what only follows the loop's own nodes, and is no product, stays
    if (!at_once[id] || !depends[id] || detail::multiplies(g[id]) || g[id].over_steps) continue;
    bool follows = false;
    for (node_id x : g.operands(id))
      follows = follows || (g[x].loop == g[id].loop && depends[x] && at_once[x]);
    at_once[id] = follows;
  }
  return at_once;
}

}  // namespace etch::passes
