#pragma once

#include "contract_micro.hpp"

/// The gradient with respect to the input, as a scatter: every tap is a matrix product of all
/// output gradients with that tap's transposed weights, added to where the tap reads. As a
/// convolution over a zero-padded dY only a third to two thirds of the work would be useful.
namespace etch::kernels {

/// dx[position * stride] += dy[position] * W^T of one tap, for a tile of positions and a strip of
/// `Lanes` input channels.
template <class Arch, contraction C, int Height, int Width, int Lanes>
[[gnu::noinline]] void scatter_tile(float const* dy, float const* w, float* dx) {
  constexpr contraction T = transposed(C);
  constexpr int panel = panel_width(T);
  constexpr vector_strip strip{Lanes, panel, panel_stride(T)};
  constexpr int vectors = strip.vectors(Arch::width);
  constexpr position_grid from{Height, Width, C.out_width() * C.filters, C.filters};
  constexpr position_grid to{Height, Width, C.stride_height * C.width * C.channels,
                             C.stride_width * C.channels};
  simd::vec<Arch> acc[Height * Width][vectors];
#pragma GCC unroll 64
  for (int m = 0; m < Height * Width; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) acc[m][v] = load_lanes<Arch, Lanes>(dx + to[m], v);
  multiply<Arch, from, strip, true>(acc, dy, 1, w, panel, C.group_filters());
#pragma GCC unroll 64
  for (int m = 0; m < Height * Width; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) store_lanes<Arch, Lanes>(dx + to[m], v, acc[m][v]);
}

/// A row of tiles over the width of dY.
template <class Arch, contraction C, register_tile T, int Height, int Lanes>
void row_of_scatters(float const* dy, float const* w, float* dx) {
  constexpr balanced_axis columns = balance(C.out_width(), T.width);
  constexpr int from = columns.size * C.filters;
  constexpr int to = columns.size * C.stride_width * C.channels;
  for (int i = 0; i < columns.large; ++i, dy += from, dx += to)
    scatter_tile<Arch, C, Height, columns.size, Lanes>(dy, w, dx);
  if constexpr (columns.large < columns.count)
    for (int i = columns.large; i < columns.count; ++i) {
      scatter_tile<Arch, C, Height, columns.size - 1, Lanes>(dy, w, dx);
      dy += from - C.filters;
      dx += to - C.stride_width * C.channels;
    }
}

/// One tap of one sample by a strip of `Lanes` channels.
template <class Arch, contraction C, register_tile T, int Lanes>
void scatter_tap(float const* dy, float const* w, float* dx) {
  constexpr balanced_axis rows = balance(C.out_height(), T.height);
  constexpr int from = C.out_width() * C.filters;
  constexpr int to = C.stride_height * C.width * C.channels;
  for (int i = 0; i < rows.large; ++i, dy += rows.size * from, dx += rows.size * to)
    row_of_scatters<Arch, C, T, rows.size, Lanes>(dy, w, dx);
  if constexpr (rows.large < rows.count)
    for (int i = rows.large; i < rows.count; ++i) {
      row_of_scatters<Arch, C, T, rows.size - 1, Lanes>(dy, w, dx);
      dy += (rows.size - 1) * from;
      dx += (rows.size - 1) * to;
    }
}

template <class Arch, contraction C>
void dx_windows(float const* dy, float const* weights, float* dx, int samples) {
  constexpr contraction T = transposed(C);
  using lanes = lanes_for<Arch, T>;
  constexpr int panel = panel_width(T), channels = C.group_channels();
  constexpr register_tile tile =
      choose_tile(Arch::registers, lanes::width, panel, channels, C.out_height(), C.out_width(), 1,
                  1, C.group_filters());
  constexpr int strip = tile.panels * panel, rest = channels % strip;
  constexpr int taps = C.kernel_height * C.kernel_width;
  std::fill_n(dx, std::ptrdiff_t{samples} * C.inputs(), 0.0f);
  for (std::ptrdiff_t s = 0; s < samples; ++s)
    for (int group = 0; group < C.groups; ++group)
      for (int tap = 0; tap < taps; ++tap) {
        float const* const from = dy + s * C.outputs() + group * C.group_filters();
        float const* const w =
            weights + group * panel_count(T) * panel_stride(T) + tap * C.group_filters() * panel;
        float* const to = dx + s * C.inputs() + group * channels +
                          (tap / C.kernel_width * C.dilation_height * C.width +
                           tap % C.kernel_width * C.dilation_width) *
                              C.channels;
        for (int c = 0; c + strip <= channels; c += strip)
          scatter_tap<lanes, C, tile, strip>(from, w + c / panel * panel_stride(T), to + c);
        if constexpr (rest > 0)
          scatter_tap<lanes, C, tile, rest>(from, w + (channels - rest) / panel * panel_stride(T),
                                            to + channels - rest);
      }
}

}  // namespace etch::kernels
