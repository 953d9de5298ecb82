#pragma once

#include "../ir/packing.hpp"
#include "readers.hpp"

/// Passes of training around max pooling, before and behind differentiation.
namespace etch::passes {

namespace detail {

/// max(c, x) of a constant c.
constexpr bool rectifies(graph const& g, node const& map) {
  return map.code == op::map && map.fn == function::maximum &&
         g[map.operand(0)].code == op::constant && g[map.operand(1)].shape == map.shape &&
         g[map.operand(1)].batched == map.batched;
}

}  // namespace detail

/// Puts a rectification behind the max pooling that alone reads it: max(c, x) never decreases in x,
/// so the result is the same, and its gradient then runs over the pooled image, a quarter of the
/// other for windows of 2 x 2.
constexpr void pool_first(graph& g) {
  auto const readers = detail::readers(g);
  for (int id = 0; id < g.size(); ++id) {
    node const pool = g[id];
    if (pool.code != op::pool || pool.fn != function::maximum) continue;
    int const x = pool.operand(0);
    node const map = g[x];
    if (!detail::rectifies(g, map) || readers[static_cast<std::size_t>(x)].size() != 1) continue;
    g[x] = pool;  // the two change places; what they read stands before both
    g[x].operands[0] = map.operand(1);
    g[x].layer = map.layer;
    g[id] = map;
    g[id].operands[1] = x;
    g[id].shape = pool.shape;
    g[id].layer = pool.layer;
  }
}

/// Puts it back once the gradient is known, so that a contraction takes both in, the pooling last.
/// The index of the maximum may change where all of a window is below c; nothing flows back there.
constexpr void pool_last(graph& g) {
  auto const readers = detail::readers(g);
  auto const of = [&](int id) { return readers[static_cast<std::size_t>(id)]; };
  for (int id = 0; id < g.size(); ++id) {
    node const map = g[id];
    if (!detail::rectifies(g, map)) continue;
    int const x = map.operand(1);
    node const pool = g[x];
    if (pool.code != op::pool || pool.fn != function::maximum || of(x).size() != 1) continue;
    int const image = pool.operand(0);
    bool alone = true;
    for (int r : of(image))
      alone = alone && r >= 0 && (r == x || (g[r].code == op::pool_index &&
                                             g[r].window == pool.window));
    if (!alone) continue;
    g[x] = map;
    g[x].operands[1] = image;
    g[x].shape = g[image].shape;
    g[x].layer = pool.layer;
    g[id] = pool;
    g[id].operands[0] = x;
    g[id].layer = map.layer;
    for (int r : of(image))
      if (r != x) g[r].operands[0] = x;
  }
}

/// Gives the gradients of a contraction before a max pooling the pooled gradient and the indices
/// instead of the gradient of all of its outputs, and the sum of that the sum of the pooled one.
constexpr void through_pooling(graph& g) {
  auto const readers = detail::readers(g);
  for (int id = 0; id < g.size(); ++id) {
    node const spread = g[id];
    contraction const& w = spread.window;
    bool const exclusive = spread.code == op::pool_gradient && spread.fn == function::maximum &&
                           w.kernel_height == w.stride_height && w.dilation_height == 1 &&
                           w.kernel_width == w.stride_width && w.dilation_width == 1;
    if (!exclusive) continue;
    int const index = spread.operand(0), dy = spread.operand(1);
    auto const& users = readers[static_cast<std::size_t>(id)];
    auto const fits = [&](int r) {  // the contraction's output, and its gradient with zeros
      if (r < 0 || (g[r].code != op::contract_dx && g[r].code != op::contract_dw)) return false;
      contraction const& c = g[r].window;
      bool const is_dx = g[r].code == op::contract_dx;
      return g[r].operand_count() == 2 && g[r].operand(is_dx ? 0 : 1) == id && !c.depthwise() &&
             g[g[r].operand(is_dx ? 1 : 0)].batched == !is_dx && spread.batched &&
             c.out_height() == w.height && c.out_width() == w.width && c.filters == w.channels;
    };
    bool all_needed = false;  // dX without the zeros left out needs the whole of dY
    for (int r : users)
      all_needed = all_needed || (r >= 0 && g[r].code == op::contract_dx &&
                                  !(fits(r) && skips_zeros(g[r].window)));
    for (int r : users) {
      if (r >= 0 && g[r].code == op::reduce && g[r].fn == function::add && g[r].first == 0 &&
          g[r].last >= 2 && g[r].operand(0) == id)
        g[r].operands[0] = dy;
      if (!fits(r) || (!skips_zeros(g[r].window) && all_needed)) continue;
      g[r].operands = g[r].code == op::contract_dx ? std::array<int, 3>{dy, g[r].operand(1), index}
                                                   : std::array<int, 3>{g[r].operand(0), dy, index};
      g[r].pool_height = w.kernel_height;
      g[r].pool_width = w.kernel_width;
    }
  }
}

}  // namespace etch::passes
