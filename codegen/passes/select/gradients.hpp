#pragma once

#include "forward.hpp"

/// The kernels of the two gradients.
namespace etch::kernels {

/// Rows of the window that are done together: where a sample's gradient does not stay in the
/// first-level cache, all of them, and so the weights come from further away; else one.
/// Deterministic sums go row by row.
constexpr int scatter_lines(machine const& m, contraction const& c) {
  return c.inputs() <= m.first_level || m.deterministic ? 1 : c.kernel_height;
}

/// dX as the convolution of a dY with zeros around it: for few channels, whose windows are turned.
constexpr contraction around(contraction const& c) {
  contraction a = transposed(c);
  a.height = c.height + c.span_height() - 1;
  a.width = c.width + c.span_width() - 1;
  return a;
}

/// Floats of the rows of dY, with zeros at both ends, that a row of dX reads, and of the next.
constexpr int floats_around(contraction const& c) {
  return (c.span_height() + 1) * around(c).width * c.filters;
}

/// Which of the last channels are done that way.
constexpr turned_strip choose_turned_channels(machine const& m, contraction const& c) {
  bool const rows = walk_of(around(c)).rows == c.kernel_height;
  bool const fits = floats_around(c) <= m.first_level;
  if (c.stride_height != 1 || c.stride_width != 1 || !rows || !fits) return {};
  return choose_turned(m, around(c), c.out_height() * c.out_width());
}

/// The tiles of a scatter, but for the last channels where their windows are turned. It is fresh
/// where the tiles of the first row of taps are the first to write all there is above the last rows
/// of dX, so that only these have to be zero before.
constexpr kernel_choice choose_scatter(machine const& m, contraction const& c) {
  contraction const t = transposed(c);
  kernel_choice k{.which = contract_kernel::scatter, .lines = scatter_lines(m, c)};
  k.turned = choose_turned_channels(m, c);
  int const channels = c.group_channels() - k.turned.filters;
  if (channels == 0) return k;
  k.tile = choose_tile(machine_for(m, t), {.panel = panel_width(t),
                                           .lanes = channels,
                                           .height = c.out_height(),
                                           .width = c.out_width(),
                                           .steps = c.kernel_width * c.group_filters(),
                                           .row = row_of(c, 1, most_taps_of(m, c), true)});
  k.fresh = k.lines == 1 && c.stride_height == 1 && c.stride_width == 1 &&
            k.tile.width == c.out_width() && k.tile.taps == c.kernel_width;
  return k;
}

/// Outputs of a line that the gradients of depthwise convolutions take at once, where `room`
/// registers are for them and for `taps` taps.
constexpr int depthwise_dx_columns(contraction const& c, int taps, int room) {
  int const left = room - taps - (taps - 1) * c.dilation_width;
  return balance(c.out_width(), std::max(1, left / c.stride_width + 1)).size;
}
constexpr int depthwise_dw_columns(contraction const& c, int taps, int room) {
  return balance(c.out_width(), std::max(2, std::min(8, room - taps))).size;
}

/// Neighbouring taps of depthwise dX together. It is fresh where these are all of a row which
/// covers all columns: then each is written once, but for those where two tiles meet.
constexpr kernel_choice choose_depthwise_dx(machine const& m, contraction const& c) {
  balanced_axis const taps = balance(c.kernel_width, most_depthwise_taps);
  int const reach = (taps.size - 1) * c.dilation_width + 1;
  int const room = m.for_panel(panel_width(c)).registers_for_sums() - 3;
  kernel_choice k{.which = contract_kernel::depthwise, .chunk = room};
  k.tile = {1, depthwise_dx_columns(c, taps.size, room), 1, taps.size};
  k.fresh = taps.count == 1 && c.stride_width <= reach &&
            (c.out_width() - 1) * c.stride_width + reach == c.width;
  return k;
}

/// Depthwise dW: the taps of a window in tiles of about a dozen sums.
constexpr kernel_choice choose_depthwise_dw(machine const& m, contraction const& c) {
  constexpr int sums = 12;
  int const columns = balance(c.kernel_width, sums).size;
  int const rows = balance(c.kernel_height, std::max(1, sums / columns)).size;
  int const room = m.for_panel(panel_width(c)).registers - 5;
  kernel_choice k{.which = contract_kernel::depthwise, .chunk = room};
  k.tile = {rows, depthwise_dw_columns(c, rows * columns, room), 1, columns};
  return k;
}

/// Rows of dY that lie so far apart share few sets of the first-level cache: they are copied.
constexpr bool packs_gradients(contraction const& c) { return c.filters % 256 == 0; }

/// The largest block of positions, so that what several tiles read stays in the first-level cache
/// meanwhile. With AVX-512 128 rows at once gain 2%, with AVX2 they lose 1%, but 256 of copied ones
/// gain 2%.
constexpr position_block largest_block(machine const& m, contraction const& c) {
  int const height = c.out_height(), width = c.out_width();
  bool const wide = m.width == 16 && !m.deterministic;
  if (height * width == 1)
    return {wide ? gradient_rows_wide : packs_gradients(c) ? gradient_rows_copied : gradient_rows};
  bool const once = window_size(c) <= 32 && !packs_gradients(c);
  int const most = once ? gradient_positions_once : gradient_positions;
  int const samples =
      std::min(most / (height * width), gradient_floats / (c.inputs() + c.outputs()));
  return {std::max(1, samples), balance(height, std::max(1, most / width)).size,
          balance(width, most).size};
}

/// Whether a strip of `lanes` filters takes the taps of a row of the window together: one vector,
/// rows of three taps without stride, and blocks of whole lines.
constexpr bool takes_taps(machine const& m, contraction const& c, int lanes) {
  return m.width == 16 && lanes == 16 && c.groups == 1 && c.channels % 4 == 0 &&
         c.kernel_width == 3 && c.stride_width == 1 && c.dilation_width == 1 &&
         c.out_width() >= 8 && largest_block(m, c).columns == c.out_width();
}

/// The tile for the first of `filters` filters: of whole panels, so that none begins within one and
/// ends in the next, or of what is left, turned where that multiplies less than padding.
constexpr weight_shape choose_weight_shape(machine const& m, contraction const& c, int filters) {
  window_walk const walk = walk_of(c);
  int const width = m.width, panel = panel_width(c);
  int const runs = (walk.run + width - 1) / width;
  if (filters < width && walk.run >= width && runs * filters < walk.run) {
    int const lanes = std::min(filters, std::max(4, width / 2));
    // a tile's stores wait for its last sums; where more than 38 of them do, the next tile does too
    int const most = lanes > 4 ? 2 : (m.registers - 1) / (lanes + 1);
    return {std::max(1, most / runs), std::min(most, runs), 0, lanes, true};
  }
  int const unit = filters >= panel ? std::max(width, panel) : width;
  int lanes = filters;
  if (lanes % unit * 4 <= unit * 3 && lanes > unit) lanes -= lanes % unit;
  register_tile const t = choose_tile(m, {.panel = unit,
                                          .lanes = std::max(lanes, width),
                                          .height = walk.rows,
                                          .width = walk.run,
                                          .steps = 128});
  lanes = std::min(lanes, t.panels * unit);
  return {t.height, t.width, 0, lanes, false, packs_gradients(c), takes_taps(m, c, lanes)};
}

/// How often the tile is used, one strip of filters behind the other, where `filters` are left.
constexpr int strips_of(weight_shape const& s, int filters, int width) {
  return s.lanes < width ? 1 : filters / s.lanes;
}

/// The tiles of a gradient of weights; c is canonical.
constexpr kernel_choice choose_weights(machine const& whole, contraction const& c) {
  bool const turns = choose_weight_shape(whole, c, c.group_filters()).turned;
  machine const m = turns ? whole : whole.for_panel(panel_width(c));
  kernel_choice k{.which = contract_kernel::weights, .wide = turns, .block = largest_block(m, c)};
  int left = c.group_filters();
  for (auto& strip : k.strips) {
    if (left == 0) break;
    strip = choose_weight_shape(m, c, left);
    left -= strip.lanes * strips_of(strip, left, m.width);
  }
  return k;
}

/// Vectors of the window's channels that one gradient multiplies at once: so many that they fit the
/// registers beside an operand and the gradient.
constexpr kernel_choice choose_listed(machine const& m, contraction const& c,
                                      contract_product what) {
  kernel_choice k{.which = contract_kernel::listed, .chunk = m.registers - 2};
  if (what == contract_product::dw) return k;
  // The weights that a chunk reads should stay in the first-level cache. Positions add to the same
  // inputs, chunk by chunk: the order is fixed if a chunk has all taps.
  int const width = m.for_panel(panel_width(transposed(c))).width;
  int const kept = std::max(8, kept_weights / (c.filters * width));
  k.chunk = m.deterministic ? c.kernel_height * c.kernel_width : std::min(kept, k.chunk);
  return k;
}

/// One or two panels of filters, and as many weights of each as leave room, beside the sums, for a
/// broadcast, and for each vector dY, its index and what they give.
constexpr kernel_choice choose_masked(machine const& whole, contraction const& c) {
  machine const m = machine_for(whole, c);
  int const panel = panel_width(c);
  bool const two = c.group_filters() >= 2 * panel && m.registers / 16 * m.width >= 2 * panel;
  kernel_choice k{.which = contract_kernel::masked, .strip = two ? 2 * panel : panel};
  k.chunk = std::max(1, (m.registers - 1) / (k.strip / m.width) - 3);
  return k;
}

constexpr kernel_choice choose_dx(machine const& m, kernel_request const& r) {
  contraction const &c = r.window, t = transposed(c);
  if (r.pooled) return choose_listed(m, c, contract_product::dx);
  if (dx_transposes(c)) {
    kernel_choice k = choose_rows(m, t, false, false, false);
    k.transposes = true;
    return k;
  }
  if (c.depthwise()) return choose_depthwise_dx(m, c);
  if (!t.pointwise()) return choose_scatter(m, c);
  bool const may_be_one = c.out_height() * c.out_width() == 1;
  return choose_rows(m, t, r.one_row && may_be_one, may_be_one, true);
}

constexpr kernel_choice choose_dw(machine const& m, kernel_request const& r) {
  contraction const& c = r.window;
  if (r.pooled)
    return skips_zeros(c) ? choose_listed(m, c, contract_product::dw) : choose_masked(m, c);
  return c.depthwise() ? choose_depthwise_dw(m, c) : choose_weights(m, canonical(c));
}

}  // namespace etch::kernels
