#pragma once

#include "window.hpp"

/// Depthwise convolutions: every channel has its own filter, so channels are the lanes and a step
/// multiplies a vector of inputs with a vector of weights.
namespace etch::kernels {

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
template <class Arch, contraction C, pool_window Pool, int Width, int Taps, int Lanes,
          class Epilogue>
ETCH_TILE void depthwise_tile(float const* x, float const* w, float* y, std::ptrdiff_t row,
                              int channel, Epilogue const& epilogue) {
  constexpr int tap = panel_stride(C), kernel_height = C.kernel_height;
  constexpr int parts = Pool.height * Pool.width;
  constexpr int x_row = C.width * C.channels, x_tap = C.dilation_width * C.channels;
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
      for_each_tile<balance(C.kernel_width, Taps)>([&]<int Count>(int kx)
                                                       __attribute__((always_inline)) {
        constexpr tap_row taps{Width, Count, Pool.width * C.stride_width, C.dilation_width};
        depthwise_taps<Arch, C, taps, Lanes>(acc, line + kx * x_tap, weights + kx * tap);
      });
      weights += C.kernel_width * tap;
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
template <class Arch, contraction C, pool_window Pool, register_tile T, int Lanes, class Epilogue>
void depthwise_line(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                    Epilogue const& epilogue) {
  using at = window_tiling<C, Pool, T>;
  for_each_tile<at::columns>([&]<int Width>(int column) __attribute__((always_inline)) {
    depthwise_tile<Arch, C, Pool, Width, T.taps, Lanes>(
        x + column * at::x_column, w, y + column * at::y_column, row + column * Pool.width, channel,
        epilogue);
  });
}

/// All samples, line by line, a vector of channels at a time.
template <class Arch, contraction C, pool_window Pool, register_tile Tile, class Epilogue>
void forward_depthwise(float const* x, float const* weights, float* y, int samples,
                       Epilogue const& epilogue) {
  using lanes = lanes_for<Arch, C>;
  using at = window_tiling<C, Pool, Tile>;
  for (std::ptrdiff_t s = 0; s < samples; ++s) {
    std::ptrdiff_t const row = s * C.out_height() * C.out_width();
    float const* const xs = x + s * C.inputs();
    float* const ys = y + s * at::height * at::y_row;
    for (int oy = 0; oy < at::height; ++oy)
      for_each_strip<lanes::width, C.channels>([&]<int Lanes>(int c)
                                                   __attribute__((always_inline)) {
        depthwise_line<lanes, C, Pool, Tile, Lanes>(
            xs + oy * at::x_row + c, weights + c, ys + oy * at::y_row + c,
            row + oy * Pool.height * C.out_width(), c, epilogue);
      });
  }
}

}  // namespace etch::kernels
