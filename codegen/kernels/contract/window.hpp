#pragma once

#include "store.hpp"
#include "turned.hpp"

/// Convolutions, forward, optionally with max pooling while the outputs are still in registers.
namespace etch::kernels {

/// The rows of C's windows, for a tile of `columns` windows and `taps` taps at a time.
constexpr tap_row row_of(contraction c, int columns, int taps, bool scatter = false) {
  return {columns, taps, c.stride_width, c.dilation_width, scatter};
}

/// How many taps a tile may take at a time: the sum is then made in another order, for which a
/// deterministic one has no choice.
template <class Arch>
constexpr int most_taps_of(contraction c) {
  return arch::is_deterministic<Arch> ? 1 : c.kernel_width;
}

/// Adds the products of a tile's windows, `Taps` taps of a row at a time: `x` is the first tap of
/// its first position.
template <class Arch, contraction C, position_grid P, vector_strip S, int Taps>
[[gnu::always_inline]] inline void multiply_windows(
    simd::vec<Arch> (&acc)[P.size()][S.vectors(Arch::width)], float const* x, float const* w) {
  if constexpr (Taps == 1) {
    constexpr window_walk walk = walk_of(C);
#pragma GCC unroll 1
    for (int ky = 0; ky < walk.rows; ++ky)
#pragma GCC unroll 1
      for (int kx = 0; kx < walk.columns; ++kx) {
        multiply_run<Arch, P, S, walk.run>(acc, x + ky * walk.row_stride + kx * walk.column_stride,
                                           w);
        w += walk.run * S.panel;
      }
  } else {
    static_assert(C.kernel_width % Taps == 0);
    constexpr int channels = C.group_channels(), lines = C.kernel_height;
    constexpr int chunks = C.kernel_width / Taps, w_tap = channels * S.panel;
    constexpr position_grid inputs{P.rows, P.columns, P.row_stride, C.channels};
#pragma GCC unroll 1
    for (int ky = 0; ky < lines; ++ky, x += C.dilation_height * C.width * C.channels) {
      float const* from = x;
#pragma GCC unroll 1
      for (int i = 0; i < chunks; ++i, from += Taps * C.dilation_width * C.channels) {
        multiply_taps<Arch, inputs, row_of(C, P.columns, Taps), S>(acc, from, w, w_tap, channels);
        w += Taps * w_tap;
      }
    }
  }
}

/// `Height` x `Width` pooled outputs of a strip of `Lanes` filters. `x` points to the first tap of
/// the first position, `y` to the first pooled output; `row` counts positions before pooling.
template <class Arch, contraction C, pool_window Pool, int Height, int Width, int Taps, int Lanes,
          class Epilogue>
ETCH_TILE void window_tile(float const* x, float const* w, float* y, std::ptrdiff_t row,
                           int channel, Epilogue const& epilogue) {
  constexpr vector_strip strip{Lanes, panel_width(C), panel_stride(C)};
  constexpr int vectors = strip.vectors(Arch::width);
  constexpr int rows = Height * Pool.height, columns = Width * Pool.width;
  constexpr position_grid positions{rows, columns, C.stride_height * C.width * C.channels,
                                    C.stride_width * C.channels};
  simd::vec<Arch> acc[rows * columns][vectors];
  clear<Arch>(acc);
  multiply_windows<Arch, C, positions, strip, Taps>(acc, x, w);
  store_windows<Arch, C, Pool, Height, Width, Lanes>(acc, y, row, channel, epilogue);
}

/// One position at a time, for pooling windows that do not fit the registers.
template <class Arch, contraction C, pool_window Pool, int Lanes, class Epilogue>
void window_in_parts(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                     Epilogue const& epilogue) {
  constexpr vector_strip strip{Lanes, panel_width(C), panel_stride(C)};
  constexpr int vectors = strip.vectors(Arch::width);
  for (int py = 0; py < Pool.height; ++py)
    for (int px = 0; px < Pool.width; ++px) {
      simd::vec<Arch> acc[1][vectors];
      clear<Arch>(acc);
      multiply_windows<Arch, C, position_grid{}, strip, 1>(
          acc, x + (py * C.stride_height * C.width + px * C.stride_width) * C.channels, w);
#pragma GCC unroll 64
      for (int v = 0; v < vectors; ++v) {
        auto value =
            finish<Arch, Lanes>(epilogue, acc[0][v], row + py * C.out_width() + px, channel, v);
        auto which = simd::broadcast<Arch>(static_cast<float>(py * Pool.width + px));
        if (py + px > 0) {
          auto const most = load_lanes<Arch, Lanes>(y, v);
          auto const taken = simd::exceeds(value, most);
          if constexpr (records_index<Epilogue>)
            which = simd::blend(taken, which, load_lanes<Arch, Lanes>(epilogue.index_of(y), v));
          value = simd::blend(taken, value, most);
        }
        store_lanes<Arch, Lanes>(y, v, value);
        if constexpr (records_index<Epilogue>)
          store_lanes<Arch, Lanes>(epilogue.index_of(y), v, which);
      }
    }
}

/// Where the tiles of one sample go: a map of pooled outputs, cut along both axes.
template <contraction C, pool_window Pool, register_tile T>
struct window_tiling {
  static constexpr balanced_axis rows = balance(C.out_height() / Pool.height, T.height);
  static constexpr balanced_axis columns = balance(C.out_width() / Pool.width, T.width);
  static constexpr int x_row = Pool.height * C.stride_height * C.width * C.channels;
  static constexpr int x_column = Pool.width * C.stride_width * C.channels;
  static constexpr int y_column = C.filters;
  static constexpr int y_row = C.out_width() / Pool.width * y_column;
};

/// A row of tiles, `Height` pooled outputs high, over the width of the map.
template <class Arch, contraction C, pool_window Pool, register_tile T, int Height, int Lanes,
          class Epilogue>
void row_of_windows(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                    Epilogue const& epilogue) {
  using at = window_tiling<C, Pool, T>;
  constexpr int size = at::columns.size;
  int column = 0;
  for (int i = 0; i < at::columns.large; ++i, column += size)
    window_tile<Arch, C, Pool, Height, size, T.taps, Lanes>(
        x + column * at::x_column, w, y + column * at::y_column, row + column * Pool.width, channel,
        epilogue);
  if constexpr (at::columns.large < at::columns.count)
    for (int i = at::columns.large; i < at::columns.count; ++i, column += size - 1)
      window_tile<Arch, C, Pool, Height, size - 1, T.taps, Lanes>(
          x + column * at::x_column, w, y + column * at::y_column, row + column * Pool.width,
          channel, epilogue);
}

/// One sample by one strip of filters.
template <class Arch, contraction C, pool_window Pool, register_tile T, int Lanes, class Epilogue>
void strip_of_windows(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                      Epilogue const& epilogue) {
  using at = window_tiling<C, Pool, T>;
  if constexpr (T.panels == 0) {
    for (int oy = 0; oy < C.out_height() / Pool.height; ++oy)
      for (int ox = 0; ox < C.out_width() / Pool.width; ++ox)
        window_in_parts<Arch, C, Pool, Lanes>(
            x + oy * at::x_row + ox * at::x_column, w, y + oy * at::y_row + ox * at::y_column,
            row + oy * Pool.height * C.out_width() + ox * Pool.width, channel, epilogue);
  } else {
    constexpr int size = at::rows.size;
    int line = 0;
    for (int i = 0; i < at::rows.large; ++i, line += size)
      row_of_windows<Arch, C, Pool, T, size, Lanes>(x + line * at::x_row, w, y + line * at::y_row,
                                                    row + line * Pool.height * C.out_width(),
                                                    channel, epilogue);
    if constexpr (at::rows.large < at::rows.count)
      for (int i = at::rows.large; i < at::rows.count; ++i, line += size - 1)
        row_of_windows<Arch, C, Pool, T, size - 1, Lanes>(
            x + line * at::x_row, w, y + line * at::y_row, row + line * Pool.height * C.out_width(),
            channel, epilogue);
  }
}

/// All samples: sample by sample, so that the weights of a strip and one image stay in the cache.
template <class Arch, contraction C, pool_window Pool, class Epilogue>
void forward_windows(float const* x, float const* weights, float* y, int samples,
                     Epilogue const& epilogue) {
  using lanes = lanes_for<Arch, C>;
  constexpr int height = C.out_height() / Pool.height, width = C.out_width() / Pool.width;
  constexpr int turned = Pool == pool_window{} ? turned_filters<Arch>(C, height * width) : 0;
  constexpr int panel = panel_width(C), filters = C.group_filters() - turned;
  constexpr register_tile tile =
      choose_tile({Arch::registers, lanes::width, panel, std::max(1, filters), height, width,
                   Pool.height, Pool.width, window_size(C), row_of(C, 1, most_taps_of<Arch>(C))});
  constexpr int strip = std::max(1, tile.panels) * panel, rest = filters % strip;
  alignas(64) float last[turned > 0 ? turned_size<Arch>(C) : 1];
  if constexpr (turned > 0)
    turn_weights<Arch, C, panel>(weights + filters / panel * panel_stride(C), last);
  for (int sample = 0; sample < samples; ++sample) {
    std::ptrdiff_t const s = sample, row = s * C.out_height() * C.out_width();
    for (int group = 0; group < C.groups; ++group) {
      float const* const xg = x + s * C.inputs() + group * C.group_channels();
      float const* const wg = weights + group * panel_count(C) * panel_stride(C);
      int const channel = group * C.group_filters();
      float* const yg = y + s * height * width * C.filters + channel;
      for (int f = 0; f + strip <= filters; f += strip)
        strip_of_windows<lanes, C, Pool, tile, strip>(xg, wg + f / panel * panel_stride(C), yg + f,
                                                      row, channel + f, epilogue);
      if constexpr (rest > 0)
        strip_of_windows<lanes, C, Pool, tile, rest>(
            xg, wg + (filters - rest) / panel * panel_stride(C), yg + filters - rest, row,
            channel + filters - rest, epilogue);
      if constexpr (turned > 0)
        for (int oy = 0; oy < height; ++oy)
          turned_line<Arch, C, turned>(xg + oy * C.stride_height * C.width * C.channels, last,
                                       yg + oy * width * C.filters, {.last = walk_of(C).rows},
                                       row + oy * width, epilogue);
    }
  }
}

}  // namespace etch::kernels
