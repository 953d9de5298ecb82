#pragma once

#include "window.hpp"

/// The gradient with respect to the input, as a scatter: every tap is a matrix product of all
/// output gradients with that tap's transposed weights, added to where the tap reads. As a
/// convolution over a zero-padded dY only a third to two thirds of the work would be useful.
/// Neighbouring taps add to the same inputs and are done together.
namespace etch::kernels {

/// dx[position * stride + t * dilation] += dy[position] * W^T[t] of `Taps` neighbouring taps, for a
/// tile of positions and a strip of `Lanes` input channels; = where dx is `fresh`.
template <class Arch, contraction C, int Height, int Width, int Taps, int Lanes>
ETCH_TILE void scatter_tile(float const* dy, float const* w, float* dx, bool fresh) {
  constexpr contraction T = transposed(C);
  constexpr vector_strip strip{Lanes, panel_width(T), panel_stride(T)};
  constexpr int vectors = strip.vectors(Arch::width), filters = C.group_filters();
  constexpr tap_row row = row_of(C, Width, Taps, true);
  constexpr position_grid from{Height, Width, C.out_width() * C.filters, C.filters};
  constexpr position_grid to{Height, row.span(), C.stride_height * C.width * C.channels,
                             C.channels};
  constexpr int size = to.size();
  simd::vec<Arch> acc[size][vectors];
  if (fresh) {
    clear<Arch>(acc);
  } else {
#pragma GCC unroll 64
    for (int m = 0; m < size; ++m)
#pragma GCC unroll 64
      for (int v = 0; v < vectors; ++v) acc[m][v] = load_lanes<Arch, Lanes>(dx + to[m], v);
  }
  if constexpr (row.span() == Width)
    multiply_run<Arch, from, strip, filters>(acc, dy, w);
  else
    multiply_taps<Arch, from, row, strip>(acc, dy, w, filters * strip.panel, filters);
#pragma GCC unroll 64
  for (int m = 0; m < size; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) store_lanes<Arch, Lanes>(dx + to[m], v, acc[m][v]);
}

/// A row of tiles over the width of dY.
template <class Arch, contraction C, register_tile T, int Height, int Lanes>
void row_of_scatters(float const* dy, float const* w, float* dx, bool fresh) {
  constexpr balanced_axis columns = balance(C.out_width(), T.width);
  constexpr int from = columns.size * C.filters;
  constexpr int to = columns.size * C.stride_width * C.channels;
  for (int i = 0; i < columns.large; ++i, dy += from, dx += to)
    scatter_tile<Arch, C, Height, columns.size, T.taps, Lanes>(dy, w, dx, fresh);
  if constexpr (columns.large < columns.count)
    for (int i = columns.large; i < columns.count; ++i) {
      scatter_tile<Arch, C, Height, columns.size - 1, T.taps, Lanes>(dy, w, dx, fresh);
      dy += from - C.filters;
      dx += to - C.stride_width * C.channels;
    }
}

/// Rows of the window that are done together: where a sample's gradient does not stay in the
/// first-level cache, all of them, and so the weights come from further away; else one.
/// Deterministic sums go row by row.
template <class Arch>
constexpr int scatter_lines(contraction c) {
  bool const stays = c.inputs() <= machine_of<Arch>.first_level;
  return stays || arch::is_deterministic<Arch> ? 1 : c.kernel_height;
}

/// Whether the tiles of the first row of taps are the first to write all there is above the last
/// rows of dX, so that only these have to be zero before.
template <class Arch>
constexpr bool starts_fresh(contraction c, register_tile t) {
  return scatter_lines<Arch>(c) == 1 && c.stride_height == 1 && c.stride_width == 1 &&
         t.width == c.out_width() && t.taps == c.kernel_width;
}

/// `scatter_lines` rows of taps for a row of tiles.
template <class Arch, contraction C, register_tile T, int Height, int Lanes>
void scatter_taps(float const* dy, float const* w, float* dx, bool fresh) {
  constexpr int w_taps = T.taps * C.group_filters() * panel_width(transposed(C));
  constexpr int x_tap = C.dilation_width * C.channels, lines = scatter_lines<Arch>(C);
  for (int ky = 0; ky < lines; ++ky, dx += C.dilation_height * C.width * C.channels)
    for (int kx = 0; kx < C.kernel_width; kx += T.taps, w += w_taps)
      row_of_scatters<Arch, C, T, Height, Lanes>(dy, w, dx + kx * x_tap, fresh);
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
    bool const fresh = starts_fresh<Arch>(C, T) && ky == 0;
    int oy = 0;
    for (int i = 0; i < rows.large; ++i, oy += size)
      scatter_taps<Arch, C, T, size, Lanes>(dy + oy * dy_row, w, dx + oy * dx_row, fresh);
    if constexpr (rows.large < rows.count)
      for (int i = rows.large; i < rows.count; ++i, oy += size - 1)
        scatter_taps<Arch, C, T, size - 1, Lanes>(dy + oy * dy_row, w, dx + oy * dx_row, fresh);
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
  constexpr int written = starts_fresh<Arch>(C, tile) ? C.out_height() * C.width * C.channels : 0;
  for (std::ptrdiff_t s = 0; s < samples; ++s) {
    std::fill_n(dx + s * C.inputs() + written, C.inputs() - written, 0.0f);
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
}

/// dX as the convolution of a dY with zeros around it: for few channels, whose windows are turned.
constexpr contraction around(contraction c) {
  contraction a = transposed(c);
  a.height = c.height + c.span_height() - 1;
  a.width = c.width + c.span_width() - 1;
  return a;
}

/// Floats of the rows of dY, with zeros at both ends, that a row of dX reads, and of the next.
constexpr int floats_around(contraction c) {
  return (c.span_height() + 1) * around(c).width * c.filters;
}

/// How many of the last channels are done that way.
template <class Arch>
constexpr int turned_channels(contraction c) {
  bool const rows = walk_of(around(c)).rows == c.kernel_height;
  bool const fits = floats_around(c) <= machine_of<Arch>.first_level;
  if (c.stride_height != 1 || c.stride_width != 1 || !rows || !fits) return 0;
  return turned_filters<Arch>(around(c), c.out_height() * c.out_width());
}

/// The last `Channels` channels of all samples; `weights` is their panel. Each row of dY is copied
/// once, over one that is needed no longer.
template <class Arch, contraction C, int Channels>
void dx_turned(float const* dy, float const* weights, float* dx, int samples) {
  using four = typename lanes_of<Arch, 4>::type;
  constexpr contraction A = around(C);
  constexpr int taps = C.kernel_height * C.kernel_width, panel = panel_width(A);
  constexpr int border = C.span_height() - 1, row = C.out_width() * C.filters;
  constexpr int size = border + 2, step = C.dilation_height;
  constexpr int line = A.width * C.filters, side = (C.span_width() - 1) * C.filters;
  alignas(64) float turned[turned_size<Arch>(A)];
  alignas(64) float band[std::max(floats_around(C), window_size(A) * 4)];
  for (int tap = 0; tap < taps; ++tap)
    for (int f = 0; f < C.filters; ++f)
      simd::store(band + (tap * C.filters + f) * 4,
                  simd::load<four>(weights + ((taps - 1 - tap) * C.filters + f) * panel));
  turn_weights<Arch, A, 4>(band, turned);
  std::fill_n(band, floats_around(C), 0.0f);
  auto const copy = [&](int y) {
    if (y < C.out_height()) std::copy_n(dy + y * row, row, band + y % size * line + side);
  };
  for (int s = 0; s < samples; ++s, dy += C.outputs(), dx += C.inputs()) {
    copy(0);
    for (int y = 0; y < C.height; ++y) {
      copy(y + 1);
      int const first = y < border ? (border - y + step - 1) / step : 0;
      int const last = std::min(C.kernel_height, (C.out_height() - 1 - y + border) / step + 1);
      int const slot = (y - border + first * step) % size;
      turned_line<Arch, A, Channels>(
          band + slot * line, turned, dx + y * C.width * C.channels,
          {first, last, first + (size - slot + step - 1) / step, size * line}, 0,
          identity_epilogue{});
    }
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
