#pragma once

#include "../../dsl/graph.hpp"
#include "../ir/copy_spec.hpp"

namespace etch::passes::detail {

/// Where what a node gives, a permute or a slice, lies in its operand, whose elements lie at `x`.
constexpr strided_place moved_place(graph const& g, node_id id, strided_place const& x) {
  strided_place y = x;
  auto const* p = g.get_if<primitive::permute>(id);
  for (int i = 0; i < g[id].shape.rank; ++i) {
    std::size_t const axis = static_cast<std::size_t>(i);
    if (!p) {
      y.offset += g.get<primitive::slice>(id).before[axis] * x.stride[axis];
      continue;
    }
    int const stride = x.stride[static_cast<std::size_t>(p->axes[axis])];
    bool const reverse = p->flips[axis] != 0;
    y.stride[axis] = reverse ? -stride : stride;
    if (reverse) y.offset += (g[id].shape[i] - 1) * stride;
  }
  return y;
}

}  // namespace etch::passes::detail
