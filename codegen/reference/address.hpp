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

/// Extents and row-major strides of a tensor, as one of rank 4 with ones in front.
struct layout {
  std::array<int, 4> extent{1, 1, 1, 1};
  std::array<int, 4> stride{};

  constexpr explicit layout(tensor_shape const& shape) {
    for (int axis = 0; axis < shape.rank; ++axis)
      extent[static_cast<std::size_t>(4 - shape.rank + axis)] = shape[axis];
    int step = 1;
    for (std::size_t axis = 4; axis-- > 0; step *= extent[axis]) stride[axis] = step;
  }

  /// The offset of the element with these indices, given for the axes of the shape of this rank.
  constexpr int offset(axis_counts const& index, int rank) const {
    int sum = 0;
    for (int axis = 0; axis < rank; ++axis)
      sum += index[static_cast<std::size_t>(axis)] *
             stride[static_cast<std::size_t>(4 - rank + axis)];
    return sum;
  }
};

/// Copies a box of shape `size` between two tensors, from and to the place of its first element.
template <class T, class To>
constexpr void copy_box(tensor_shape const& size, T const* from, layout const& from_layout, To* to,
                        layout const& to_layout) {
  auto const& extent = layout{size}.extent;
  auto const& f = from_layout.stride;
  auto const& t = to_layout.stride;
  for (int i = 0; i < extent[0]; ++i)
    for (int j = 0; j < extent[1]; ++j)
      for (int k = 0; k < extent[2]; ++k) {
        T const* source = from + i * f[0] + j * f[1] + k * f[2];
        To* target = to + i * t[0] + j * t[1] + k * t[2];
        for (int l = 0; l < extent[3]; ++l) target[l] = static_cast<To>(source[l]);
      }
}

}  // namespace reference
}  // namespace etch
