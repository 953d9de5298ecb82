#pragma once

#include "../../passes/select/gradients.hpp"
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

/// `Lines` rows of taps for a row of tiles, `Height` high, over the width of dY.
template <class Arch, contraction C, register_tile T, int Lines, int Height, int Lanes>
void scatter_taps(float const* dy, float const* w, float* dx, bool fresh) {
  constexpr int w_taps = T.taps * C.group_filters() * panel_width(transposed(C));
  constexpr int x_tap = C.dilation_width * C.channels;
  for (int ky = 0; ky < Lines; ++ky, dx += C.dilation_height * C.width * C.channels)
    for (int kx = 0; kx < C.kernel_width; kx += T.taps, w += w_taps)
      for_each_tile<balance(C.out_width(), T.width)>([&]<int Width>(int column)
                                                         __attribute__((always_inline)) {
        scatter_tile<Arch, C, Height, Width, T.taps, Lanes>(
            dy + column * C.filters, w, dx + kx * x_tap + column * C.stride_width * C.channels,
            fresh);
      });
}

/// One sample by a strip of `Lanes` channels.
template <class Arch, contraction C, register_tile T, int Lines, bool Fresh, int Lanes>
void strip_of_scatters(float const* dy, float const* weights, float* to) {
  constexpr int dy_row = C.out_width() * C.filters;
  constexpr int dx_row = C.stride_height * C.width * C.channels;
  constexpr int w_line = C.kernel_width * C.group_filters() * panel_width(transposed(C));
  for (int ky = 0; ky < C.kernel_height; ky += Lines) {
    float const* const w = weights + ky * w_line;
    float* const dx = to + ky * C.dilation_height * C.width * C.channels;
    bool const fresh = Fresh && ky == 0;
    for_each_tile<balance(C.out_height(), T.height)>([&]<int Height>(int oy)
                                                         __attribute__((always_inline)) {
      scatter_taps<Arch, C, T, Lines, Height, Lanes>(dy + oy * dy_row, w, dx + oy * dx_row, fresh);
    });
  }
}

/// The first `Channels` channels of each group of all samples; the others become zero.
template <class Arch, contraction C, register_tile Tile, int Lines, bool Fresh, int Channels>
void dx_scattered(float const* dy, float const* weights, float* dx, int samples) {
  constexpr contraction T = transposed(C);
  using lanes = lanes_for<Arch, T>;
  constexpr int panel = panel_width(T);
  constexpr int written = Fresh ? C.out_height() * C.width * C.channels : 0;
  for (std::ptrdiff_t s = 0; s < samples; ++s) {
    std::fill_n(dx + s * C.inputs() + written, C.inputs() - written, 0.0f);
    for (int group = 0; group < C.groups; ++group) {
      float const* const from = dy + s * C.outputs() + group * C.group_filters();
      float const* const w = weights + group * panel_count(T) * panel_stride(T);
      float* const to = dx + s * C.inputs() + group * C.group_channels();
      for_each_strip<Tile.panels * panel, Channels>(
          [&]<int Lanes>(int c) __attribute__((always_inline)) {
            strip_of_scatters<lanes, C, Tile, Lines, Fresh, Lanes>(
                from, w + c / panel * panel_stride(T), to + c);
          });
    }
  }
}

/// The last channels of all samples, which `Turned` says; `weights` is their panel. Each row of dY
/// is copied once, over one that is needed no longer.
template <class Arch, contraction C, turned_strip Turned>
void dx_turned(float const* dy, float const* weights, float* dx, int samples) {
  using four = typename lanes_of<Arch, 4>::type;
  constexpr contraction A = around(C);
  constexpr int taps = C.kernel_height * C.kernel_width, panel = panel_width(A);
  constexpr int border = C.span_height() - 1, row = C.out_width() * C.filters;
  constexpr int size = border + 2, step = C.dilation_height;
  constexpr int line = A.width * C.filters, side = (C.span_width() - 1) * C.filters;
  alignas(64) float turned[turned_size(machine_of<Arch>, A)];
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
      turned_line<Arch, A, Turned>(
          band + slot * line, turned, dx + y * C.width * C.channels,
          {first, last, first + (size - slot + step - 1) / step, size * line}, 0,
          identity_epilogue{});
    }
  }
}

/// All channels, as `K` says.
template <class Arch, contraction C, kernel_choice K>
void dx_windows(float const* dy, float const* weights, float* dx, int samples) {
  constexpr contraction T = transposed(C);
  constexpr int others = C.group_channels() - K.turned.filters;
  if constexpr (others > 0)
    dx_scattered<Arch, C, K.tile, K.lines, K.fresh, others>(dy, weights, dx, samples);
  if constexpr (K.turned.filters > 0)
    dx_turned<Arch, C, K.turned>(dy, weights + others / panel_width(T) * panel_stride(T), dx,
                                 samples);
}

}  // namespace etch::kernels
