#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "../../dsl/primitives.hpp"
#include "machine.hpp"

namespace etch {

/// How the weights of a contraction lie in memory: panels of a few filters, so that one load brings
/// the same weight of neighbouring filters, and one format serves every instruction set.
///
///   dense, convolution:  [group][filter / panel][ky][kx][channel][panel]
///   depthwise:           [ky][kx][channel], the channels padded to whole panels
///
/// What pads is zero and stays zero: a kernel loads whole vectors and never masks a weight. All
/// sizes are in floats; the buffer is expected to be aligned to 64 bytes.

/// Filters (depthwise: channels) of one panel. A panel never straddles two groups.
constexpr int panel_width(contraction c) {
  int const lanes = c.depthwise() ? c.channels : c.group_filters();
  return lanes <= 4 ? 4 : lanes <= 8 ? 8 : 16;
}

/// Panels of one group (depthwise: of all channels).
constexpr int panel_count(contraction c) {
  int const lanes = c.depthwise() ? c.channels : c.group_filters();
  return (lanes + panel_width(c) - 1) / panel_width(c);
}

/// Multiply-adds of one output: the weights of one filter.
constexpr int window_size(contraction c) {
  return c.kernel_height * c.kernel_width * c.group_channels();
}

/// Floats from one panel to the next; for depthwise weights, from one tap to the next.
constexpr int panel_stride(contraction c) {
  return c.depthwise() ? panel_count(c) * panel_width(c) : window_size(c) * panel_width(c);
}

/// Floats of the packed weights, a multiple of 16; packed_size where these are few enough for int.
constexpr long long packed_floats(contraction c) {
  long long const lanes = static_cast<long long>(panel_count(c)) * panel_width(c);
  long long const size =
      lanes * (c.depthwise() ? c.kernel_height * c.kernel_width : c.groups * window_size(c));
  return (size + 15) / 16 * 16;
}
constexpr int packed_size(contraction c) { return static_cast<int>(packed_floats(c)); }

/// Where the weight of `filter` at tap (`ky`, `kx`) for `channel` of its group lies.
constexpr int packed_index(contraction c, int filter, int ky, int kx, int channel) {
  int const tap = ky * c.kernel_width + kx;
  if (c.depthwise()) return tap * panel_stride(c) + filter;
  int const group = filter / c.group_filters();
  int const lane = filter % c.group_filters();
  int const width = panel_width(c);
  int const panel = group * panel_count(c) + lane / width;
  return panel * panel_stride(c) + (tap * c.group_channels() + channel) * width + lane % width;
}

/// The same work with less structure: a window as large as its input is a dense layer over all of
/// it, and the positions of a pointwise contraction are so many samples. The packed weights are the
/// same.
constexpr contraction canonical(contraction c) {
  bool const whole = c.groups == 1 && c.span_height() == c.height && c.span_width() == c.width &&
                     c.span_height() == c.kernel_height && c.span_width() == c.kernel_width;
  if (whole) return {.channels = c.inputs(), .filters = c.filters};
  if (c.pointwise()) return {.channels = c.channels, .groups = c.groups, .filters = c.filters};
  return c;
}

/// The contraction whose filters are the channels of `c` and the reverse: its packed weights are
/// what the gradient with respect to the input reads.
constexpr contraction transposed(contraction c) {
  contraction t = canonical(c);
  std::swap(t.channels, t.filters);
  return t;
}

/// Floats of the transposed packed weights.
constexpr int transposed_size(contraction c) { return packed_size(transposed(c)); }

/// Whether the gradients of a contraction before a max pooling leave out the products with zero
/// (kernels/contract/pooled_gradient.hpp): where channels fill vectors, and where the weights, read
/// anew for every output, stay in the second-level cache.
constexpr bool skips_zeros(contraction c) {
  return c.groups == 1 && c.channels >= 16 && transposed_size(c) <= second_level_floats;
}

/// Whether that gradient with respect to the weights is made in the layout of the transposed ones.
constexpr bool makes_transposed(primitive::contract_dw const& dw) {
  return dw.pooled != pool_window{} && skips_zeros(dw.window);
}

/// Whether dX reads the packed weights and transposes them itself, a strip for all samples: those
/// of a matrix product that the second-level cache does not hold, so that writing and reading a
/// copy would take longer.
constexpr bool dx_transposes(contraction window) {
  contraction const c = canonical(window);
  return c.pointwise() && c.groups == 1 && c.filters <= 256 &&
         transposed_size(c) > second_level_floats &&
         window.out_height() * window.out_width() == 1;
}

/// Calls f(standard index, packed index) for every weight of the window.
template <class F>
constexpr void for_each_weight(contraction const& w, F f) {
  int standard = 0;
  for (int filter = 0; filter < w.filters; ++filter)
    for (int ky = 0; ky < w.kernel_height; ++ky)
      for (int kx = 0; kx < w.kernel_width; ++kx)
        for (int c = 0; c < w.group_channels(); ++c)
          f(standard++, packed_index(w, filter, ky, kx, c));
}

}  // namespace etch
