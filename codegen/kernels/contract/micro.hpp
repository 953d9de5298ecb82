#pragma once

#include <cstddef>
#include <utility>

#include "../share.hpp"
#include "tile.hpp"

namespace etch::kernels {

/// The vectors that one step of a reduction multiplies with: `lanes` consecutive outputs, cut into
/// panels of `panel` that lie `panel_stride` floats apart. A row of a plain matrix is one panel.
struct vector_strip {
  int lanes = 1;
  int panel = 1, panel_stride = 0;

  constexpr int vectors(int width) const { return (lanes + width - 1) / width; }
  [[gnu::always_inline]] constexpr int offset(int lane) const {
    return lane / panel * panel_stride + lane % panel;
  }
};

/// Sets all accumulators to zero.
template <class Arch, int M, int N>
[[gnu::always_inline]] inline void clear(simd::vec<Arch> (&acc)[M][N]) {
#pragma GCC unroll 64
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < N; ++v) acc[m][v] = simd::zero<Arch>();
}

/// Sets those of every position to `start`.
template <class Arch, int M, int N>
[[gnu::always_inline]] inline void begin_with(simd::vec<Arch> (&acc)[M][N],
                                              simd::vec<Arch> const (&start)[N]) {
#pragma GCC unroll 64
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < N; ++v) acc[m][v] = start[v];
}

/// acc[m][v] += x[P[m]] * w[v], for whole vectors of w: one step of the loops below.
template <class Arch, position_grid P, vector_strip S>
[[gnu::always_inline]] inline void multiply_step(
    simd::vec<Arch> (&acc)[P.size()][S.vectors(Arch::width)], float const* x, float const* w) {
  constexpr int vectors = S.vectors(Arch::width), positions = P.size();
  simd::vec<Arch> weight[vectors];
#pragma GCC unroll 64
  for (int v = 0; v < vectors; ++v) weight[v] = simd::load<Arch>(w + S.offset(v * Arch::width));
#pragma GCC unroll 64
  for (int m = 0; m < positions; ++m) {
    auto const value = simd::broadcast<Arch>(x[P[m]]);
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) acc[m][v] = simd::fma(value, weight[v], acc[m][v]);
  }
}

/// acc[m][v] += sum over k < Steps of x[P[m] + k * XStep] * w[v, k]: the loop in which matrix products
/// and windows multiply.
///
/// The tile is unrolled by pragma, which keeps the accumulators in registers on g++ and clang and
/// compiles four times faster than a chain of lambdas. Long loops over k take four steps at a time:
/// the end of one of 32 steps is mispredicted, and AVX2 products lose up to 7% to it. Short ones
/// would lose their loop, and g++ registers.
/// The tile functions that call it are kept out of line: inlined into the loop over tiles, g++ 12
/// runs out of general registers and reloads the loop bound in every step. AVX2 products with bias
/// and relu measured 96 GFLOP/s that way against 111.
template <class Arch, position_grid P, vector_strip S, int Steps, int XStep = 1>
[[gnu::always_inline]] inline void multiply(
    simd::vec<Arch> (&acc)[P.size()][S.vectors(Arch::width)], float const* x, float const* w) {
  auto const step = [&]() __attribute__((always_inline)) {
    // at -O3, g++ would keep on the stack what neighbouring positions read in one of the next steps
    asm("" : "+r"(x));
    multiply_step<Arch, P, S>(acc, x, w);
    x += XStep;
    w += S.panel;
  };
  // clang loads the weights of the next step early, for which there has to be room among 32; long
  // loops that just fit take two steps, which g++ unrolls by hand only: 256 cubed gains up to 3%
  constexpr int vectors = S.vectors(Arch::width), room = P.size() * vectors + 2 * vectors;
  if constexpr (Steps >= 16 && (Arch::registers < 32 || room < Arch::registers)) {
#pragma GCC unroll 4
    ETCH_LOOP for (int k = 0; k < Steps; ++k) step();
  } else if constexpr (Steps >= 256 && Steps % 2 == 0 && room == Arch::registers) {
#pragma GCC unroll 1
    ETCH_LOOP for (int k = 0; k < Steps; k += 2)
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i) step();
  } else {
#pragma GCC unroll 1
    ETCH_LOOP for (int k = 0; k < Steps; ++k) step();
  }
}

/// The same in two chains where a tile has too few sums to hide the latency of each.
template <class Arch, position_grid P, vector_strip S, int Steps>
[[gnu::always_inline]] inline void multiply_run(
    simd::vec<Arch> (&acc)[P.size()][S.vectors(Arch::width)], float const* x, float const* w) {
  constexpr int vectors = S.vectors(Arch::width), positions = P.size(), sums = positions * vectors;
  if constexpr (sums < 8 && 2 * sums + vectors < Arch::registers && !arch::is_deterministic<Arch>) {
    simd::vec<Arch> odd[positions][vectors];
    clear<Arch>(odd);
#pragma GCC unroll 1
    ETCH_LOOP for (int k = 2; k <= Steps; k += 2, x += 2, w += 2 * S.panel) {
      asm("" : "+r"(x));
      multiply_step<Arch, P, S>(acc, x, w);
      multiply_step<Arch, P, S>(odd, x + 1, w + S.panel);
    }
    if constexpr (Steps % 2 != 0) multiply_step<Arch, P, S>(acc, x, w);
#pragma GCC unroll 64
    for (int m = 0; m < positions; ++m)
#pragma GCC unroll 64
      for (int v = 0; v < vectors; ++v) acc[m][v] = acc[m][v] + odd[m][v];
  } else {
    multiply<Arch, P, S, Steps>(acc, x, w);
  }
}

/// acc[R.output(I, t)][v] += x[I * x_column] * w[t][v] for all taps of one row of a window.
template <class Arch, tap_row R, int I, int Vectors>
[[gnu::always_inline]] inline void multiply_input(simd::vec<Arch> (*acc)[Vectors], float const* x,
                                                  int x_column,
                                                  simd::vec<Arch> const (&w)[R.taps][Vectors]) {
  auto const value = simd::in_register(simd::broadcast<Arch>(x[I * x_column]));
#pragma GCC unroll 8
  for (int t = 0; t < R.taps; ++t)
    if (R.output(I, t) >= 0)
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v)
        acc[R.output(I, t)][v] =
            simd::in_register(simd::fma(value, w[t][v], acc[R.output(I, t)][v]));
}

/// The same for the inputs of all rows. A fold, because g++ does not unroll a loop of that size.
template <class Arch, position_grid X, tap_row R, int Vectors, int... I>
[[gnu::always_inline]] inline void multiply_inputs(simd::vec<Arch> (*acc)[Vectors], float const* x,
                                                   simd::vec<Arch> const (&w)[R.taps][Vectors],
                                                   std::integer_sequence<int, I...>) {
  constexpr int n = R.inputs();
  (multiply_input<Arch, R, I % n>(acc + I / n * R.outputs(), x + I / n * X.row_stride,
                                  X.column_stride, w),
   ...);
}

/// acc[r, R.output(i, t)][v] += sum over k < steps of x[r, i, k] * w[t, k, v], for `X.rows` rows of
/// inputs and `R.taps` taps, whose weights are `tap` floats apart. Every input is loaded once and
/// multiplied with all taps, which is what makes up for tiles with few filters.
template <class Arch, position_grid X, tap_row R, vector_strip S, int Outputs>
[[gnu::always_inline]] inline void multiply_taps(
    simd::vec<Arch> (&acc)[Outputs][S.vectors(Arch::width)], float const* x, float const* w,
    int tap, int steps) {
  constexpr int vectors = S.vectors(Arch::width), taps = R.taps;
#pragma GCC unroll 1
  ETCH_LOOP for (int k = 0; k < steps; ++k, ++x, w += S.panel) {
    asm("" : "+r"(x));  // as above
    simd::vec<Arch> weight[taps][vectors];
#pragma GCC unroll 8
    for (int t = 0; t < taps; ++t)
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v)
        weight[t][v] = simd::in_register(simd::load<Arch>(w + t * tap + S.offset(v * Arch::width)));
    multiply_inputs<Arch, X, R>(acc, x, weight,
                                std::make_integer_sequence<int, X.rows * R.inputs()>{});
  }
}

/// Loads or stores the vector that starts at lane `v * width` of `Lanes`, never past the last one.
template <class Arch, int Lanes>
[[gnu::always_inline]] inline simd::vec<Arch> load_lanes(float const* p, int v) {
  int const rest = Lanes - v * Arch::width;
  return rest >= Arch::width ? simd::load<Arch>(p + v * Arch::width)
                             : simd::load_partial<Arch>(p + v * Arch::width, rest);
}
template <class Arch, int Lanes>
[[gnu::always_inline]] inline void store_lanes(float* p, int v, simd::vec<Arch> value) {
  int const rest = Lanes - v * Arch::width;
  if (rest >= Arch::width)
    simd::store(p + v * Arch::width, value);
  else
    simd::store_partial(p + v * Arch::width, value, rest);
}

template <class Epilogue>
constexpr bool is_monotone() {
  if constexpr (requires { Epilogue::monotone; }) return Epilogue::monotone;
  return false;
}
template <class Epilogue>
constexpr bool is_large() {
  if constexpr (requires { Epilogue::large; }) return Epilogue::large;
  return false;
}

/// Runs the epilogue on vector `v` of a strip of `Lanes` filters that begins at `channel`.
template <class Arch, int Lanes, class Epilogue>
[[gnu::always_inline]] inline simd::vec<Arch> finish(Epilogue const& epilogue, simd::vec<Arch> acc,
                                                     std::ptrdiff_t row, int channel, int v) {
  int const rest = Lanes - v * Arch::width;
  return epilogue.template operator()<Arch>(acc, row, channel + v * Arch::width,
                                            rest < Arch::width ? rest : Arch::width);
}

/// Runs the epilogue on all vectors of one position and stores them.
template <class Arch, int Lanes, int N, class Epilogue>
[[gnu::always_inline]] inline void store_position(float* y, simd::vec<Arch> const (&acc)[N],
                                                  Epilogue const& epilogue, std::ptrdiff_t row,
                                                  int channel) {
#pragma GCC unroll 64
  for (int v = 0; v < N; ++v)
    store_lanes<Arch, Lanes>(y, v, finish<Arch, Lanes>(epilogue, acc[v], row, channel, v));
}

}  // namespace etch::kernels
