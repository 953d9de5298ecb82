#pragma once

#include "../../passes/select/forward.hpp"
#include "store.hpp"

/// Convolutions before a max pooling whose window is so small that the weights of all its taps stay
/// in registers from one output to the next: a 3x3 window over one channel. What is left to load
/// are the inputs under one pooled output, each once for all positions and taps that it is part of.
namespace etch::kernels {

/// acc[position][v] += x * w[tap][v] for all taps of all positions that read input `I` of those
/// below the tile, counted row by row.
template <class Arch, contraction C, position_grid P, int I, int Vectors>
[[gnu::always_inline]] inline void multiply_held_input(
    simd::vec<Arch> (&acc)[P.size()][Vectors], float const* x,
    simd::vec<Arch> const (&w)[window_size(C)][Vectors]) {
  constexpr int channels = C.group_channels(), taps = C.kernel_height * C.kernel_width;
  constexpr int columns = (P.columns - 1) * C.stride_width + C.span_width();
  constexpr int row = I / channels / columns, column = I / channels % columns, k = I % channels;
  constexpr tap_row across{P.columns, C.kernel_width, C.stride_width, C.dilation_width};
  constexpr tap_row down{P.rows, C.kernel_height, C.stride_height, C.dilation_height};
  auto const value =
      simd::in_register(simd::broadcast<Arch>(x[(row * C.width + column) * C.channels + k]));
#pragma GCC unroll 64
  for (int t = 0; t < taps; ++t) {
    int const py = down.output(row, t / C.kernel_width);
    int const px = across.output(column, t % C.kernel_width);
    if (py >= 0 && px >= 0)
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) {
        auto& sum = acc[py * P.columns + px][v];
        sum = simd::in_register(simd::fma(value, w[t * channels + k][v], sum));
      }
  }
}

/// The same for all inputs. A fold, because g++ does not unroll a loop of that size.
template <class Arch, contraction C, position_grid P, int Vectors, int... I>
[[gnu::always_inline]] inline void multiply_held(
    simd::vec<Arch> (&acc)[P.size()][Vectors], float const* x,
    simd::vec<Arch> const (&w)[window_size(C)][Vectors], std::integer_sequence<int, I...>) {
  (multiply_held_input<Arch, C, P, I>(acc, x, w), ...);
}

/// All outputs of one sample for a strip of `Lanes` filters; `x` is the sample, `y` its first
/// pooled output.
template <class Arch, contraction C, pool_window Pool, int Lanes, class Epilogue>
ETCH_TILE void held_tile(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                         Epilogue const& epilogue) {
  constexpr vector_strip strip{Lanes, panel_width(C), panel_stride(C)};
  constexpr int vectors = strip.vectors(Arch::width), size = window_size(C);
  constexpr position_grid positions{Pool.height, Pool.width};
  constexpr int x_row = Pool.height * C.stride_height * C.width * C.channels;
  constexpr int x_column = Pool.width * C.stride_width * C.channels;
  simd::vec<Arch> weight[size][vectors];
#pragma GCC unroll 64
  for (int k = 0; k < size; ++k)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v)
      weight[k][v] =
          simd::in_register(simd::load<Arch>(w + k * strip.panel + strip.offset(v * Arch::width)));
  // Sums that begin with their bias spare an addition behind the pooling. (Not where other tiles of
  // the same convolution have to give the same bits.)
  constexpr bool has_start =
      !arch::is_deterministic<Arch> && requires { epilogue.template start<Arch>(0, 1); };
  simd::vec<Arch> start[vectors];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v)
    if constexpr (has_start)
      start[v] = epilogue.template start<Arch>(channel + v * Arch::width,
                                               std::min(Arch::width, Lanes - v * Arch::width));
    else
      start[v] = simd::zero<Arch>();
  auto const after = [&]() __attribute__((always_inline)) {
    if constexpr (has_start) return epilogue.rest();
    else return epilogue;
  }();
  for (int oy = 0; oy < C.out_height() / Pool.height; ++oy, x += x_row) {
    float const* from = x;
    std::ptrdiff_t at = row + oy * Pool.height * C.out_width();
    for (int ox = 0; ox < C.out_width() / Pool.width; ++ox, from += x_column, y += C.filters) {
      simd::vec<Arch> acc[positions.size()][vectors];
      begin_with<Arch>(acc, start);
      multiply_held<Arch, C, positions>(acc, from, weight,
                                        std::make_integer_sequence<int, held_inputs(C, Pool)>{});
      store_windows<Arch, C, Pool, 1, 1, Lanes>(acc, y, at, channel, after);
      at += Pool.width;
    }
  }
}

/// All samples, `Strip` filters at a time.
template <class Arch, contraction C, pool_window Pool, int Strip, class Epilogue>
void forward_held(float const* x, float const* weights, float* y, int samples,
                  Epilogue const& epilogue) {
  using lanes = lanes_for<Arch, C>;
  constexpr int panel = panel_width(C), filters = C.group_filters();
  constexpr int outputs = (C.out_height() / Pool.height) * (C.out_width() / Pool.width) * C.filters;
  std::ptrdiff_t row = 0;
  for (int s = 0; s < samples; ++s, x += C.inputs(), y += outputs) {
    for (int group = 0; group < C.groups; ++group) {
      float const* const xg = x + group * C.group_channels();
      float const* const wg = weights + group * panel_count(C) * panel_stride(C);
      int const channel = group * filters;
      for_each_strip<Strip, filters>([&]<int Lanes>(int f) __attribute__((always_inline)) {
        held_tile<lanes, C, Pool, Lanes>(xg, wg + f / panel * panel_stride(C) + f % panel,
                                         y + channel + f, row, channel + f, epilogue);
      });
    }
    row += C.out_height() * C.out_width();
  }
}

}  // namespace etch::kernels
