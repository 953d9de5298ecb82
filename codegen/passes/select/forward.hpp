#pragma once

#include <bit>

#include "rows.hpp"

/// The kernels of the forward product.
namespace etch::kernels {

/// How many taps a tile may take at a time: the sum is then made in another order, for which a
/// deterministic one has no choice.
constexpr int most_taps_of(machine const& m, contraction const& c) {
  return m.deterministic ? 1 : c.kernel_width;
}

/// Vectors of one window, where these lie along its channels: each of its runs begins a new one.
constexpr int turned_steps(machine const& m, contraction const& c) {
  window_walk const walk = walk_of(c);
  return walk.rows * walk.columns * ((walk.run + m.width - 1) / m.width);
}

/// Floats of the turned weights: for every vector of a window, one of each of four filters.
constexpr int turned_size(machine const& m, contraction const& c) {
  return turned_steps(m, c) * 4 * m.width;
}

/// Which of the last filters to turn, where the other kernels would multiply `others` times with
/// each weight: none where that would not save a fifth of the products, or where there are too few
/// to make up for turning the weights. A deterministic sum has one order only.
constexpr turned_strip choose_turned(machine const& m, contraction const& c, int others) {
  int const all = c.group_filters(), filters = all <= 4 ? all : all % panel_width(c);
  bool const few = filters > 0 && filters <= 4 && filters < m.width;
  bool const fits = c.groups == 1 && turned_size(m, c) <= m.first_level;
  // beside the products, about three operations sum up a vector
  double const turned = filters * (turned_steps(m, c) + 3.0) * c.out_height() * c.out_width();
  bool const pays = others >= 16 && 5 * turned < 4.0 * window_size(c) * others;
  if (!few || !fits || !pays || m.deterministic) return {};
  int const most = std::min(14, (m.registers - 1 - filters) / filters);
  return {filters, balance(c.out_width(), most).size};
}

/// Inputs below the windows of one pooled output.
constexpr int held_inputs(contraction const& c, pool_window pool) {
  int const rows = (pool.height - 1) * c.stride_height + c.span_height();
  return rows * ((pool.width - 1) * c.stride_width + c.span_width()) * c.group_channels();
}

/// Vectors of filters whose weights are held while all outputs are computed: the weights, the sums
/// of one pooled output, an input and two values of the epilogue have to fit the registers. None
/// where that is not one vector, or where inputs have too few uses to be loaded in the time of
/// their products.
constexpr int held_vectors(machine const& whole, contraction const& c, pool_window pool) {
  machine const m = machine_for(whole, c);
  int const positions = pool.height * pool.width;
  int const fit = (m.registers - 3) / (window_size(c) + positions);
  int const all = (c.group_filters() + m.width - 1) / m.width;
  // a power of two, as a panel has: no strip ends within one vector and begins in another's panel
  int const vectors = static_cast<int>(std::bit_floor(static_cast<unsigned>(std::min(fit, all))));
  bool const pays = 2 * held_inputs(c, pool) <= positions * window_size(c) * vectors;
  return positions > 1 && pays ? vectors : 0;
}

/// Neighbouring taps of a depthwise convolution whose weights stay in registers.
inline constexpr int most_depthwise_taps = 4;

/// As many outputs of a line as leave room for the weights, an input and a few temporaries of the
/// epilogue.
constexpr register_tile choose_depthwise_tile(machine const& whole, contraction const& c,
                                              pool_window pool) {
  machine const m = whole.for_panel(panel_width(c));
  int const taps = balance(c.kernel_width, most_depthwise_taps).size;
  int const room = m.registers - std::min(c.kernel_width, most_depthwise_taps) - 4;
  int const most = std::max(2, std::min(16, room) / (pool == pool_window{} ? 1 : 2));
  return {1, balance(c.out_width() / pool.width, most).size, 1, taps};
}

/// The tiles of a convolution, but for the last filters where these are turned.
constexpr kernel_choice choose_windows(machine const& m, contraction const& c, pool_window pool) {
  kernel_choice k{.which = contract_kernel::windows};
  int const height = c.out_height() / pool.height, width = c.out_width() / pool.width;
  if (pool == pool_window{}) k.turned = choose_turned(m, c, height * width);
  int const filters = std::max(1, c.group_filters() - k.turned.filters);
  k.tile = choose_tile(machine_for(m, c), {.panel = panel_width(c),
                                           .lanes = filters,
                                           .height = height,
                                           .width = width,
                                           .unit = pool,
                                           .steps = window_size(c),
                                           .row = row_of(c, 1, most_taps_of(m, c))});
  return k;
}

constexpr kernel_choice choose_forward(machine const& m, kernel_request const& r) {
  contraction const &c = r.window, matrix = canonical(c);
  if (c.depthwise())
    return {.which = contract_kernel::depthwise, .tile = choose_depthwise_tile(m, c, r.pool)};
  if (!r.pooled && matrix.pointwise()) {
    bool const may_be_one = c.out_height() * c.out_width() == 1;
    return choose_rows(m, matrix, r.one_row && may_be_one, may_be_one, r.inlines);
  }
  if (int const vectors = held_vectors(m, c, r.pool); vectors > 0)
    return {.which = contract_kernel::held, .strip = vectors * machine_for(m, c).width};
  return choose_windows(m, c, r.pool);
}

}  // namespace etch::kernels
