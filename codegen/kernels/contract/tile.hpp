#pragma once

#include <algorithm>
#include <limits>

#include "../../ir/packing.hpp"
#include "../../simd/simd.hpp"

// A tile is a function of its own, and its loops begin where a line of the instruction cache does:
// elsewhere, products of 128 cubed and 64 x 784 x 128 took 4% longer with AVX-512. For g++ all loops
// of ETCH_TILE do, for clang those of ETCH_LOOP.
#if defined(__GNUC__) && !defined(__clang__)
#define ETCH_TILE [[gnu::noinline, gnu::optimize("align-loops=64")]]
#define ETCH_LOOP
#else
#define ETCH_TILE [[gnu::noinline]]
#if __has_cpp_attribute(clang::code_align)
#define ETCH_LOOP [[clang::code_align(64)]]
#else
#define ETCH_LOOP
#endif
#endif

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
  [[gnu::always_inline]] constexpr int operator[](int i) const {
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

  constexpr int length(int piece) const { return piece < large ? size : size - 1; }
};
constexpr balanced_axis balance(int extent, int most) {
  int const count = (extent + most - 1) / most;
  int const size = (extent + count - 1) / count;
  return {size, extent - count * (size - 1), count};
}

/// Neighbouring taps of one row of a window: `columns` windows `stride` apart, whose taps are
/// `dilation` apart, touch a span of columns. Forward, a column of the span is read once for all
/// windows it is in; a scatter reads a window's gradient once and adds to the span.
struct tap_row {
  int columns = 1, taps = 1, stride = 1, dilation = 1;
  bool scatter = false;

  [[gnu::always_inline]] constexpr int span() const {
    return (columns - 1) * stride + (taps - 1) * dilation + 1;
  }
  [[gnu::always_inline]] constexpr int inputs() const { return scatter ? columns : span(); }
  [[gnu::always_inline]] constexpr int outputs() const { return scatter ? span() : columns; }
  /// Where `input` times `tap` is added, or -1. Always inlined: in a large translation unit g++ at
  /// -O2 would call it, and what is indexed by a call lies on the stack.
  [[gnu::always_inline]] constexpr int output(int input, int tap) const {
    if (scatter) return input * stride + tap * dilation;
    int const offset = input - tap * dilation;
    return offset >= 0 && offset % stride == 0 && offset / stride < columns ? offset / stride : -1;
  }
  /// Inputs that are read at all.
  constexpr int loads() const { return std::min(inputs(), columns * taps); }
};

/// A register tile: `height` x `width` positions, `panels` panels of filters, and `taps` taps of a
/// row of the window at a time.
struct register_tile {
  int height = 1, width = 1, panels = 1, taps = 1;
};

/// Positions that fit beside `vectors` vectors of filters: the accumulators, one weight vector for
/// each, and one broadcast, `positions * vectors + vectors + 1 <= registers`.
constexpr int most_positions(int registers, int vectors) { return (registers - 1) / vectors - 1; }

/// Estimated cycles of one step of a tile's reduction, on a core with two FMA ports of latency 4
/// and two load ports: the FMAs or the latency of `chain` that follow each other, whichever binds,
/// and what the loads cost beside them. That is nothing for vectors of 32 bytes; for 64 it fits
/// tiles from 28 x 1 to 4 x 6 within 3% (145 to 197 of 216 GFLOP/s).
constexpr double step_cycles(int products, int loads, int chain, int width) {
  double const wait = width >= 16 ? loads * loads / (5.0 * products) : 0.0;
  return std::max({products / 2.0, loads / 2.0, 4.0 * chain}) + wait;
}
constexpr double step_cycles(int positions, int vectors, int width) {
  return step_cycles(positions * vectors, positions + vectors, 1, width);
}

/// What a tile is chosen for: a `height` x `width` map of outputs by `lanes` filters in panels of
/// `panel`, `steps` products each. `unit_*` is the pooling window: each output takes that many
/// positions. `row` describes the window's rows: its taps, stride and dilation.
struct tile_problem {
  int registers, vector, panel, lanes;
  int height, width, unit_height = 1, unit_width = 1;
  int steps = 1;
  tap_row row{};
};

/// Estimated cycles of a tile of `height` x `width` outputs by `vectors` vectors: the reduction,
/// the stores and some bookkeeping. When the weights are `cold` they come from the second-level
/// cache, a line of 64 bytes in 3 cycles, which the products do not hide completely.
constexpr double tile_cycles(tile_problem const& p, register_tile t, int vectors, bool cold) {
  if (vectors == 0) return 0;
  tap_row row = p.row;
  row.columns = t.width * p.unit_width;
  row.taps = t.taps;
  int const rows = t.height * p.unit_height, positions = rows * row.columns;
  int const weights = t.taps * vectors;
  double step = step_cycles(positions * weights, rows * row.loads() + weights, t.taps, p.vector);
  if (cold) step = std::max(step, 3.0 * weights * p.vector / 16) + 0.5 * weights * p.vector / 16;
  int const accumulators = rows * row.outputs() * vectors;
  return step * p.steps / t.taps + accumulators * (p.row.scatter ? 2.5 : 1.5) + 8;
}

/// The tile that covers the map in the fewest estimated cycles; a pooling window too large for the
/// registers gives a tile of nothing.
consteval register_tile choose_tile(tile_problem p) {
  register_tile best{0, 0, 0, 1};
  double best_cycles = std::numeric_limits<double>::infinity();
  int const panels = (p.lanes + p.panel - 1) / p.panel;
  for (int taps = 1; taps <= std::min(p.row.taps, 7); ++taps) {
    if (p.row.taps % taps != 0) continue;
    for (int r = 1; r <= std::min(panels, 8); ++r) {
      int const vectors = r * p.panel / p.vector, strips = p.lanes / (r * p.panel);
      int const rest_vectors = (p.lanes % (r * p.panel) + p.vector - 1) / p.vector;
      bool const cold = p.steps * r * p.panel > kept_weights;
      for (int h = 1; h <= p.height; ++h) {
        for (int w = 1; w <= p.width; ++w) {
          tap_row row = p.row;
          row.columns = w * p.unit_width;
          row.taps = taps;
          int const spare = taps > 1 ? 3 : 1;
          if ((h * p.unit_height * row.outputs() + taps) * vectors + spare > p.registers) break;
          auto const rows = balance(p.height, h), columns = balance(p.width, w);
          if (rows.size != h || columns.size != w) continue;
          double cycles = 0;
          for (int i = 0; i < 4; ++i) {
            register_tile const t{i & 1 ? h - 1 : h, i & 2 ? w - 1 : w, r, taps};
            int const times = (i & 1 ? rows.count - rows.large : rows.large) *
                              (i & 2 ? columns.count - columns.large : columns.large);
            if (times == 0) continue;
            // every size in use is code of its own, which counts as well
            cycles += times * (strips * tile_cycles(p, t, vectors, cold) +
                               tile_cycles(p, t, rest_vectors, cold)) +
                      t.height * t.width * vectors * taps * 0.5;
          }
          if (cycles < best_cycles) {
            best = {h, w, r, taps};
            best_cycles = cycles;
          }
        }
      }
    }
  }
  return best;
}

/// The same without reuse of taps.
consteval register_tile choose_tile(int registers, int vector, int panel, int lanes, int height,
                                    int width, int unit_height, int unit_width, int steps) {
  return choose_tile(
      {registers, vector, panel, lanes, height, width, unit_height, unit_width, steps});
}

}  // namespace etch::kernels
