#pragma once

#include "depthwise.hpp"
#include "../move/fill.hpp"

/// The gradients of depthwise convolutions, a vector of channels at a time.
namespace etch::kernels {

/// A row of dx, where `Width` outputs of a line touch it, of one vector of channels:
///   dx[m * stride + t * dilation] += sum over ky of dy[line - ky * dilation, m] * w[ky, t]
/// The first `Kept` columns hold a sum already, the others are overwritten. `line` is the row.
template <class Arch, contraction C, int Width, int Taps, int Kept, int Lanes>
ETCH_TILE void depthwise_scatter(float const* dy, float const* w, float* dx, int line) {
  constexpr tap_row row = row_of(C, Width, Taps, true);
  constexpr int span = row.span(), w_row = C.kernel_width * panel_stride(C);
  simd::vec<Arch> acc[span];
#pragma GCC unroll 64
  for (int i = 0; i < span; ++i)
    acc[i] = i < Kept ? load_lanes<Arch, Lanes>(dx + i * C.channels, 0)
                      : simd::in_register(simd::zero<Arch>());
#pragma GCC unroll 1
  for (int ky = 0; ky < C.kernel_height; ++ky, w += w_row) {
    int const from = line - ky * C.dilation_height, oy = from / C.stride_height;
    if (from < 0 || from % C.stride_height != 0 || oy >= C.out_height()) continue;
    depthwise_taps<Arch, C, row, Lanes>(acc, dy + oy * C.out_width() * C.filters, w);
  }
#pragma GCC unroll 64
  for (int i = 0; i < span; ++i) store_lanes<Arch, Lanes>(dx + i * C.channels, 0, acc[i]);
}

/// `Taps` neighbouring taps over the width of dY.
template <class Arch, contraction C, kernel_choice K, int Taps, int Lanes>
void depthwise_dx_line(float const* dy, float const* w, float* dx, int line) {
  constexpr balanced_axis columns = balance(C.out_width(), depthwise_dx_columns(C, Taps, K.chunk));
  constexpr int size = columns.size, x_column = C.stride_width * C.channels;
  constexpr int span = row_of(C, size, Taps, true).span();
  constexpr int first = K.fresh ? 0 : span, later = K.fresh ? span - size * C.stride_width : span;
  depthwise_scatter<Arch, C, size, Taps, first, Lanes>(dy, w, dx, line);
  for_each_tile<balanced_axis{size, columns.large - 1, columns.count - 1}>(
      [&]<int Width>(int column) __attribute__((always_inline)) {
        int const ox = size + column;
        depthwise_scatter<Arch, C, Width, Taps, later, Lanes>(dy + ox * C.filters, w,
                                                              dx + ox * x_column, line);
      });
}

/// One row of one sample by one vector of channels.
template <class Arch, contraction C, kernel_choice K, int Lanes>
void depthwise_dx_row(float const* dy, float const* w, float* dx, int line) {
  constexpr int x_tap = C.dilation_width * C.channels, w_tap = panel_stride(C);
  for_each_tile<balance(C.kernel_width, K.tile.taps)>([&]<int Taps>(int kx)
                                                          __attribute__((always_inline)) {
    depthwise_dx_line<Arch, C, K, Taps, Lanes>(dy, w + kx * w_tap, dx + kx * x_tap, line);
  });
}

template <class Arch, contraction C, kernel_choice K>
void dx_depthwise(float const* dy, float const* weights, float* dx, int samples) {
  using lanes = lanes_for<Arch, C>;
  if (!K.fresh) std::fill_n(dx, std::ptrdiff_t{samples} * C.inputs(), 0.0f);
  for (std::ptrdiff_t s = 0; s < samples; ++s) {
    float const* const dys = dy + s * C.outputs();
    for (int line = 0; line < C.height; ++line) {
      float* const row = dx + s * C.inputs() + line * C.width * C.channels;
      for_each_strip<lanes::width, C.channels>([&]<int Lanes>(int c)
                                                   __attribute__((always_inline)) {
        depthwise_dx_row<lanes, C, K, Lanes>(dys + c, weights + c, row + c, line);
      });
    }
  }
}

/// acc[Row, t] += x * dy[R.output(I, t)] for all taps t that read input I of a row.
template <class Arch, tap_row R, int I, int Row, int Taps>
[[gnu::always_inline]] inline void depthwise_gradient(simd::vec<Arch> (&acc)[Taps],
                                                      simd::vec<Arch> x,
                                                      simd::vec<Arch> const (&dy)[R.columns]) {
#pragma GCC unroll 16
  for (int t = 0; t < R.taps; ++t)
    if (R.output(I, t) >= 0)
      acc[Row * R.taps + t] =
          simd::in_register(simd::fma(x, dy[R.output(I, t)], acc[Row * R.taps + t]));
}

/// The same for all inputs of `Rows` rows.
template <class Arch, contraction C, tap_row R, int Rows, int Lanes, int... I>
[[gnu::always_inline]] inline void depthwise_gradients(simd::vec<Arch> (&acc)[Rows * R.taps],
                                                       float const* x,
                                                       simd::vec<Arch> const (&dy)[R.columns],
                                                       std::integer_sequence<int, I...>) {
  constexpr int row = C.dilation_height * C.width * C.channels;
  (depthwise_gradient<Arch, R, I / Rows, I % Rows>(
       acc,
       simd::in_register(load_lanes<Arch, Lanes>(x + I % Rows * row + I / Rows * C.channels, 0)),
       dy),
   ...);
}

/// Adds what `Width` neighbouring positions of a line give.
template <class Arch, contraction C, int Width, int Rows, int Columns, int Lanes>
[[gnu::always_inline]] inline void depthwise_positions(simd::vec<Arch> (&acc)[Rows * Columns],
                                                       float const* x, float const* dy) {
  constexpr tap_row row = row_of(C, Width, Columns);
  asm("" : "+r"(x));  // as in multiply
  simd::vec<Arch> gradient[Width];
#pragma GCC unroll 16
  for (int m = 0; m < Width; ++m)
    gradient[m] = simd::in_register(load_lanes<Arch, Lanes>(dy + m * C.filters, 0));
  depthwise_gradients<Arch, C, row, Rows, Lanes>(
      acc, x, gradient, std::make_integer_sequence<int, Rows * row.inputs()>{});
}

/// dw[tap] += sum over positions p of x[p * stride + tap] * dy[p] for `Rows` x `Columns` taps, and
/// at most `Width` neighbouring positions of a line at a time.
template <class Arch, contraction C, int Rows, int Columns, int Width, int Lanes>
ETCH_TILE void depthwise_weights(float const* x, float const* dy, float* dw) {
  constexpr int taps = Rows * Columns, lines = C.out_height();
  constexpr position_grid order{Rows, Columns, C.kernel_width * panel_stride(C), panel_stride(C)};
  constexpr int x_row = C.stride_height * C.width * C.channels, y_row = C.out_width() * C.filters;
  constexpr int x_column = C.stride_width * C.channels;
  simd::vec<Arch> acc[taps];
#pragma GCC unroll 64
  for (int t = 0; t < taps; ++t) acc[t] = simd::in_register(simd::zero<Arch>());
#pragma GCC unroll 1
  for (int oy = 0; oy < lines; ++oy, x += x_row, dy += y_row)
    for_each_tile<balance(C.out_width(), Width)>([&]<int Count>(int column)
                                                     __attribute__((always_inline)) {
      depthwise_positions<Arch, C, Count, Rows, Columns, Lanes>(acc, x + column * x_column,
                                                                dy + column * C.filters);
    });
#pragma GCC unroll 64
  for (int t = 0; t < taps; ++t)
    simd::store(dw + order[t], simd::load<Arch>(dw + order[t]) + acc[t]);
}

/// One sample by one vector of channels, the taps in tiles.
template <class Arch, contraction C, kernel_choice K, int Lanes>
void depthwise_dw_strip(float const* x, float const* dy, float* dw) {
  constexpr balanced_axis rows = balance(C.kernel_height, K.tile.height);
  constexpr balanced_axis columns = balance(C.kernel_width, K.tile.taps);
  constexpr int x_row = C.dilation_height * C.width * C.channels;
  constexpr int x_column = C.dilation_width * C.channels, tap = panel_stride(C);
  for_each_tile<rows>([&]<int Rows>(int ky) __attribute__((always_inline)) {
    for_each_tile<columns>([&]<int Columns>(int kx) __attribute__((always_inline)) {
      constexpr int width = depthwise_dw_columns(C, Rows * Columns, K.chunk);
      depthwise_weights<Arch, C, Rows, Columns, width, Lanes>(
          x + ky * x_row + kx * x_column, dy, dw + (ky * C.kernel_width + kx) * tap);
    });
  });
}

template <class Arch, contraction C, kernel_choice K>
void dw_depthwise(float const* x, float const* dy, float* dw, int samples, bool adds) {
  using lanes = lanes_for<Arch, C>;
  if (!adds) fill<Arch>(dw, packed_size(C), 0.0f);
  for (std::ptrdiff_t s = 0; s < samples; ++s)
    for_each_strip<lanes::width, C.channels>([&]<int Lanes>(int c) __attribute__((always_inline)) {
      depthwise_dw_strip<lanes, C, K, Lanes>(x + s * C.inputs() + c, dy + s * C.outputs() + c,
                                             dw + c);
    });
}

}  // namespace etch::kernels
