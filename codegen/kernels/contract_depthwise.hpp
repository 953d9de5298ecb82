#pragma once

#include "contract_window.hpp"

/// Depthwise convolutions: every channel has its own filter, so channels are the lanes and a step
/// multiplies a vector of inputs with a vector of weights.
namespace etch::kernels {

/// A row of depthwise outputs, `Width` of them, by `Lanes` channels.
template <class Arch, contraction C, pool_window Pool, int Width, int Lanes, class Epilogue>
void depthwise_tile(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                    Epilogue const& epilogue) {
  constexpr int vectors = (Lanes + Arch::width - 1) / Arch::width;
  constexpr int taps = C.kernel_height * C.kernel_width;
  constexpr int parts = Pool.height * Pool.width;
  simd::vec<Arch> most[Width][vectors];
  clear<Arch>(most);
#pragma GCC unroll 1
  for (int part = 0; part < parts; ++part) {
    int const py = part / Pool.width, px = part % Pool.width;
    simd::vec<Arch> acc[Width][vectors];
    clear<Arch>(acc);
#pragma GCC unroll 1
    for (int t = 0; t < taps; ++t) {
        int const ky = t / C.kernel_width, kx = t % C.kernel_width;
        float const* const from = x + ((py * C.stride_height + ky * C.dilation_height) * C.width +
                                       px * C.stride_width + kx * C.dilation_width) *
                                          C.channels;
        float const* const tap = w + t * panel_stride(C);
#pragma GCC unroll 64
        for (int v = 0; v < vectors; ++v) {
          auto const weight = simd::load<Arch>(tap + v * Arch::width);
#pragma GCC unroll 64
          for (int m = 0; m < Width; ++m)
            acc[m][v] = simd::fma(
                load_lanes<Arch, Lanes>(from + m * Pool.width * C.stride_width * C.channels, v),
                weight, acc[m][v]);
        }
      }
#pragma GCC unroll 64
    for (int m = 0; m < Width; ++m)
#pragma GCC unroll 64
      for (int v = 0; v < vectors; ++v) {
        auto const value = finish<Arch, Lanes>(
            epilogue, acc[m][v], row + py * C.out_width() + m * Pool.width + px, channel, v);
        most[m][v] = part == 0 ? value : simd::max(most[m][v], value);
      }
  }
#pragma GCC unroll 64
  for (int m = 0; m < Width; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) store_lanes<Arch, Lanes>(y + m * C.filters, v, most[m][v]);
}

/// One sample by one strip of channels.
template <class Arch, contraction C, pool_window Pool, int Lanes, class Epilogue>
void depthwise_strip(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                     Epilogue const& epilogue) {
  constexpr int vectors = (Lanes + Arch::width - 1) / Arch::width;
  constexpr int most = Pool == pool_window{} ? (Arch::registers - 2) / vectors : 2;
  using at = window_tiling<C, Pool, register_tile{1, std::max(1, std::min(8, most)), 1}>;
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
  constexpr int strip = panel_width(C), rest = C.channels % strip;
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

/// dx[p * stride + tap, c] += dy[p, c] * w[tap, c] for one strip of channels; dx begins as zero.
template <class Arch, contraction C, int Lanes>
void depthwise_dx_strip(float const* dy, float const* w, float* dx) {
  constexpr int vectors = (Lanes + Arch::width - 1) / Arch::width;
  for (int oy = 0; oy < C.out_height(); ++oy)
    for (int ky = 0; ky < C.kernel_height; ++ky)
      for (int kx = 0; kx < C.kernel_width; ++kx) {
        float const* const tap = w + (ky * C.kernel_width + kx) * panel_stride(C);
        float* const to = dx + ((oy * C.stride_height + ky * C.dilation_height) * C.width +
                                kx * C.dilation_width) *
                                   C.channels;
        float const* const from = dy + oy * C.out_width() * C.filters;
#pragma GCC unroll 64
        for (int v = 0; v < vectors; ++v) {
          auto const weight = simd::load<Arch>(tap + v * Arch::width);
          for (int ox = 0; ox < C.out_width(); ++ox) {
            float* const at = to + ox * C.stride_width * C.channels;
            auto const sum = simd::fma(load_lanes<Arch, Lanes>(from + ox * C.filters, v), weight,
                                       load_lanes<Arch, Lanes>(at, v));
            store_lanes<Arch, Lanes>(at, v, sum);
          }
        }
      }
}

template <class Arch, contraction C>
void dx_depthwise(float const* dy, float const* weights, float* dx, int samples) {
  using lanes = lanes_for<Arch, C>;
  constexpr int strip = panel_width(C), rest = C.channels % strip;
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

/// dw[tap, c] += sum over p of x[p * stride + tap, c] * dy[p, c], `Taps` neighbours at a time.
template <class Arch, contraction C, int Taps, int Lanes>
void depthwise_dw_taps(float const* x, float const* dy, float* dw) {
  constexpr int vectors = (Lanes + Arch::width - 1) / Arch::width;
  simd::vec<Arch> acc[Taps][vectors];
  clear<Arch>(acc);
  for (int oy = 0; oy < C.out_height(); ++oy)
    for (int ox = 0; ox < C.out_width(); ++ox) {
      float const* const from =
          x + (oy * C.stride_height * C.width + ox * C.stride_width) * C.channels;
      float const* const at = dy + (oy * C.out_width() + ox) * C.filters;
#pragma GCC unroll 64
      for (int v = 0; v < vectors; ++v) {
        auto const gradient = load_lanes<Arch, Lanes>(at, v);
#pragma GCC unroll 64
        for (int t = 0; t < Taps; ++t)
          acc[t][v] =
              simd::fma(load_lanes<Arch, Lanes>(from + t * C.dilation_width * C.channels, v),
                        gradient, acc[t][v]);
      }
    }
#pragma GCC unroll 64
  for (int t = 0; t < Taps; ++t)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) {
      float* const to = dw + t * panel_stride(C) + v * Arch::width;
      simd::store(to, simd::load<Arch>(to) + acc[t][v]);
    }
}

template <class Arch, contraction C, int Lanes>
void depthwise_dw_strip(float const* x, float const* dy, float* dw) {
  constexpr int vectors = (Lanes + Arch::width - 1) / Arch::width;
  constexpr balanced_axis taps = balance(C.kernel_width, std::max(1, 8 / vectors));
  for (int ky = 0; ky < C.kernel_height; ++ky) {
    float const* const xk = x + ky * C.dilation_height * C.width * C.channels;
    float* const dwk = dw + ky * C.kernel_width * panel_stride(C);
    int kx = 0;
    for (int i = 0; i < taps.large; ++i, kx += taps.size)
      depthwise_dw_taps<Arch, C, taps.size, Lanes>(xk + kx * C.dilation_width * C.channels, dy,
                                                   dwk + kx * panel_stride(C));
    if constexpr (taps.large < taps.count)
      for (int i = taps.large; i < taps.count; ++i, kx += taps.size - 1)
        depthwise_dw_taps<Arch, C, taps.size - 1, Lanes>(xk + kx * C.dilation_width * C.channels,
                                                         dy, dwk + kx * panel_stride(C));
  }
}

template <class Arch, contraction C>
void dw_depthwise(float const* x, float const* dy, float* dw, int samples) {
  using lanes = lanes_for<Arch, C>;
  constexpr int strip = panel_width(C), rest = C.channels % strip;
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
