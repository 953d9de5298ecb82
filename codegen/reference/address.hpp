#pragma once

#include <array>
#include <cstddef>

#include "../../dsl/graph.hpp"

namespace etch {

/// The element of an operand that belongs to element i of the result: (i / run) % period. The usual
/// cases, the same shape and a scalar, are found without a division.
constexpr int element_of(access how, int i) {
  if (how.period == 1) return 0;
  if (how.run == 1 && i < how.period) return i;
  return i / how.run % how.period;
}

namespace reference {

/// Extents and strides of a tensor, row by row.
struct layout {
  tensor_shape extent;
  axis_counts stride{};

  constexpr explicit layout(tensor_shape const& shape) : extent(shape) {
    int step = 1;
    for (int axis = shape.rank; axis-- > 0; step *= shape[axis])
      stride[static_cast<std::size_t>(axis)] = step;
  }

  /// The offset of the element with these indices.
  constexpr int offset(axis_counts const& index) const {
    int sum = 0;
    for (std::size_t axis = 0; axis < index.size(); ++axis) sum += index[axis] * stride[axis];
    return sum;
  }
  /// The indices of element i.
  constexpr axis_counts index(int i) const {
    axis_counts all{};
    for (int axis = 0; axis < extent.rank; ++axis) {
      std::size_t const a = static_cast<std::size_t>(axis);
      all[a] = i / stride[a];
      i %= stride[a];
    }
    return all;
  }
};

/// Copies a box of shape `size` between two tensors, from and to the place of its first element.
template <class T, class To>
constexpr void copy_box(tensor_shape const& size, T const* from, layout const& from_layout, To* to,
                        layout const& to_layout) {
  layout const box{size};
  for (int i = 0, count = size.elements(); i < count; ++i) {
    axis_counts const index = box.index(i);
    to[to_layout.offset(index)] = static_cast<To>(from[from_layout.offset(index)]);
  }
}

}  // namespace reference
}  // namespace etch
