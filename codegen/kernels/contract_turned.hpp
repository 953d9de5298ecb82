#pragma once

#include <algorithm>

#include "../simd/transpose.hpp"
#include "contract_micro.hpp"

/// The one to four filters that are left where panels are full (4 of 20), or all there are: vectors
/// along the filters would multiply mostly padding. These lie along the window's channels, against
/// weights that are turned first, and are summed over their lanes in the end.
namespace etch::kernels {

/// Vectors of one window: each of its runs begins a new one.
template <class Arch>
constexpr int turned_steps(contraction c) {
  window_walk const walk = walk_of(c);
  return walk.rows * walk.columns * ((walk.run + Arch::width - 1) / Arch::width);
}

/// Floats of the turned weights: for every vector of a window, one of each of four filters.
template <class Arch>
constexpr int turned_size(contraction c) {
  return turned_steps<Arch>(c) * 4 * Arch::width;
}

/// Floats that may lie on the stack, in the first-level cache, of either operand.
inline constexpr int most_turned = 8192;

/// How many of the last filters to turn, where the other kernels would multiply `others` times with
/// each weight: none where that would not save a third of the products, or where there are too few
/// to make up for turning the weights. A deterministic sum has one order only.
template <class Arch>
constexpr int turned_filters(contraction c, int others) {
  int const all = c.group_filters(), filters = all <= 4 ? all : all % panel_width(c);
  bool const few = filters > 0 && filters <= 4 && filters < Arch::width;
  bool const fits = c.groups == 1 && turned_size<Arch>(c) <= most_turned;
  // beside the products, about three operations sum up a vector
  double const turned = filters * (turned_steps<Arch>(c) + 3.0) * c.out_height() * c.out_width();
  bool const pays = others >= 16 && 3 * turned < 2.0 * window_size(c) * others;
  return few && fits && pays && !arch::is_deterministic<Arch> ? filters : 0;
}

/// `Count` weights of each of up to four filters, from rows of `Panel`, in vectors, zero behind them.
template <class Arch, int Panel, int Count>
void turn_block(float const* w, float* turned) {
  constexpr int width = Arch::width, whole = Count / 4 * 4;
  std::fill_n(turned, 4 * width, 0.0f);
  for (int i = 0; i < whole; i += 4)
    etch::detail::transpose_4x4(w + i * Panel, Panel, turned + i, width);
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

/// Four sums, each over the lanes of one of the vectors from `acc[0][0] + From` on; those that are
/// missing are zero.
template <class Arch, int From, int Width, int Filters>
[[gnu::always_inline]] inline void sum_lanes(simd::vec<Arch> const (&acc)[Width][Filters],
                                             float* to) {
  using four = typename lanes_of<Arch, 4>::type;
  simd::vec<Arch> row[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i)
    row[i] = From + i < Width * Filters ? acc[(From + i) / Filters][(From + i) % Filters]
                                        : simd::zero<Arch>();
  simd::transpose_blocks(row);
  alignas(64) float blocks[Arch::width];
  simd::store(blocks, (row[0] + row[1]) + (row[2] + row[3]));
  simd::vec<four> sum = simd::load<four>(blocks);
#pragma GCC unroll 4
  for (int i = 4; i < Arch::width; i += 4) sum = sum + simd::load<four>(blocks + i);
  simd::store(to, sum);
}

/// `Width` positions of one line by the `Filters` filters from `channel` on.
template <class Arch, contraction C, int Width, int Filters, class Epilogue>
[[gnu::noinline]] void turned_tile(float const* x, float const* turned, float* y,
                                   std::ptrdiff_t row, int channel, Epilogue const& epilogue) {
  using four = typename lanes_of<Arch, 4>::type;
  constexpr window_walk walk = walk_of(C);
  constexpr position_grid positions{1, Width, 0, C.stride_width * C.channels};
  constexpr int width = Arch::width, whole = walk.run / width, rest = walk.run % width;
  simd::vec<Arch> acc[Width][Filters];
  clear<Arch>(acc);
#pragma GCC unroll 1
  for (int ky = 0; ky < walk.rows; ++ky)
#pragma GCC unroll 1
    for (int kx = 0; kx < walk.columns; ++kx) {
      float const* from = x + ky * walk.row_stride + kx * walk.column_stride;
#pragma GCC unroll 1
      for (int k = 0; k < whole; ++k, from += width, turned += 4 * width)
        multiply_turned<Arch, positions, Filters, width>(acc, from, turned);
      if constexpr (rest > 0) {
        multiply_turned<Arch, positions, Filters, rest>(acc, from, turned);
        turned += 4 * width;
      }
    }
  constexpr int sums = Width * Filters;
  alignas(64) float sum[(sums + 3) / 4 * 4 + 4];
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (sum_lanes<Arch, 4 * I>(acc, sum + 4 * I), ...);
  }(std::make_integer_sequence<int, (sums + 3) / 4>{});
  auto const store = [&](int m) __attribute__((always_inline)) {
    simd::vec<four> const one[1] = {simd::load<four>(sum + m * Filters)};
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

/// The first `lines` lines of one sample by the last `Filters` filters.
template <class Arch, contraction C, int Filters, class Epilogue>
void turned_windows(float const* x, float const* turned, float* y, int lines, std::ptrdiff_t row,
                    Epilogue const& epilogue) {
  constexpr int channel = C.filters - Filters, step = C.stride_width * C.channels;
  constexpr balanced_axis columns =
      balance(C.out_width(), std::min(14, (Arch::registers - 1 - Filters) / Filters));
  for (int oy = 0; oy < lines; ++oy, row += C.out_width()) {
    float const* const from = x + oy * C.stride_height * C.width * C.channels;
    float* const to = y + oy * C.out_width() * C.filters + channel;
    int column = 0;
    for (int i = 0; i < columns.large; ++i, column += columns.size)
      turned_tile<Arch, C, columns.size, Filters>(
          from + column * step, turned, to + column * C.filters, row + column, channel, epilogue);
    if constexpr (columns.large < columns.count)
      for (int i = columns.large; i < columns.count; ++i, column += columns.size - 1)
        turned_tile<Arch, C, columns.size - 1, Filters>(
            from + column * step, turned, to + column * C.filters, row + column, channel, epilogue);
  }
}

}  // namespace etch::kernels
