#pragma once

#include <algorithm>

#include "../../simd/transpose.hpp"
#include "../../passes/select/forward.hpp"
#include "../elementwise/apply.hpp"
#include "micro.hpp"

/// The one to four filters that are left where panels are full (4 of 20), or all there are: vectors
/// along the filters would multiply mostly padding. These lie along the window's channels, against
/// weights that are turned first, and are summed over their lanes in the end.
namespace etch::kernels {

/// `Count` weights of each of up to four filters, from rows of `Panel`, in vectors, zero behind
/// them.
template <class Arch, int Panel, int Count>
void turn_block(float const* w, float* turned) {
  constexpr int width = Arch::width, whole = Count / 4 * 4;
  std::fill_n(turned, 4 * width, 0.0f);
  for (int i = 0; i < whole; i += 4)
    simd::transpose_4x4(w + i * Panel, Panel, turned + i, width);
  for (int i = whole; i < Count; ++i)
    for (int f = 0; f < 4; ++f) turned[f * width + i] = w[i * Panel + f];
}

/// The weights of up to four filters along each run of the window.
template <class Arch, contraction C, int Panel>
void turn_weights(float const* w, float* turned) {
  constexpr window_walk walk = walk_of(C);
  constexpr int width = Arch::width, rest = walk.run % width;
  for (int r = 0; r < walk.rows * walk.columns; ++r) {
    for (int v = 0; v < walk.run / width; ++v, w += width * Panel, turned += 4 * width)
      turn_block<Arch, Panel, width>(w, turned);
    if constexpr (rest > 0) {
      turn_block<Arch, Panel, rest>(w, turned);
      w += rest * Panel;
      turned += 4 * width;
    }
  }
}

/// acc[m][f] += x[P[m] + lanes] * w[f][lanes], for the first `Lanes` lanes.
template <class Arch, position_grid P, int Filters, int Lanes>
[[gnu::always_inline]] inline void multiply_turned(simd::vec<Arch> (&acc)[P.size()][Filters],
                                                   float const* x, float const* w) {
  constexpr int count = P.size();
  asm("" : "+r"(x));  // as in multiply()
  simd::vec<Arch> weight[Filters];
#pragma GCC unroll 4
  for (int f = 0; f < Filters; ++f)
    weight[f] = simd::in_register(simd::load<Arch>(w + f * Arch::width));
#pragma GCC unroll 64
  for (int m = 0; m < count; ++m) {
    auto const value = simd::in_register(load_lanes<Arch, Lanes>(x + P[m], 0));
#pragma GCC unroll 4
    for (int f = 0; f < Filters; ++f) acc[m][f] = simd::fma(value, weight[f], acc[m][f]);
  }
}

/// The sums over the lanes of the vectors of `acc`, `Slots` a position, from number `From` on: a
/// vector of them. In slots beyond the filters, or the positions, is anything.
template <class Arch, int Slots, int From, int Width, int Filters>
[[gnu::always_inline]] inline simd::vec<Arch> sum_lanes(
    simd::vec<Arch> const (&acc)[Width][Filters]) {
  constexpr int blocks = Arch::width / 4;
  simd::vec<Arch> sums[blocks];
#pragma GCC unroll 4
  for (int b = 0; b < blocks; ++b) {
    simd::vec<Arch> row[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      int const slot = From + 4 * b + i, position = std::min(slot / Slots, Width - 1);
      row[i] = acc[position][std::min(slot % Slots, Filters - 1)];
    }
    sums[b] = From + 4 * b < Width * Slots ? simd::sum_in_blocks(row) : sums[0];
  }
  return simd::sum_blocks(sums);
}

/// The rows of a window that count, `first` to `last`. Where a few rows only are kept, the one
/// after the next `until_wrap` is number 0, `wrap` floats before.
struct window_rows {
  int first = 0, last = 0, until_wrap = 1 << 30, wrap = 0;
};

/// `Width` positions of one line by the `Filters` filters from `channel` on.
template <class Arch, contraction C, int Width, int Filters, class Epilogue>
ETCH_TILE void turned_tile(float const* x, float const* turned, float* y, window_rows rows,
                           std::ptrdiff_t row, int channel, Epilogue const& epilogue) {
  using four = typename lanes_of<Arch, 4>::type;
  constexpr window_walk walk = walk_of(C);
  constexpr position_grid positions{1, Width, 0, C.stride_width * C.channels};
  constexpr int width = Arch::width, whole = walk.run / width, rest = walk.run % width;
  simd::vec<Arch> acc[Width][Filters];
  clear<Arch>(acc);
  turned += rows.first * (turned_size(machine_of<Arch>, C) / walk.rows);
#pragma GCC unroll 1
  for (int ky = rows.first; ky < rows.last; ++ky, x += walk.row_stride) {
    if (ky == rows.until_wrap) x -= rows.wrap;
#pragma GCC unroll 1
    for (int kx = 0; kx < walk.columns; ++kx) {
      float const* from = x + kx * walk.column_stride;
#pragma GCC unroll 1
      ETCH_LOOP for (int k = 0; k < whole; ++k, from += width, turned += 4 * width)
          multiply_turned<Arch, positions, Filters, width>(acc, from, turned);
      if constexpr (rest > 0) {
        multiply_turned<Arch, positions, Filters, rest>(acc, from, turned);
        turned += 4 * width;
      }
    }
  }
  // Loads from stores that begin elsewhere wait for them: three filters have four slots.
  constexpr bool all = C.filters == Filters && std::is_same_v<Epilogue, identity_epilogue>;
  constexpr int slots = Filters == 3 && !all ? 4 : Filters;
  constexpr int sums = balance(Width * slots, width).count;
  alignas(64) float sum[sums * width];
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    if constexpr (all)
      (store_lanes<Arch, Width * slots>(y, I, sum_lanes<Arch, slots, I * width>(acc)), ...);
    else
      (simd::store(sum + I * width, sum_lanes<Arch, slots, I * width>(acc)), ...);
  }(std::make_integer_sequence<int, sums>{});
  if constexpr (all) return;
  auto const store = [&](int m) __attribute__((always_inline)) {
    simd::vec<four> const one[1] = {load_lanes<four, Filters>(sum + m * slots, 0)};
    store_position<four, Filters>(y + m * C.filters, one, epilogue, row + m, channel);
  };
  if constexpr (is_large<Epilogue>()) {
#pragma GCC unroll 1
    for (int m = 0; m < Width; ++m) store(m);
  } else {
#pragma GCC unroll 64
    for (int m = 0; m < Width; ++m) store(m);
  }
}

/// One line of outputs by the last filters, which `T` says.
template <class Arch, contraction C, turned_strip T, class Epilogue>
void turned_line(float const* x, float const* turned, float* y, window_rows rows,
                 std::ptrdiff_t row, Epilogue const& epilogue) {
  constexpr int channel = C.filters - T.filters, step = C.stride_width * C.channels;
  for_each_tile<balance(C.out_width(), T.width)>([&]<int Width>(int column)
                                                     __attribute__((always_inline)) {
    turned_tile<Arch, C, Width, T.filters>(x + column * step, turned,
                                           y + channel + column * C.filters, rows, row + column,
                                           channel, epilogue);
  });
}

}  // namespace etch::kernels
