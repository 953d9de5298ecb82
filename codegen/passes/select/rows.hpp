#pragma once

#include "tiles.hpp"

/// The kernels of matrix products: c is canonical, 1x1.
namespace etch::kernels {

/// So few multiply-adds that a call costs a good part of them: code that is to be inlined.
constexpr bool is_tiny(contraction const& c) {
  return c.groups == 1 && window_size(c) * c.filters <= inlined_weights &&
         c.out_height() * c.out_width() == 1;
}

/// Steps of the reduction that are done at a time, so that what all strips read of the inputs stays
/// in the second-level cache. Sums wait in the outputs meanwhile, and are the same. With 5408 steps
/// for 64 rows and 128 filters it gains 5%, and to ask for the weights of the next block 10% more.
constexpr int choose_steps(contraction const& c) {
  return balance(c.group_channels(), reduction_block).size;
}

/// Chains of the reduction of one row, whose strip has `vectors` vectors: eight accumulators in
/// all, which is what two FMA ports need. A deterministic sum has the same chains everywhere.
constexpr int chains_of_row(machine const& m, contraction const& c, int vectors) {
  int const everywhere = panel_width(c) < 16 ? 8 : panel_count(c) < 4 ? 4 : 2;
  int const chains = m.deterministic ? everywhere : m.fma_ports * m.fma_latency / vectors;
  return std::min(std::max(1, chains), std::max(1, c.group_channels() / 2));
}

/// How a single row is cut: whole panels, as many as have eight accumulators together, or four of
/// 16 floats, which do better with two chains.
constexpr row_strips choose_row_strips(machine const& m, contraction const& c) {
  machine const narrow = machine_for(m, c);
  int const panel = panel_width(c), width = narrow.width;
  int const accumulators = width == 16 && !m.deterministic ? 4 : 8;
  int const chains = m.deterministic ? chains_of_row(m, c, 1) : 1;
  int const lanes = std::max(1, accumulators / chains * width / panel) * panel;
  int const rest = c.group_filters() % lanes;
  auto const chains_of = [&](int filters) {
    return filters == 0 ? 0 : chains_of_row(m, c, (filters + width - 1) / width);
  };
  return {lanes, c.group_filters() < lanes ? 0 : chains_of(lanes), chains_of(rest)};
}

/// Rows and panels of the tile of a matrix product whose row count is known at run time only: rows
/// of which batches are multiples, and enough accumulators to hide the latency.
constexpr register_tile choose_row_tile(machine const& whole, contraction const& c) {
  machine const m = machine_for(whole, c);
  int const per_panel = panel_width(c) / m.width;
  register_tile best;
  double best_cycles = std::numeric_limits<double>::infinity();
  for (int r = 1; r <= std::min(panel_count(c), 4); ++r) {
    int const most = most_positions(m, r * per_panel);
    if (most < 1) break;
    // one vector of 16 takes a load for every product, and latency on top with eight chains
    int const rows = std::min(most, m.width == 16 && r == 1 ? 16 : 8);
    int const rest = panel_count(c) % r;
    double const cycles = (panel_count(c) / r * step_cycles(m, rows, r * per_panel) +
                           (rest > 0 ? step_cycles(m, rows, rest * per_panel) : 0)) /
                          rows;
    if (cycles < best_cycles) {
      best = {1, rows, r};
      best_cycles = cycles;
    }
  }
  return best;
}

/// The kernel of a matrix product of some rows, or of one; `may_be_one` if a call may be for
/// either.
constexpr kernel_choice choose_rows(machine const& m, contraction const& c, bool one_row,
                                    bool may_be_one, bool inlines) {
  kernel_choice k;
  k.which = one_row ? contract_kernel::row : contract_kernel::rows;
  if (one_row || may_be_one) k.row = choose_row_strips(m, c), k.inlined = inlines && is_tiny(c);
  if (!one_row) k.tile = choose_row_tile(m, c), k.steps = choose_steps(c);
  return k;
}

/// The kernel of a matrix product of two activations, block by block, so that a strip of the second
/// stays in the nearest cache and fits the stack. It is packed where it is `turned` or vectors do not
/// fill its rows; and where several tiles read a strip that is one line of each row, which lie so far
/// apart that they have few places in that cache: unpacked, 64 x 64 x 2048 took 1.7 times as long with
/// AVX2.
constexpr kernel_choice choose_activations(machine const& m, contraction const& c, bool turned) {
  kernel_choice k = choose_rows(m, c, false, false, false);
  k.steps = balance(c.channels, packed_block).size;
  bool const spread = k.tile.panels * panel_width(c) <= m.line && c.width > k.tile.width &&
                      k.steps * c.filters > 2 * m.first_level;
  k.packs = turned || c.filters % machine_for(m, c).width != 0 || spread;
  return k;
}

}  // namespace etch::kernels
