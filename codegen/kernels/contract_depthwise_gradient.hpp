#pragma once

#include "contract_depthwise.hpp"

/// The gradients of depthwise convolutions, a vector of channels at a time.
namespace etch::kernels {

/// dx[m * stride + tap] += dy[m] * w[tap] for `Width` outputs and `Taps` neighbouring taps of a
/// line. The inputs they touch overlap and stay in registers meanwhile.
template <class Arch, contraction C, int Width, int Taps, int Lanes>
[[gnu::noinline]] void depthwise_scatter(float const* dy, float const* w, float* dx) {
  constexpr int span = (Width - 1) * C.stride_width + (Taps - 1) * C.dilation_width + 1;
  simd::vec<Arch> acc[span];
#pragma GCC unroll 64
  for (int i = 0; i < span; ++i) acc[i] = load_lanes<Arch, Lanes>(dx + i * C.channels, 0);
#pragma GCC unroll 64
  for (int m = 0; m < Width; ++m) {
    auto const gradient = load_lanes<Arch, Lanes>(dy + m * C.filters, 0);
#pragma GCC unroll 64
    for (int t = 0; t < Taps; ++t) {
      int const i = m * C.stride_width + t * C.dilation_width;
      acc[i] = simd::fma(gradient, simd::load<Arch>(w + t * panel_stride(C)), acc[i]);
    }
  }
#pragma GCC unroll 64
  for (int i = 0; i < span; ++i) store_lanes<Arch, Lanes>(dx + i * C.channels, 0, acc[i]);
}

/// `Taps` neighbouring taps over the width of dY.
template <class Arch, contraction C, int Taps, int Lanes>
void depthwise_dx_line(float const* dy, float const* w, float* dx) {
  constexpr int room = 12 - (Taps - 1) * C.dilation_width - 1;
  constexpr balanced_axis columns = balance(C.out_width(), std::max(1, room / C.stride_width + 1));
  constexpr int size = columns.size, x_column = C.stride_width * C.channels;
  int ox = 0;
  for (int i = 0; i < columns.large; ++i, ox += size)
    depthwise_scatter<Arch, C, size, Taps, Lanes>(dy + ox * C.filters, w, dx + ox * x_column);
  if constexpr (columns.large < columns.count)
    for (int i = columns.large; i < columns.count; ++i, ox += size - 1)
      depthwise_scatter<Arch, C, size - 1, Taps, Lanes>(dy + ox * C.filters, w, dx + ox * x_column);
}

/// One sample by one vector of channels.
template <class Arch, contraction C, int Lanes>
void depthwise_dx_strip(float const* dy, float const* w, float* dx) {
  constexpr balanced_axis taps = balance(C.kernel_width, C.dilation_width == 1 ? 4 : 1);
  constexpr int size = taps.size, x_tap = C.dilation_width * C.channels;
  for (int oy = 0; oy < C.out_height(); ++oy)
    for (int ky = 0; ky < C.kernel_height; ++ky) {
      float const* const from = dy + oy * C.out_width() * C.filters;
      float const* const weights = w + ky * C.kernel_width * panel_stride(C);
      float* const to = dx + (oy * C.stride_height + ky * C.dilation_height) * C.width * C.channels;
      int kx = 0;
      for (int i = 0; i < taps.large; ++i, kx += size)
        depthwise_dx_line<Arch, C, size, Lanes>(from, weights + kx * panel_stride(C),
                                                to + kx * x_tap);
      if constexpr (taps.large < taps.count)
        for (int i = taps.large; i < taps.count; ++i, kx += size - 1)
          depthwise_dx_line<Arch, C, size - 1, Lanes>(from, weights + kx * panel_stride(C),
                                                      to + kx * x_tap);
    }
}

template <class Arch, contraction C>
void dx_depthwise(float const* dy, float const* weights, float* dx, int samples) {
  using lanes = lanes_for<Arch, C>;
  constexpr int strip = lanes::width, rest = C.channels % strip;
  std::fill_n(dx, std::ptrdiff_t{samples} * C.inputs(), 0.0f);
  for (std::ptrdiff_t s = 0; s < samples; ++s) {
    float const* const dys = dy + s * C.outputs();
    float* const dxs = dx + s * C.inputs();
    for (int c = 0; c + strip <= C.channels; c += strip)
      depthwise_dx_strip<lanes, C, strip>(dys + c, weights + c, dxs + c);
    if constexpr (rest > 0) {
      constexpr int c = C.channels - rest;
      depthwise_dx_strip<lanes, C, rest>(dys + c, weights + c, dxs + c);
    }
  }
}

/// dw[tap] += sum over positions p of x[p * stride + tap] * dy[p] for `Rows` x `Columns` taps.
template <class Arch, contraction C, int Rows, int Columns, int Lanes>
[[gnu::noinline]] void depthwise_weights(float const* x, float const* dy, float* dw) {
  constexpr int taps = Rows * Columns, lines = C.out_height(), columns = C.out_width();
  constexpr position_grid window{Rows, Columns, C.dilation_height * C.width * C.channels,
                                 C.dilation_width * C.channels};
  constexpr position_grid order{Rows, Columns, C.kernel_width * panel_stride(C), panel_stride(C)};
  simd::vec<Arch> acc[taps][1];
  clear<Arch>(acc);
#pragma GCC unroll 1
  for (int oy = 0; oy < lines; ++oy) {
    float const* from = x + oy * C.stride_height * C.width * C.channels;
#pragma GCC unroll 1
    for (int ox = 0; ox < columns; ++ox) {
      auto const gradient = load_lanes<Arch, Lanes>(dy, 0);
#pragma GCC unroll 64
      for (int t = 0; t < taps; ++t)
        acc[t][0] = simd::fma(load_lanes<Arch, Lanes>(from + window[t], 0), gradient, acc[t][0]);
      from += C.stride_width * C.channels;
      dy += C.filters;
    }
  }
#pragma GCC unroll 64
  for (int t = 0; t < taps; ++t)
    simd::store(dw + order[t], simd::load<Arch>(dw + order[t]) + acc[t][0]);
}

/// One sample by one vector of channels: the taps in tiles of about a dozen accumulators.
template <class Arch, contraction C, int Lanes>
void depthwise_dw_strip(float const* x, float const* dy, float* dw) {
  constexpr balanced_axis columns = balance(C.kernel_width, 12);
  constexpr balanced_axis rows = balance(C.kernel_height, std::max(1, 12 / columns.size));
  constexpr int x_row = C.dilation_height * C.width * C.channels;
  constexpr int x_column = C.dilation_width * C.channels, tap = panel_stride(C);
  constexpr int row = C.kernel_width * tap, height = rows.size, width = columns.size;
  for (int i = 0, ky = 0; i < rows.count; ky += i < rows.large ? height : height - 1, ++i)
    for (int j = 0, kx = 0; j < columns.count; kx += j < columns.large ? width : width - 1, ++j) {
      float const* const from = x + ky * x_row + kx * x_column;
      float* const to = dw + ky * row + kx * tap;
      if (i < rows.large && j < columns.large)
        depthwise_weights<Arch, C, height, width, Lanes>(from, dy, to);
      if constexpr (rows.large < rows.count)
        if (i >= rows.large && j < columns.large)
          depthwise_weights<Arch, C, height - 1, width, Lanes>(from, dy, to);
      if constexpr (columns.large < columns.count)
        if (i < rows.large && j >= columns.large)
          depthwise_weights<Arch, C, height, width - 1, Lanes>(from, dy, to);
      if constexpr (rows.large < rows.count && columns.large < columns.count)
        if (i >= rows.large && j >= columns.large)
          depthwise_weights<Arch, C, height - 1, width - 1, Lanes>(from, dy, to);
    }
}

template <class Arch, contraction C>
void dw_depthwise(float const* x, float const* dy, float* dw, int samples) {
  using lanes = lanes_for<Arch, C>;
  constexpr int strip = lanes::width, rest = C.channels % strip;
  for (std::ptrdiff_t s = 0; s < samples; ++s) {
    float const* const xs = x + s * C.inputs();
    float const* const dys = dy + s * C.outputs();
    for (int c = 0; c + strip <= C.channels; c += strip)
      depthwise_dw_strip<lanes, C, strip>(xs + c, dys + c, dw + c);
    if constexpr (rest > 0) {
      constexpr int c = C.channels - rest;
      depthwise_dw_strip<lanes, C, rest>(xs + c, dys + c, dw + c);
    }
  }
}

}  // namespace etch::kernels
