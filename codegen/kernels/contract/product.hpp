#pragma once

#include <algorithm>

#include "../../ir/kernel_choice.hpp"
#include "rows.hpp"

/// Matrix products of two activations: the kernel of rows.hpp, for which the second matrix is packed
/// strip by strip when its turn comes.
namespace etch::kernels {

/// One of these products: y (rows, columns) = a (rows, inner) b (inner, columns), each of the two
/// perhaps transposed in memory.
struct matrix_product {
  int rows, inner, columns;
  bool transpose_a, transpose_b;

  constexpr int a() const { return rows * inner; }  // floats
  constexpr int b() const { return inner * columns; }
};

/// As contraction of so many steps.
template <matrix_product P, int Steps>
inline constexpr contraction contraction_of{.channels = Steps, .filters = P.columns};

/// to[k][n] = from[n][k] for `Steps` rows of a panel, of which only the first `columns` columns are
/// there: those behind are the last one again.
template <class Arch, matrix_product P, int Steps>
void transpose_rows(float const* from, int columns, float* to) noexcept {
  constexpr int width = panel_width(contraction_of<P, Steps>), lanes = Arch::width;
  auto const place = [&](int n) { return (n < columns ? n : columns - 1) * P.inner; };
  auto const transpose_four = [&](int k) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int n = 0; n < width; n += lanes) {
      simd::vec<Arch> row[4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i)
        row[i] = simd::gather_blocks<Arch>(from + k, [&](int b) { return place(n + i + 4 * b); });
      simd::transpose_blocks(row);
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) simd::store(to + (k + i) * width + n, row[i]);
    }
  };
  if constexpr (Steps < 4) {
    for (int k = 0; k < Steps; ++k)
      for (int n = 0; n < width; ++n) to[k * width + n] = from[place(n) + k];
  } else {
    for (int k = 0; k + 4 <= Steps; k += 4) transpose_four(k);
    if constexpr (Steps % 4 != 0) transpose_four(Steps - 4);
  }
}

/// `Steps` rows of panel `panel` of b, which begins at the first of them; zero behind the last column.
template <class Arch, matrix_product P, int Steps>
void pack_panel(float const* b, int panel, float* to) noexcept {
  constexpr contraction C = contraction_of<P, Steps>;
  constexpr int width = panel_width(C);
  int const first = panel * width, columns = std::min(width, P.columns - first);
  if constexpr (P.transpose_b) {
    b += first * P.inner;
    using lanes = lanes_for<Arch, C>;
    if (columns == width) transpose_rows<lanes, P, Steps>(b, width, to);
    else transpose_rows<lanes, P, Steps>(b, columns, to);
  } else if (columns == width) {
    for (int k = 0; k < Steps; ++k)
      __builtin_memcpy(to + k * width, b + k * P.columns + first, 4 * width);
  } else {
    for (int k = 0; k < Steps; ++k)
      for (int n = 0; n < width; ++n)
        to[k * width + n] = n < columns ? b[k * P.columns + first + n] : 0.0f;
  }
}

/// y = the sum over `Steps` steps from `step` on, added to what y has if there were earlier ones.
template <class Arch, matrix_product P, register_tile T, int Steps>
void multiply_block(float const* a, float const* b, float* y, int step) noexcept {
  constexpr contraction C = contraction_of<P, Steps>;
  constexpr row_walk walk{P.transpose_a ? 1 : P.inner, P.transpose_a ? P.rows : 1,
                          Steps < P.inner};
  alignas(64) float strip[T.panels * panel_stride(C)];
  auto const packing = [&](int panel, int count) {
    for (int i = 0; i < count; ++i)
      pack_panel<Arch, P, Steps>(b + step * (P.transpose_b ? 1 : P.columns), panel + i,
                                 strip + i * panel_stride(C));
    return static_cast<float const*>(strip);
  };
  all_strips_of_rows<Arch, C, T, Steps, walk>(a + step * walk.step, packing, y, P.rows,
                                              identity_epilogue{}, share{}, step > 0);
}

/// The product, for each of `count` pairs of matrices that lie one after the other.
template <class Arch, matrix_product P, kernel_choice K>
void product(float const* a, float const* b, float* y, int count) noexcept {
  constexpr int blocks = (P.inner + K.steps - 1) / K.steps, last = P.inner - (blocks - 1) * K.steps;
  for (int i = 0; i < count; ++i, a += P.a(), b += P.b(), y += P.rows * P.columns) {
    if constexpr (blocks > 1)
      for (int k = 0; k < P.inner - last; k += K.steps)
        multiply_block<Arch, P, K.tile, K.steps>(a, b, y, k);
    multiply_block<Arch, P, K.tile, last>(a, b, y, P.inner - last);
  }
}

}  // namespace etch::kernels
