#pragma once

#include "../../dsl/primitives.hpp"
#include "../../dsl/shape.hpp"

namespace etch::reference {

/// Adds to y (of `shape`) the matrix products of a and b for each index of the leading axes, in which
/// each element sums over `inner` terms.
template <class T>
constexpr void product(primitive::product const& p, tensor_shape const& shape, int inner,
                       T const* a, T const* b, double* y) {
  int const rows = shape[shape.rank - 2], columns = shape.last();
  for (int i = 0; i < shape.elements(0, shape.rank - 2); ++i) {
    for (int m = 0; m < rows; ++m)
      for (int n = 0; n < columns; ++n, ++y)
        for (int k = 0; k < inner; ++k)
          *y += static_cast<double>(p.transpose_a ? a[k * rows + m] : a[m * inner + k]) *
                static_cast<double>(p.transpose_b ? b[n * inner + k] : b[k * columns + n]);
    a += rows * inner;
    b += inner * columns;
  }
}

}  // namespace etch::reference
