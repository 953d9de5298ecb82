#pragma once

#include <algorithm>
#include <limits>

#include "../../ir/kernel_choice.hpp"
#include "../../ir/machine.hpp"

/// How a register tile is chosen: by the cycles that it is estimated to take.
namespace etch::kernels {

/// The machine with vectors that a panel of C's filters fills. The register file stays the same.
constexpr machine machine_for(machine const& m, contraction const& c) {
  machine narrow = m.for_panel(panel_width(c));
  narrow.registers = m.registers;
  return narrow;
}

/// Positions that fit beside `vectors` vectors of filters: the accumulators, one weight vector for
/// each, and one broadcast, `positions * vectors + vectors + 1 <= registers`.
constexpr int most_positions(machine const& m, int vectors) {
  return (m.registers - 1) / vectors - 1;
}

/// Estimated cycles of one step of a tile's reduction: the FMAs, the loads or the latency of
/// `chain` FMAs that follow each other, whichever binds, and what the loads cost beside them. That
/// is nothing for vectors of 32 bytes; for 64 it fits tiles from 28 x 1 to 4 x 6 within 3% (145 to
/// 197 of 216 GFLOP/s).
constexpr double step_cycles(machine const& m, int products, int loads, int chain) {
  double const wait = m.width >= 16 ? loads * loads / (5.0 * products) : 0.0;
  return std::max({products / double(m.fma_ports), loads / double(m.load_ports),
                   double(m.fma_latency) * chain}) +
         wait;
}
constexpr double step_cycles(machine const& m, int positions, int vectors) {
  return step_cycles(m, positions * vectors, positions + vectors, 1);
}

/// What a tile is chosen for: a `height` x `width` map of outputs by `lanes` filters in panels of
/// `panel`, `steps` products each. `unit` is the pooling window: each output takes that many
/// positions. `row` describes the window's rows: its taps, stride and dilation.
struct tile_problem {
  int panel, lanes;
  int height, width;
  pool_window unit{};
  int steps = 1;
  tap_row row{};
};

/// Estimated cycles of a tile of `height` x `width` outputs by `vectors` vectors: the reduction,
/// the stores and some bookkeeping. When the weights are `cold` they come from the second-level
/// cache, line by line, which the products do not hide completely.
constexpr double tile_cycles(machine const& m, tile_problem const& p, register_tile t, int vectors,
                             bool cold) {
  if (vectors == 0) return 0;
  tap_row row = p.row;
  row.columns = t.width * p.unit.width;
  row.taps = t.taps;
  int const rows = t.height * p.unit.height, positions = rows * row.columns;
  int const weights = t.taps * vectors;
  double step = step_cycles(m, positions * weights, rows * row.loads() + weights, t.taps);
  double const lines = 1.0 * weights * m.width / m.line;
  if (cold) step = std::max(step, m.line_cycles * lines) + 0.5 * lines;
  int const accumulators = rows * row.outputs() * vectors;
  return step * p.steps / t.taps + accumulators * (p.row.scatter ? 2.5 : 1.5) + 8;
}

/// The tile that covers the map in the fewest estimated cycles; a pooling window too large for the
/// registers gives a tile of nothing.
constexpr register_tile choose_tile(machine const& m, tile_problem const& p) {
  register_tile best{0, 0, 0, 1};
  double best_cycles = std::numeric_limits<double>::infinity();
  int const panels = (p.lanes + p.panel - 1) / p.panel;
  for (int taps = 1; taps <= std::min(p.row.taps, 7); ++taps) {
    if (p.row.taps % taps != 0) continue;
    for (int r = 1; r <= std::min(panels, 8); ++r) {
      int const vectors = r * p.panel / m.width, strips = p.lanes / (r * p.panel);
      int const rest_vectors = (p.lanes % (r * p.panel) + m.width - 1) / m.width;
      bool const cold = p.steps * r * p.panel > kept_weights;
      for (int h = 1; h <= p.height; ++h) {
        for (int w = 1; w <= p.width; ++w) {
          tap_row row = p.row;
          row.columns = w * p.unit.width;
          row.taps = taps;
          int const spare = taps > 1 ? 3 : 1;
          if ((h * p.unit.height * row.outputs() + taps) * vectors + spare > m.registers) break;
          auto const rows = balance(p.height, h), columns = balance(p.width, w);
          if (rows.size != h || columns.size != w) continue;
          double cycles = 0;
          for (int i = 0; i < 4; ++i) {
            register_tile const t{i & 1 ? h - 1 : h, i & 2 ? w - 1 : w, r, taps};
            int const times = (i & 1 ? rows.count - rows.large : rows.large) *
                              (i & 2 ? columns.count - columns.large : columns.large);
            if (times == 0) continue;
            // every size in use is code of its own, which counts as well
            cycles += times * (strips * tile_cycles(m, p, t, vectors, cold) +
                               tile_cycles(m, p, t, rest_vectors, cold)) +
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

}  // namespace etch::kernels
