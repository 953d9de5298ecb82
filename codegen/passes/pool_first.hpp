#pragma once

#include <vector>

#include "../../dsl/graph.hpp"

namespace etch::passes {

/// Puts a rectification behind the max pooling that alone reads it: max(c, x) never decreases in x, so
/// the result is the same, and its gradient then runs over the pooled image, a quarter of the other
/// for windows of 2 x 2. For training; at inference a pooling takes all before it into one kernel.
constexpr void pool_first(graph& g) {
  std::vector<int> uses(g.nodes.size(), 0);
  for (node const& n : g.nodes)
    for (int i = 0; i < n.operand_count(); ++i) ++uses[static_cast<std::size_t>(n.operand(i))];
  for (int y : g.outputs) ++uses[static_cast<std::size_t>(y)];
  for (gradient_root const& r : g.gradients) ++uses[static_cast<std::size_t>(r.node)];
  for (int id = 0; id < g.size(); ++id) {
    node const pool = g[id];
    if (pool.code != op::pool || pool.fn != function::maximum) continue;
    int const x = pool.operand(0);
    node const map = g[x];
    bool const rectifies = map.code == op::map && map.fn == function::maximum &&
                           uses[static_cast<std::size_t>(x)] == 1 &&
                           g[map.operand(0)].code == op::constant &&
                           g[map.operand(1)].shape == map.shape &&
                           g[map.operand(1)].batched == map.batched;
    if (!rectifies) continue;
    g[x] = pool;  // the two change places; what they read stands before both
    g[x].operands[0] = map.operand(1);
    g[x].layer = map.layer;
    g[id] = map;
    g[id].operands[1] = x;
    g[id].shape = pool.shape;
    g[id].layer = pool.layer;
  }
}

}  // namespace etch::passes
