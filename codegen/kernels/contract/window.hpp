#pragma once

#include "store.hpp"
#include "turned.hpp"

/// Convolutions, forward, optionally with max pooling while the outputs are still in registers.
namespace etch::kernels {

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
  static constexpr int height = C.out_height() / Pool.height, width = C.out_width() / Pool.width;
  static constexpr balanced_axis rows = balance(height, std::max(1, T.height));
  static constexpr balanced_axis columns = balance(width, std::max(1, T.width));
  static constexpr int x_row = Pool.height * C.stride_height * C.width * C.channels;
  static constexpr int x_column = Pool.width * C.stride_width * C.channels;
  static constexpr int y_column = C.filters;
  static constexpr int y_row = width * y_column;
};

/// A row of tiles, `Height` pooled outputs high, over the width of the map.
template <class Arch, contraction C, pool_window Pool, register_tile T, int Height, int Lanes,
          class Epilogue>
void row_of_windows(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                    Epilogue const& epilogue) {
  using at = window_tiling<C, Pool, T>;
  for_each_tile<at::columns>([&]<int Width>(int column) __attribute__((always_inline)) {
    window_tile<Arch, C, Pool, Height, Width, T.taps, Lanes>(
        x + column * at::x_column, w, y + column * at::y_column, row + column * Pool.width, channel,
        epilogue);
  });
}

/// One sample by one strip of filters.
template <class Arch, contraction C, pool_window Pool, register_tile T, int Lanes, class Epilogue>
void strip_of_windows(float const* x, float const* w, float* y, std::ptrdiff_t row, int channel,
                      Epilogue const& epilogue) {
  using at = window_tiling<C, Pool, T>;
  if constexpr (T.panels == 0) {
    for (int oy = 0; oy < at::height; ++oy)
      for (int ox = 0; ox < at::width; ++ox)
        window_in_parts<Arch, C, Pool, Lanes>(
            x + oy * at::x_row + ox * at::x_column, w, y + oy * at::y_row + ox * at::y_column,
            row + oy * Pool.height * C.out_width() + ox * Pool.width, channel, epilogue);
  } else {
    for_each_tile<at::rows>([&]<int Height>(int line) __attribute__((always_inline)) {
      row_of_windows<Arch, C, Pool, T, Height, Lanes>(x + line * at::x_row, w, y + line * at::y_row,
                                                      row + line * Pool.height * C.out_width(),
                                                      channel, epilogue);
    });
  }
}

/// All samples: sample by sample, so that the weights of a strip and one image stay in the cache.
/// The last filters may be turned.
template <class Arch, contraction C, pool_window Pool, register_tile Tile, turned_strip Turned,
          class Epilogue>
void forward_windows(float const* x, float const* weights, float* y, int samples,
                     Epilogue const& epilogue) {
  using lanes = lanes_for<Arch, C>;
  using at = window_tiling<C, Pool, Tile>;
  constexpr int panel = panel_width(C), filters = C.group_filters() - Turned.filters;
  constexpr bool turns = Turned.filters > 0;
  alignas(64) float last[turns ? turned_size(machine_of<Arch>, C) : 1];
  if constexpr (turns)
    turn_weights<Arch, C, panel>(weights + filters / panel * panel_stride(C), last);
  for (int sample = 0; sample < samples; ++sample) {
    std::ptrdiff_t const s = sample, row = s * C.out_height() * C.out_width();
    for (int group = 0; group < C.groups; ++group) {
      float const* const xg = x + s * C.inputs() + group * C.group_channels();
      float const* const wg = weights + group * panel_count(C) * panel_stride(C);
      int const channel = group * C.group_filters();
      float* const yg = y + s * at::height * at::width * C.filters + channel;
      for_each_strip<std::max(1, Tile.panels) * panel, filters>(
          [&]<int Lanes>(int f) __attribute__((always_inline)) {
            strip_of_windows<lanes, C, Pool, Tile, Lanes>(xg, wg + f / panel * panel_stride(C),
                                                          yg + f, row, channel + f, epilogue);
          });
      if constexpr (turns)
        for (int oy = 0; oy < at::height; ++oy)
          turned_line<Arch, C, Turned>(xg + oy * C.stride_height * C.width * C.channels, last,
                                       yg + oy * at::width * C.filters,
                                       {.last = walk_of(C).rows}, row + oy * at::width, epilogue);
    }
  }
}

}  // namespace etch::kernels
