#pragma once

#include <algorithm>

#include "../packing.hpp"
#include "../simd.hpp"

/// The shapes that the contraction kernels are made of, and how they are chosen.
namespace etch::kernels {

/// The vectors that fit a panel: `Arch` itself, or the narrower set whose vector a panel of 8 or 4
/// fills. The register file stays that of `Arch`.
template <class Arch, int Panel, bool Fits = (Arch::width <= Panel)>
struct lanes_of {
  using type = Arch;
};
template <class Arch, int Panel>
struct lanes_of<Arch, Panel, false> {
  using type = typename lanes_of<arch::half<Arch>, Panel>::type;
};
template <class Arch, contraction C>
using lanes_for = typename lanes_of<Arch, panel_width(C)>::type;

/// A grid of positions in a channels-last tensor; strides in floats.
struct position_grid {
  int rows = 1, columns = 1;
  int row_stride = 0, column_stride = 0;

  constexpr int size() const { return rows * columns; }
  constexpr int operator[](int i) const {
    return i / columns * row_stride + i % columns * column_stride;
  }
};

/// How one window is read: rows x columns runs of `run` contiguous floats. Neighbouring taps are
/// contiguous too where nothing lies between them, which makes the runs as long as they get.
struct window_walk {
  int rows = 1, columns = 1, run = 1;
  int row_stride = 0, column_stride = 0;
};

constexpr window_walk walk_of(contraction c) {
  window_walk walk{c.kernel_height, c.kernel_width, c.group_channels(),
                   c.dilation_height * c.width * c.channels, c.dilation_width * c.channels};
  if (c.groups > 1) return walk;
  if (c.kernel_width == 1 || c.dilation_width == 1) {
    walk.run *= walk.columns;
    walk.columns = 1;
  }
  if (walk.columns == 1 && (walk.rows == 1 || walk.row_stride == walk.run)) {
    walk.run *= walk.rows;
    walk.rows = 1;
  }
  return walk;
}

/// An axis cut into `count` pieces whose lengths differ by at most one: `large` of `size`, then
/// pieces of `size - 1`.
struct balanced_axis {
  int size = 1, large = 1, count = 1;
};
constexpr balanced_axis balance(int extent, int most) {
  int const count = (extent + most - 1) / most;
  int const size = (extent + count - 1) / count;
  return {size, extent - count * (size - 1), count};
}

/// A register tile: `height` x `width` positions, `panels` panels of filters.
struct register_tile {
  int height = 1, width = 1, panels = 1;
};

/// Positions that fit beside `vectors` vectors of filters: the accumulators, one weight vector for
/// each, and one broadcast, `positions * vectors + vectors + 1 <= registers`.
constexpr int most_positions(int registers, int vectors) { return (registers - 1) / vectors - 1; }

/// Estimated cycles of one step of a tile's reduction, on a core with two FMA ports of latency 4
/// and two load ports: the FMAs, the loads (a vector a filter, a broadcast a position), or the
/// latency of the chains, whichever binds.
constexpr double step_cycles(int positions, int vectors) {
  double const multiplies = positions * vectors / 2.0;
  double const loads = (positions + vectors) / 2.0;
  return std::max({multiplies, loads, 4.0});
}

/// The tile that covers a `height` x `width` map of outputs by `lanes` filters in the fewest
/// estimated cycles. `unit_*` is the pooling window: each output takes that many positions; a
/// window too large for the registers gives a tile of nothing.
consteval register_tile choose_tile(int registers, int vector, int panel, int lanes, int height,
                                    int width, int unit_height, int unit_width, int steps) {
  register_tile best{0, 0, 0};
  double best_cycles = 0;
  int const panels = (lanes + panel - 1) / panel;
  int const unit = unit_height * unit_width;
  for (int r = 1; r <= std::min(panels, 8); ++r) {
    int const vectors = r * panel / vector;
    int const rest = lanes % (r * panel);
    int const rest_vectors = (rest + vector - 1) / vector;
    int const most = most_positions(registers, vectors) / unit;
    for (int h = 1; h <= std::min(height, most); ++h) {
      for (int w = 1; w <= std::min(width, most / h); ++w) {
        auto const rows = balance(height, h), columns = balance(width, w);
        if (rows.size != h || columns.size != w) continue;  // the same tiles under another name
        double cycles = 0;
        for (int i = 0; i < 4; ++i) {
          int const th = i & 1 ? h - 1 : h, tw = i & 2 ? w - 1 : w;
          int const times = (i & 1 ? rows.count - rows.large : rows.large) *
                            (i & 2 ? columns.count - columns.large : columns.large);
          if (times == 0) continue;
          int const m = th * tw * unit;
          // beside the reduction, a tile costs its stores and some bookkeeping; every size in use
          // is code of its own, which counts as well
          double const full = step_cycles(m, vectors) * steps + m * vectors * 1.5 + 8;
          double const part = step_cycles(m, rest_vectors) * steps + m * rest_vectors * 1.5 + 8;
          int const strips = lanes / (r * panel);
          cycles += times * (strips * full + (rest > 0 ? part : 0.0)) + m * vectors * 0.5;
        }
        if (best_cycles == 0 || cycles < best_cycles) {
          best = {h, w, r};
          best_cycles = cycles;
        }
      }
    }
  }
  return best;
}

}  // namespace etch::kernels
