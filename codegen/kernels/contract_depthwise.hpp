#pragma once

#include "contract_window.hpp"

/// Depthwise convolutions: every channel has its own filter, so channels are the lanes and a step
/// multiplies a vector of inputs with a vector of weights.
namespace etch::kernels {

/// `Width` neighbouring (pooled) outputs of one vector of channels, `Lanes` of which exist.
template <class Arch, contraction C, pool_window Pool, int Width, int Lanes, class Epilogue>
[[gnu::noinline]] void depthwise_tile(float const* x, float const* w, float* y, std::ptrdiff_t row,
                                      int channel, Epilogue const& epilogue) {
  constexpr int tap = panel_stride(C), kernel_height = C.kernel_height, taps = C.kernel_width;
  constexpr int parts = Pool.height * Pool.width;
  constexpr int x_row = C.width * C.channels, x_tap = C.dilation_width * C.channels;
  constexpr int x_column = Pool.width * C.stride_width * C.channels;
  simd::vec<Arch> most[Width][1];
  clear<Arch>(most);
#pragma GCC unroll 1
  for (int part = 0; part < parts; ++part) {
    int const py = part / Pool.width, px = part % Pool.width;
    float const* line = x + py * C.stride_height * x_row + px * C.stride_width * C.channels;
    float const* weights = w;
    simd::vec<Arch> acc[Width][1];
    clear<Arch>(acc);
#pragma GCC unroll 1
    for (int ky = 0; ky < kernel_height; ++ky) {
#pragma GCC unroll 8
      for (int kx = 0; kx < taps; ++kx) {
        auto const weight = simd::load<Arch>(weights + kx * tap);
#pragma GCC unroll 64
        for (int m = 0; m < Width; ++m)
          acc[m][0] = simd::fma(load_lanes<Arch, Lanes>(line + m * x_column + kx * x_tap, 0),
                                weight, acc[m][0]);
      }
      line += C.dilation_height * x_row;
      weights += taps * tap;
    }
#pragma GCC unroll 64
    for (int m = 0; m < Width; ++m) {
      auto const value = finish<Arch, Lanes>(
          epilogue, acc[m][0], row + py * C.out_width() + m * Pool.width + px, channel, 0);
      most[m][0] = part == 0 ? value : simd::max(most[m][0], value);
    }
  }
#pragma GCC unroll 64
  for (int m = 0; m < Width; ++m) store_lanes<Arch, Lanes>(y + m * C.filters, 0, most[m][0]);
}

/// One sample by one vector of channels.
template <class Arch, contraction C, pool_window Pool, int Lanes, class Epilogue>
void depthwise_strip(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                     Epilogue const& epilogue) {
  using at = window_tiling<C, Pool, register_tile{1, Pool == pool_window{} ? 8 : 4, 1}>;
  constexpr int size = at::columns.size;
  for (int oy = 0; oy < at::rows.count; ++oy) {
    int column = 0;
    for (int i = 0; i < at::columns.large; ++i, column += size)
      depthwise_tile<Arch, C, Pool, size, Lanes>(
          x + oy * at::x_row + column * at::x_column, w, y + oy * at::y_row + column * at::y_column,
          row + oy * Pool.height * C.out_width() + column * Pool.width, channel, epilogue);
    if constexpr (at::columns.large < at::columns.count)
      for (int i = at::columns.large; i < at::columns.count; ++i, column += size - 1)
        depthwise_tile<Arch, C, Pool, size - 1, Lanes>(
            x + oy * at::x_row + column * at::x_column, w,
            y + oy * at::y_row + column * at::y_column,
            row + oy * Pool.height * C.out_width() + column * Pool.width, channel, epilogue);
  }
}

template <class Arch, contraction C, pool_window Pool, class Epilogue>
void forward_depthwise(float const* x, float const* weights, float* y, int samples,
                       Epilogue const& epilogue) {
  using lanes = lanes_for<Arch, C>;
  constexpr int strip = lanes::width, rest = C.channels % strip;
  constexpr int outputs = (C.out_height() / Pool.height) * (C.out_width() / Pool.width) * C.filters;
  for (std::ptrdiff_t s = 0; s < samples; ++s) {
    std::ptrdiff_t const row = s * C.out_height() * C.out_width();
    float const* const xs = x + s * C.inputs();
    float* const ys = y + s * outputs;
    for (int c = 0; c + strip <= C.channels; c += strip)
      depthwise_strip<lanes, C, Pool, strip>(xs + c, weights + c, ys + c, row, c, epilogue);
    if constexpr (rest > 0) {
      constexpr int c = C.channels - rest;
      depthwise_strip<lanes, C, Pool, rest>(xs + c, weights + c, ys + c, row, c, epilogue);
    }
  }
}

}  // namespace etch::kernels
