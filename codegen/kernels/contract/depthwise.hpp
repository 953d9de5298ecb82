#pragma once

#include "window.hpp"

/// Depthwise convolutions: every channel has its own filter, so channels are the lanes and a step
/// multiplies a vector of inputs with a vector of weights.
namespace etch::kernels {

/// Neighbouring taps whose weights stay in registers.
constexpr int most_taps = 4;

/// Where the tiles of one sample go: as many outputs of a line as leave room for the weights, an
/// input and a few temporaries of the epilogue.
template <class Arch, contraction C, pool_window Pool>
using depthwise_tiling =
    window_tiling<C, Pool,
                  register_tile{
                      1,
                      std::max(2, std::min(16, Arch::registers -
                                                   std::min(C.kernel_width, most_taps) - 4) /
                                      (Pool == pool_window{} ? 1 : 2)),
                      1}>;

/// acc[R.output(I, t)] += x * w[t] for all taps t that read input I of a row.
template <class Arch, tap_row R, int I, int Outputs>
[[gnu::always_inline]] inline void depthwise_input(simd::vec<Arch> (&acc)[Outputs],
                                                   simd::vec<Arch> x,
                                                   simd::vec<Arch> const (&w)[R.taps]) {
#pragma GCC unroll 8
  for (int t = 0; t < R.taps; ++t)
    if (R.output(I, t) >= 0)
      acc[R.output(I, t)] = simd::in_register(simd::fma(x, w[t], acc[R.output(I, t)]));
}

/// The same for all inputs, which are `Channels` floats apart. Each is loaded once. A fold, because
/// g++ does not unroll large loops.
template <class Arch, tap_row R, int Channels, int Lanes, int Outputs, int... I>
[[gnu::always_inline]] inline void depthwise_inputs(simd::vec<Arch> (&acc)[Outputs], float const* x,
                                                    simd::vec<Arch> const (&w)[R.taps],
                                                    std::integer_sequence<int, I...>) {
  (depthwise_input<Arch, R, I>(acc, simd::in_register(load_lanes<Arch, Lanes>(x + I * Channels, 0)),
                               w),
   ...);
}

/// The same; `x` is the first input, `w` the first weight.
template <class Arch, contraction C, tap_row R, int Lanes>
[[gnu::always_inline]] inline void depthwise_taps(simd::vec<Arch> (&acc)[R.outputs()],
                                                  float const* x, float const* w) {
  asm("" : "+r"(x));  // as in multiply
  simd::vec<Arch> weight[R.taps];
#pragma GCC unroll 8
  for (int t = 0; t < R.taps; ++t) weight[t] = simd::load<Arch>(w + t * panel_stride(C));
  depthwise_inputs<Arch, R, C.channels, Lanes>(acc, x, weight,
                                               std::make_integer_sequence<int, R.inputs()>{});
}

/// `Width` neighbouring (pooled) outputs of one vector of channels, `Lanes` of which exist.
template <class Arch, contraction C, pool_window Pool, int Width, int Lanes, class Epilogue>
ETCH_TILE void depthwise_tile(float const* x, float const* w, float* y, std::ptrdiff_t row,
                              int channel, Epilogue const& epilogue) {
  constexpr int tap = panel_stride(C), kernel_height = C.kernel_height;
  constexpr int parts = Pool.height * Pool.width;
  constexpr int x_row = C.width * C.channels, x_tap = C.dilation_width * C.channels;
  constexpr balanced_axis taps = balance(C.kernel_width, most_taps);
  constexpr tap_row row_taps{Width, taps.size, Pool.width * C.stride_width, C.dilation_width};
  constexpr tap_row rest_taps{Width, taps.size - 1, row_taps.stride, row_taps.dilation};
  simd::vec<Arch> most[Width];
#pragma GCC unroll 64
  for (int m = 0; m < Width; ++m) most[m] = simd::in_register(simd::zero<Arch>());
#pragma GCC unroll 1
  for (int part = 0; part < parts; ++part) {
    int const py = part / Pool.width, px = part % Pool.width;
    float const* line = x + py * C.stride_height * x_row + px * C.stride_width * C.channels;
    float const* weights = w;
    simd::vec<Arch> acc[Width];
#pragma GCC unroll 64
    for (int m = 0; m < Width; ++m) acc[m] = simd::in_register(simd::zero<Arch>());  // no memset
#pragma GCC unroll 1
    for (int ky = 0; ky < kernel_height; ++ky) {
      float const* from = line;
#pragma GCC unroll 1
      for (int i = 0; i < taps.large; ++i, from += taps.size * x_tap, weights += taps.size * tap)
        depthwise_taps<Arch, C, row_taps, Lanes>(acc, from, weights);
      if constexpr (taps.large < taps.count)
#pragma GCC unroll 1
        for (int i = taps.large; i < taps.count; ++i) {
          depthwise_taps<Arch, C, rest_taps, Lanes>(acc, from, weights);
          from += (taps.size - 1) * x_tap;
          weights += (taps.size - 1) * tap;
        }
      line += C.dilation_height * x_row;
    }
#pragma GCC unroll 64
    for (int m = 0; m < Width; ++m) {
      auto const value = finish<Arch, Lanes>(
          epilogue, acc[m], row + py * C.out_width() + m * Pool.width + px, channel, 0);
      most[m] = part == 0 ? value : simd::maximum(most[m], value);
    }
  }
#pragma GCC unroll 64
  for (int m = 0; m < Width; ++m) store_lanes<Arch, Lanes>(y + m * C.filters, 0, most[m]);
}

/// One line of one sample by one vector of channels.
template <class Arch, contraction C, pool_window Pool, int Lanes, class Epilogue>
void depthwise_line(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                    Epilogue const& epilogue) {
  using at = depthwise_tiling<Arch, C, Pool>;
  constexpr int size = at::columns.size;
  int column = 0;
  for (int i = 0; i < at::columns.large; ++i, column += size)
    depthwise_tile<Arch, C, Pool, size, Lanes>(x + column * at::x_column, w,
                                               y + column * at::y_column, row + column * Pool.width,
                                               channel, epilogue);
  if constexpr (at::columns.large < at::columns.count)
    for (int i = at::columns.large; i < at::columns.count; ++i, column += size - 1)
      depthwise_tile<Arch, C, Pool, size - 1, Lanes>(x + column * at::x_column, w,
                                                     y + column * at::y_column,
                                                     row + column * Pool.width, channel, epilogue);
}

template <class Arch, contraction C, pool_window Pool, class Epilogue>
void forward_depthwise(float const* x, float const* weights, float* y, int samples,
                       Epilogue const& epilogue) {
  using lanes = lanes_for<Arch, C>;
  using at = depthwise_tiling<lanes, C, Pool>;
  constexpr int strip = lanes::width, rest = C.channels % strip;
  constexpr int outputs = (C.out_height() / Pool.height) * (C.out_width() / Pool.width) * C.filters;
  for (std::ptrdiff_t s = 0; s < samples; ++s) {
    std::ptrdiff_t const row = s * C.out_height() * C.out_width();
    float const* const xs = x + s * C.inputs();
    float* const ys = y + s * outputs;
    for (int oy = 0; oy < at::rows.count; ++oy) {
      float const* const xl = xs + oy * at::x_row;
      float* const yl = ys + oy * at::y_row;
      std::ptrdiff_t const first = row + oy * Pool.height * C.out_width();
      for (int c = 0; c + strip <= C.channels; c += strip)
        depthwise_line<lanes, C, Pool, strip>(xl + c, weights + c, yl + c, first, c, epilogue);
      if constexpr (rest > 0) {
        constexpr int c = C.channels - rest;
        depthwise_line<lanes, C, Pool, rest>(xl + c, weights + c, yl + c, first, c, epilogue);
      }
    }
  }
}

}  // namespace etch::kernels
