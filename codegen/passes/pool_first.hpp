#pragma once

#include <initializer_list>

#include "../ir/packing.hpp"
#include "readers.hpp"

/// Passes of training around max pooling, before and behind differentiation.
namespace etch::passes {

namespace detail {

/// What max(c, x) of a constant c rectifies, or none.
constexpr node_id rectified_by(graph const& g, node_id id) {
  auto const* m = g.get_if<primitive::map>(id);
  if (!m || m->fn != function::maximum || !g.is<primitive::constant>(g.operand(id, 0)))
    return node_id::none;
  node_id const x = g.operand(id, 1);
  return g[x].shape == g[id].shape && g[x].batched == g[id].batched ? x : node_id::none;
}

constexpr bool is_max_pool(graph const& g, node_id id) {
  auto const* p = g.get_if<primitive::pool>(id);
  return p && p->fn == function::maximum;
}

/// Whether no two windows share a position, and none has gaps.
constexpr bool is_exclusive(contraction const& w) {
  return w.kernel_height == w.stride_height && w.dilation_height == 1 &&
         w.kernel_width == w.stride_width && w.dilation_width == 1;
}

/// Lets two nodes, of which the second reads the first as its operand `at`, change places: what was
/// second then reads the operand `from` of what was first, and that reads it as its operand `from`.
constexpr void change_places(graph& g, node_id first, int from, node_id second, int at) {
  node_id const x = g.operand(first, from);
  node const was_first = g[first], was_second = g[second];
  g[first] = was_second;
  g[first].layer = was_first.layer;
  g[second] = was_first;
  g[second].layer = was_second.layer;
  g.operands(first)[at] = x;
  g.operands(second)[from] = first;
}

}  // namespace detail

/// Puts a rectification behind the max pooling that alone reads it: max(c, x) never decreases in x,
/// so the result is the same, and its gradient then runs over the pooled image, a quarter of the
/// other for windows of 2 x 2.
constexpr void pool_first(graph& g) {
  auto const readers = detail::readers(g);
  for (node_id id : g.ids()) {
    if (!detail::is_max_pool(g, id)) continue;
    node_id const map = g.operand(id, 0);
    if (detail::rectified_by(g, map) == node_id::none || readers[map].size() != 1) continue;
    tensor_shape const pooled = g[id].shape;
    detail::change_places(g, map, 1, id, 0);  // the pooling stands where the map did
    g[id].shape = pooled;
  }
}

/// Puts it back once the gradient is known, so that a contraction takes both in, the pooling last.
/// The index of the maximum may change where all of a window is below c; nothing flows back there.
constexpr void pool_last(graph& g) {
  auto const readers = detail::readers(g);
  for (node_id id : g.ids()) {
    node_id const pool = detail::rectified_by(g, id);
    if (pool == node_id::none || !detail::is_max_pool(g, pool) || readers[pool].size() != 1)
      continue;
    node_id const image = g.operand(pool, 0);
    contraction const window = g.get<primitive::pool>(pool).window;
    bool alone = true;
    for (node_id r : readers[image]) {
      auto const* index = r != node_id::none ? g.get_if<primitive::pool_index>(r) : nullptr;
      alone = alone && (r == pool || (index && index->window == window));
    }
    if (!alone) continue;
    detail::change_places(g, pool, 0, id, 1);  // the map stands where the pooling did
    g[pool].shape = g[image].shape;
    for (node_id r : readers[image])
      if (r != pool) g.operands(r)[0] = pool;
  }
}

/// Gives the gradients of a contraction before a max pooling the pooled gradient and the indices
/// instead of the gradient of all of its outputs, and the sum of that the sum of the pooled one.
constexpr void through_pooling(graph& g) {
  auto const readers = detail::readers(g);
  for (node_id id : g.ids()) {
    auto const* spread = g.get_if<primitive::pool_gradient>(id);
    if (!spread || spread->fn != function::maximum || !detail::is_exclusive(spread->window)) continue;
    contraction const w = spread->window;
    pool_window const pooled{w.kernel_height, w.kernel_width};
    node_id const index = g.operand(id, 0), dy = g.operand(id, 1);
    auto const comes_from_pooling = [&](contraction const& c) {
      return g[id].batched && !c.depthwise() && c.out_height() == w.height &&
             c.out_width() == w.width && c.filters == w.channels;
    };
    // dX without the zeros left out needs the whole of dY
    auto const takes_dx = [&](node_id r) {
      auto const* dx = g.get_if<primitive::contract_dx>(r);
      return dx && g[r].operand_count == 2 && g.operand(r, 0) == id &&
             !g[g.operand(r, 1)].batched && comes_from_pooling(dx->window) &&
             skips_zeros(dx->window);
    };
    auto const takes_dw = [&](node_id r) {
      auto const* dw = g.get_if<primitive::contract_dw>(r);
      return dw && g[r].operand_count == 2 && g.operand(r, 1) == id && g[g.operand(r, 0)].batched &&
             comes_from_pooling(dw->window);
    };
    bool all_needed = false;
    for (node_id r : readers[id])
      all_needed = all_needed ||
                   (r != node_id::none && g.is<primitive::contract_dx>(r) && !takes_dx(r));
    for (node_id r : readers[id]) {
      if (r == node_id::none) continue;
      if (auto const* sum = g.get_if<primitive::reduce>(r);
          sum && sum->fn == function::add && sum->first == 0 &&
          sum->last >= g[id].shape.rank - 1 && g[dy].shape.rank == g[id].shape.rank)
        g.operands(r)[0] = dy;
      if (takes_dx(r)) {
        contraction const c = g.get<primitive::contract_dx>(r).window;
        node_id const weights = g.operand(r, 1);
        g.change(r, primitive::contract_dx{c, pooled}, std::initializer_list<node_id>{dy, weights, index});
      } else if (takes_dw(r) && (!all_needed || skips_zeros(g.get<primitive::contract_dw>(r).window))) {
        contraction const c = g.get<primitive::contract_dw>(r).window;
        node_id const x = g.operand(r, 0);
        g.change(r, primitive::contract_dw{c, pooled}, std::initializer_list<node_id>{x, dy, index});
      }
    }
  }
}

}  // namespace etch::passes
