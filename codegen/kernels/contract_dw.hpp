#pragma once

#include "contract_micro.hpp"

/// The gradient with respect to the weights, in their packed layout:
///   dw[f, tap, c] += sum over positions p of x[p * stride + tap, c] * dy[p, f]
/// is a matrix product whose rows are the weights of one filter and whose reduction runs over the
/// positions of all samples. A whole window, or one run of it, stays in registers at a time.
namespace etch::kernels {

/// Accumulates `Rows` x `Columns` weights (runs by floats of a run) of a strip of `Lanes` filters
/// over `samples` samples. `x` and `dw` point to the first of these weights and what it reads.
template <class Arch, contraction C, int Rows, int Columns, int Lanes>
[[gnu::noinline]] void weight_tile(float const* x, float const* dy, float* dw, int samples) {
  constexpr window_walk walk = walk_of(C);
  constexpr int panel = panel_width(C);
  constexpr vector_strip gradients{Lanes, Lanes, 0};
  constexpr vector_strip weights{Lanes, panel, panel_stride(C)};
  constexpr int vectors = gradients.vectors(Arch::width);
  constexpr position_grid window{Rows, Columns, walk.row_stride, 1};
  constexpr position_grid order{Rows, Columns, walk.run * walk.columns * panel, panel};
  simd::vec<Arch> acc[Rows * Columns][vectors];
  clear<Arch>(acc);
  if constexpr (C.out_height() * C.out_width() == 1) {
    multiply<Arch, window, gradients, false>(acc, x, C.inputs(), dy, C.filters, samples);
  } else {
    constexpr int lines = C.out_height();
    for (int s = 0; s < samples; ++s, x += C.inputs())
#pragma GCC unroll 1
      for (int oy = 0; oy < lines; ++oy, dy += C.out_width() * C.filters)
        multiply<Arch, window, gradients, false>(
            acc, x + oy * C.stride_height * C.width * C.channels, C.stride_width * C.channels, dy,
            C.filters, C.out_width());
  }
#pragma GCC unroll 64
  for (int m = 0; m < Rows * Columns; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) {
      float* const to = dw + order[m] + weights.offset(v * Arch::width);
      simd::store(to, simd::load<Arch>(to) + acc[m][v]);
    }
}

/// `Rows` runs of the window, cut into tiles of at most `T.width` floats.
template <class Arch, contraction C, register_tile T, int Rows, int Lanes>
void run_of_weights(float const* x, float const* dy, float* dw, int samples) {
  constexpr balanced_axis run = balance(walk_of(C).run, T.width);
  constexpr int panel = panel_width(C);
  for (int i = 0; i < run.large; ++i, x += run.size, dw += run.size * panel)
    weight_tile<Arch, C, Rows, run.size, Lanes>(x, dy, dw, samples);
  if constexpr (run.large < run.count)
    for (int i = run.large; i < run.count; ++i) {
      weight_tile<Arch, C, Rows, run.size - 1, Lanes>(x, dy, dw, samples);
      x += run.size - 1;
      dw += (run.size - 1) * panel;
    }
}

/// All weights of a strip of `Lanes` filters.
template <class Arch, contraction C, register_tile T, int Lanes>
void strip_of_weights(float const* x, float const* dy, float* dw, int samples) {
  constexpr window_walk walk = walk_of(C);
  constexpr balanced_axis rows = balance(walk.rows, T.height);
  constexpr int run = walk.run * panel_width(C), row = run * walk.columns;
  for (int kx = 0; kx < walk.columns; ++kx) {
    float const* const xk = x + kx * walk.column_stride;
    float* const dwk = dw + kx * run;
    int ky = 0;
    for (int i = 0; i < rows.large; ++i, ky += rows.size)
      run_of_weights<Arch, C, T, rows.size, Lanes>(xk + ky * walk.row_stride, dy, dwk + ky * row,
                                                   samples);
    if constexpr (rows.large < rows.count)
      for (int i = rows.large; i < rows.count; ++i, ky += rows.size - 1)
        run_of_weights<Arch, C, T, rows.size - 1, Lanes>(xk + ky * walk.row_stride, dy,
                                                         dwk + ky * row, samples);
  }
}

/// C is canonical; a pointwise C has one position a sample, so `samples` counts all rows.
template <class Arch, contraction C>
void dw_windows(float const* x, float const* dy, float* dw, int samples) {
  using lanes = lanes_for<Arch, C>;
  constexpr window_walk walk = walk_of(C);
  constexpr int panel = panel_width(C), filters = C.group_filters();
  // dY is no panel: any number of its lanes is one strip, so the panels are only a granularity.
  constexpr register_tile tile =
      choose_tile(Arch::registers, lanes::width, panel, filters, walk.rows, walk.run, 1, 1, 64);
  constexpr int strip = tile.panels * panel, rest = filters % strip;
  // As many samples at a time as a part of the first-level cache holds.
  constexpr int positions = C.out_height() * C.out_width();
  constexpr int chunk = std::max(1, 12288 / (C.inputs() + C.outputs()));
  for (int first = 0; first < samples; first += positions == 1 ? samples : chunk) {
    int const count = positions == 1 ? samples : std::min(chunk, samples - first);
    for (int group = 0; group < C.groups; ++group) {
      float const* const xg = x + std::ptrdiff_t{first} * C.inputs() + group * C.group_channels();
      float const* const dyg = dy + std::ptrdiff_t{first} * C.outputs() + group * filters;
      float* const dwg = dw + group * panel_count(C) * panel_stride(C);
      for (int f = 0; f + strip <= filters; f += strip)
        strip_of_weights<lanes, C, tile, strip>(xg, dyg + f, dwg + f / panel * panel_stride(C),
                                                count);
      if constexpr (rest > 0)
        strip_of_weights<lanes, C, tile, rest>(
            xg, dyg + filters - rest, dwg + (filters - rest) / panel * panel_stride(C), count);
    }
  }
}

}  // namespace etch::kernels
