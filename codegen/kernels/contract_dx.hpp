#pragma once

#include "contract_window.hpp"

/// The gradient with respect to the input, as a scatter: every tap is a matrix product of all
/// output gradients with that tap's transposed weights, added to where the tap reads. As a
/// convolution over a zero-padded dY only a third to two thirds of the work would be useful.
/// Neighbouring taps add to the same inputs and are done together.
namespace etch::kernels {

/// dx[position * stride + t * dilation] += dy[position] * W^T[t] of `Taps` neighbouring taps, for a
/// tile of positions and a strip of `Lanes` input channels.
template <class Arch, contraction C, int Height, int Width, int Taps, int Lanes>
[[gnu::noinline]] void scatter_tile(float const* dy, float const* w, float* dx) {
  constexpr contraction T = transposed(C);
  constexpr vector_strip strip{Lanes, panel_width(T), panel_stride(T)};
  constexpr int vectors = strip.vectors(Arch::width), filters = C.group_filters();
  constexpr tap_row row = row_of(C, Width, Taps, true);
  constexpr position_grid from{Height, Width, C.out_width() * C.filters, C.filters};
  constexpr position_grid to{Height, row.span(), C.stride_height * C.width * C.channels,
                             C.channels};
  constexpr int size = to.size();
  simd::vec<Arch> acc[size][vectors];
#pragma GCC unroll 64
  for (int m = 0; m < size; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) acc[m][v] = load_lanes<Arch, Lanes>(dx + to[m], v);
  multiply_taps<Arch, from, row, strip>(acc, dy, w, filters * strip.panel, filters);
#pragma GCC unroll 64
  for (int m = 0; m < size; ++m)
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
    scatter_tile<Arch, C, Height, columns.size, T.taps, Lanes>(dy, w, dx);
  if constexpr (columns.large < columns.count)
    for (int i = columns.large; i < columns.count; ++i) {
      scatter_tile<Arch, C, Height, columns.size - 1, T.taps, Lanes>(dy, w, dx);
      dy += from - C.filters;
      dx += to - C.stride_width * C.channels;
    }
}

/// Rows of the window that are done together: where a sample's gradient does not stay in the
/// first-level cache, all of them, and so the weights come from further away; else one.
/// Deterministic sums go row by row.
template <class Arch>
constexpr int scatter_lines(contraction c) {
  return c.inputs() <= 8192 || arch::is_deterministic<Arch> ? 1 : c.kernel_height;
}

/// `scatter_lines` rows of taps for a row of tiles.
template <class Arch, contraction C, register_tile T, int Height, int Lanes>
void scatter_taps(float const* dy, float const* w, float* dx) {
  constexpr int w_taps = T.taps * C.group_filters() * panel_width(transposed(C));
  constexpr int x_tap = C.dilation_width * C.channels, lines = scatter_lines<Arch>(C);
  for (int ky = 0; ky < lines; ++ky, dx += C.dilation_height * C.width * C.channels)
    for (int kx = 0; kx < C.kernel_width; kx += T.taps, w += w_taps)
      row_of_scatters<Arch, C, T, Height, Lanes>(dy, w, dx + kx * x_tap);
}

/// One sample by a strip of `Lanes` channels.
template <class Arch, contraction C, register_tile T, int Lanes>
void strip_of_scatters(float const* dy, float const* weights, float* to) {
  constexpr balanced_axis rows = balance(C.out_height(), T.height);
  constexpr int size = rows.size, dy_row = C.out_width() * C.filters;
  constexpr int dx_row = C.stride_height * C.width * C.channels;
  constexpr int w_line = C.kernel_width * C.group_filters() * panel_width(transposed(C));
  for (int ky = 0; ky < C.kernel_height; ky += scatter_lines<Arch>(C)) {
    float const* const w = weights + ky * w_line;
    float* const dx = to + ky * C.dilation_height * C.width * C.channels;
    int oy = 0;
    for (int i = 0; i < rows.large; ++i, oy += size)
      scatter_taps<Arch, C, T, size, Lanes>(dy + oy * dy_row, w, dx + oy * dx_row);
    if constexpr (rows.large < rows.count)
      for (int i = rows.large; i < rows.count; ++i, oy += size - 1)
        scatter_taps<Arch, C, T, size - 1, Lanes>(dy + oy * dy_row, w, dx + oy * dx_row);
  }
}

/// The first `Channels` channels of each group of all samples; the others become zero.
template <class Arch, contraction C, int Channels>
void dx_scattered(float const* dy, float const* weights, float* dx, int samples) {
  constexpr contraction T = transposed(C);
  using lanes = lanes_for<Arch, T>;
  constexpr int panel = panel_width(T), channels = Channels;
  constexpr register_tile tile = choose_tile(
      {Arch::registers, lanes::width, panel, channels, C.out_height(), C.out_width(), 1, 1,
       C.kernel_width * C.group_filters(), row_of(C, 1, most_taps_of<Arch>(C), true)});
  constexpr int strip = tile.panels * panel, rest = channels % strip;
  std::fill_n(dx, std::ptrdiff_t{samples} * C.inputs(), 0.0f);
  for (std::ptrdiff_t s = 0; s < samples; ++s)
    for (int group = 0; group < C.groups; ++group) {
      float const* const from = dy + s * C.outputs() + group * C.group_filters();
      float const* const w = weights + group * panel_count(T) * panel_stride(T);
      float* const to = dx + s * C.inputs() + group * C.group_channels();
      for (int c = 0; c + strip <= channels; c += strip)
        strip_of_scatters<lanes, C, tile, strip>(from, w + c / panel * panel_stride(T), to + c);
      if constexpr (rest > 0)
        strip_of_scatters<lanes, C, tile, rest>(
            from, w + (channels - rest) / panel * panel_stride(T), to + channels - rest);
    }
}

/// dX as the convolution of a dY with zeros around it: for few channels, whose windows are turned.
constexpr contraction around(contraction c) {
  contraction a = transposed(c);
  a.height = c.height + c.span_height() - 1;
  a.width = c.width + c.span_width() - 1;
  return a;
}

/// Lines of dX that are done together, so that the dY they read stays in the first-level cache.
constexpr int lines_around(contraction c) {
  int const most = most_turned / (around(c).width * c.filters) - c.span_height() + 1;
  return balance(c.height, std::max(1, most)).size;
}

/// The floats of dY, and zeros, that they read.
constexpr int floats_around(contraction c) {
  return (lines_around(c) + c.span_height() - 1) * around(c).width * c.filters;
}

/// How many of the last channels are done that way.
template <class Arch>
constexpr int turned_channels(contraction c) {
  bool const fits = floats_around(c) <= most_turned;
  if (c.stride_height != 1 || c.stride_width != 1 || !fits) return 0;
  return turned_filters<Arch>(around(c), c.out_height() * c.out_width());
}

/// The last `Channels` channels of all samples; `weights` is their panel.
template <class Arch, contraction C, int Channels>
void dx_turned(float const* dy, float const* weights, float* dx, int samples) {
  using four = typename lanes_of<Arch, 4>::type;
  constexpr contraction A = around(C);
  constexpr int taps = C.kernel_height * C.kernel_width, panel = panel_width(A);
  constexpr int lines = lines_around(C), border = C.span_height() - 1;
  constexpr int line = A.width * C.filters, side = (C.span_width() - 1) * C.filters;
  alignas(64) float turned[turned_size<Arch>(A)];
  alignas(64) float band[std::max(floats_around(C), window_size(A) * 4)];
  for (int tap = 0; tap < taps; ++tap)
    for (int f = 0; f < C.filters; ++f)
      simd::store(band + (tap * C.filters + f) * 4,
                  simd::load<four>(weights + ((taps - 1 - tap) * C.filters + f) * panel));
  turn_weights<Arch, A, 4>(band, turned);
  std::fill_n(band, floats_around(C), 0.0f);
  for (int s = 0; s < samples; ++s, dy += C.outputs(), dx += C.inputs())
    for (int first = 0; first < C.height; first += lines) {
      int const count = std::min(lines, C.height - first);
      for (int i = 0; i < count + border; ++i) {
        int const from = first + i - border, row = C.out_width() * C.filters;
        if (from >= 0 && from < C.out_height())
          std::copy_n(dy + from * row, row, band + i * line + side);
        else
          std::fill_n(band + i * line + side, row, 0.0f);
      }
      turned_windows<Arch, A, Channels>(band, turned, dx + first * C.width * C.channels, count, 0,
                                        identity_epilogue{});
    }
}

template <class Arch, contraction C>
void dx_windows(float const* dy, float const* weights, float* dx, int samples) {
  constexpr contraction T = transposed(C);
  constexpr int turned = turned_channels<Arch>(C), others = C.group_channels() - turned;
  if constexpr (others > 0) dx_scattered<Arch, C, others>(dy, weights, dx, samples);
  if constexpr (turned > 0)
    dx_turned<Arch, C, turned>(dy, weights + others / panel_width(T) * panel_stride(T), dx,
                               samples);
}

}  // namespace etch::kernels
