#pragma once

#include "micro.hpp"

/// Gradients of the weights for few filters: the taps of a row of the window together, so that an
/// input is loaded once for all windows it is in. A position alone would multiply one vector of
/// gradients and load as many inputs as it multiplies.
namespace etch::kernels {

/// Adds column q of a line of windows, its channels times the gradients of the positions q -
/// `First` to q - `Last`, which lie in `gradient` by the rest of a division by three. Those of q
/// come first.
template <class Arch, int Channels, int First, int Last, int Q>
[[gnu::always_inline]] inline void add_column(simd::vec<Arch> (&acc)[3][Channels],
                                              simd::vec<Arch> (&gradient)[3], float const* x,
                                              float const* dy) {
  if constexpr (First == 0) gradient[Q % 3] = simd::in_register(simd::load<Arch>(dy));
#pragma GCC unroll 8
  for (int c = 0; c < Channels; ++c) {
    auto const value = simd::in_register(simd::broadcast<Arch>(x[c]));
#pragma GCC unroll 4
    for (int t = First; t <= Last; ++t)
      acc[t][c] = simd::in_register(simd::fma(value, gradient[(Q + 3 - t) % 3], acc[t][c]));
  }
}

/// dw = or += the sum over the positions of a block of whole lines, for three taps by `Channels`
/// channels, which x and dw point to the first of.
template <class Arch, contraction C, int Channels>
ETCH_TILE void tapped_tile(float const* x, float const* dy, float* dw, position_block b) {
  constexpr int wide = C.out_width(), rest = (wide - 2) % 3, panel = panel_width(C);
  simd::vec<Arch> acc[3][Channels];
  clear<Arch>(acc);
  for (int sample = 0; sample < b.samples; ++sample, x += C.inputs()) {
    float const* line = x;
#pragma GCC unroll 1
    for (int i = 0; i < b.lines; ++i, line += C.stride_height * C.width * C.channels) {
      simd::vec<Arch> gradient[3];
      float const* at = line;
      auto const column = [&]<int First, int Last, int Q>() __attribute__((always_inline)) {
        add_column<Arch, Channels, First, Last, Q>(acc, gradient, at, dy);
        at += C.channels;
        if constexpr (First == 0) dy += C.filters;
      };
      column.template operator()<0, 0, 0>();
      column.template operator()<0, 1, 1>();
#pragma GCC unroll 1
      ETCH_LOOP for (int k = 0; k < (wide - 2) / 3; ++k) {
        column.template operator()<0, 2, 2>();
        column.template operator()<0, 2, 3>();
        column.template operator()<0, 2, 4>();
      }
      if constexpr (rest > 0) column.template operator()<0, 2, 2>();
      if constexpr (rest > 1) column.template operator()<0, 2, 3>();
      column.template operator()<1, 2, wide>();
      column.template operator()<2, 2, wide + 1>();
    }
  }
#pragma GCC unroll 4
  for (int t = 0; t < 3; ++t)
#pragma GCC unroll 8
    for (int c = 0; c < Channels; ++c) {
      float* const to = dw + (t * C.channels + c) * panel;
      simd::store(to, b.begins ? acc[t][c] : simd::load<Arch>(to) + acc[t][c]);
    }
}

/// All weights of a strip of one vector of filters.
template <class Arch, contraction C>
void strip_of_taps(float const* x, float const* dy, float* dw, position_block b) {
  constexpr int channels = 4, row = C.dilation_height * C.width * C.channels;
  for (int ky = 0; ky < C.kernel_height; ++ky)
    for (int c = 0; c < C.channels; c += channels)
      tapped_tile<Arch, C, channels>(x + ky * row + c, dy,
                                     dw + (ky * 3 * C.channels + c) * panel_width(C), b);
}

}  // namespace etch::kernels
