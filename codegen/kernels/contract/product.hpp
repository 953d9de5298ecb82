#pragma once

#include <algorithm>

#include "../../ir/kernel_choice.hpp"
#include "rows.hpp"

/// Matrix products of two activations: the kernel of rows.hpp, for which the second matrix is read as
/// it lies there, or packed, strip by strip when its turn comes.
namespace etch::kernels {

/// One of these products: y (rows, columns) = a (rows, inner) b (inner, columns), each of the two
/// perhaps transposed in memory.
struct matrix_product {
  int rows, inner, columns;
  bool transpose_a, transpose_b;
  bool sums = false;  // y is added to

  constexpr int a() const { return rows * inner; }  // floats
  constexpr int b() const { return inner * columns; }
};

/// What its kernel is chosen for.
constexpr kernel_request asked_by(matrix_product const& p) {
  return {.what = contract_product::activations,
          .window = {.width = p.rows, .channels = p.inner, .filters = p.columns},
          .turned = p.transpose_b};
}

/// As contraction of so many steps.
template <matrix_product P, int Steps>
inline constexpr contraction contraction_of{.channels = Steps, .filters = P.columns};

/// to[k][n] = from[n][k] for `Steps` rows of a panel, of whose columns only the first `columns` are
/// there: those behind are the last one again.
template <class Arch, matrix_product P, int Steps, int Width>
void transpose_rows(float const* from, int columns, float* to) noexcept {
  auto const place = [columns](int n) __attribute__((always_inline)) {
    return (n < columns ? n : columns - 1) * P.inner;
  };
  constexpr int rows = simd::transposed_rows<Arch>;
  if constexpr (Steps >= rows) {
    auto const transpose = [&](int k) __attribute__((always_inline)) {
#pragma GCC unroll 4
      for (int first = 0; first < Width; first += Arch::width)
        simd::transpose_columns<Arch>(
            from + k, [&](int n) __attribute__((always_inline)) { return place(first + n); },
            [&](int i, auto row) __attribute__((always_inline)) {
              simd::store(to + (k + i) * Width + first, row);
            });
    };
    for (int k = 0; k + rows <= Steps; k += rows) transpose(k);
    if constexpr (Steps % rows != 0) transpose(Steps - rows);
  } else if constexpr (Arch::width > 4) {
    transpose_rows<arch::half<Arch>, P, Steps, Width>(from, columns, to);
  } else {
    for (int k = 0; k < Steps; ++k)
      for (int n = 0; n < Width; ++n) to[k * Width + n] = from[place(n) + k];
  }
}

/// `Steps` rows of a panel of b with `Columns` columns, zero behind them.
template <class Arch, matrix_product P, int Steps, int Width, int Columns>
void copy_rows(float const* from, float* to) noexcept {
  for (int k = 0; k < Steps; ++k, from += P.columns, to += Width)
#pragma GCC unroll 4
    for (int v = 0; v < Width / Arch::width; ++v)
      simd::store(to + v * Arch::width, v * Arch::width < Columns ? load_lanes<Arch, Columns>(from, v)
                                                                  : simd::zero<Arch>());
}

/// `Steps` rows of panel `panel` of b, which begins at the first of them.
template <class Arch, matrix_product P, int Steps>
void pack_panel(float const* b, int panel, float* to) noexcept {
  constexpr contraction C = contraction_of<P, Steps>;
  constexpr int width = panel_width(C), rest = P.columns % width;
  using lanes = lanes_for<Arch, C>;
  int const first = panel * width;
  bool const whole = rest == 0 || first + width <= P.columns;
  if constexpr (P.transpose_b) {
    b += first * P.inner;
    if (whole) transpose_rows<lanes, P, Steps, width>(b, width, to);
    else transpose_rows<lanes, P, Steps, width>(b, rest, to);
  } else {
    if (whole) copy_rows<lanes, P, Steps, width, width>(b + first, to);
    else copy_rows<lanes, P, Steps, width, rest == 0 ? width : rest>(b + first, to);
  }
}

/// An epilogue for which the first row has the number `first`.
template <class Epilogue>
struct rows_from {
  static constexpr bool large = is_large<Epilogue>();
  Epilogue const& then;
  std::ptrdiff_t first;

  template <class Arch>
  [[gnu::always_inline]] simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t row,
                                                    int channel, int lanes) const {
    return then.template operator()<Arch>(acc, first + row, channel, lanes);
  }
};

/// y = epilogue(the sum over `Steps` steps from `step` on, added to what y has if there were earlier
/// ones).
template <class Arch, matrix_product P, kernel_choice K, int Steps, class Epilogue>
void multiply_block(float const* a, float const* b, float* y, int step,
                    Epilogue const& epilogue) noexcept {
  constexpr contraction C = contraction_of<P, Steps>;
  constexpr row_walk walk{P.transpose_a ? 1 : P.inner, P.transpose_a ? P.rows : 1,
                          P.sums || Steps < P.inner, K.packs ? 0 : P.columns};
  a += step * walk.step;
  b += step * (P.transpose_b ? 1 : P.columns);
  bool const continues = P.sums || step > 0;
  if constexpr (K.packs) {
    alignas(64) float strip[K.tile.panels * panel_stride(C)];
    auto const packing = [&](int panel, int count) {
      for (int i = 0; i < count; ++i)
        pack_panel<Arch, P, Steps>(b, panel + i, strip + i * panel_stride(C));
      return static_cast<float const*>(strip);
    };
    all_strips_of_rows<Arch, C, K.tile, Steps, walk>(a, packing, y, P.rows, epilogue, share{},
                                                     continues);
  } else {
    auto const from = [&](int panel, int) { return b + panel * panel_width(C); };
    all_strips_of_rows<Arch, C, K.tile, Steps, walk>(a, from, y, P.rows, epilogue, share{},
                                                     continues);
  }
}

/// y = epilogue(a b), for each of `count` pairs of matrices that lie one after the other, as the results
/// do; `row` is the number of the first row.
template <class Arch, matrix_product P, kernel_choice K, class Epilogue = identity_epilogue>
void product(float const* a, float const* b, float* y, int count, Epilogue const& epilogue = {},
             std::ptrdiff_t row = 0) noexcept {
  constexpr int blocks = (P.inner + K.steps - 1) / K.steps, last = P.inner - (blocks - 1) * K.steps;
  for (int i = 0; i < count; ++i, a += P.a(), b += P.b(), y += P.rows * P.columns, row += P.rows) {
    if constexpr (blocks > 1)
      for (int k = 0; k < P.inner - last; k += K.steps)
        multiply_block<Arch, P, K, K.steps>(a, b, y, k, identity_epilogue{});
    multiply_block<Arch, P, K, last>(a, b, y, P.inner - last, rows_from<Epilogue>{epilogue, row});
  }
}

}  // namespace etch::kernels
