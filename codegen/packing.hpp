#pragma once

#include <algorithm>
#include <utility>

#include "../dsl/contraction.hpp"

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

/// Floats of the packed weights, a multiple of 16.
constexpr int packed_size(contraction c) {
  int const size = c.depthwise() ? c.kernel_height * c.kernel_width * panel_stride(c)
                                 : c.groups * panel_count(c) * panel_stride(c);
  return (size + 15) / 16 * 16;
}

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

/// Writes all of `transposed` (`transposed_size(C)` floats) from `packed`: the weight of filter f
/// for channel c becomes that of filter c for channel f, taps in place. Once per training step.
template <contraction Geometry>
constexpr void transpose_weights(float const* packed, float* transposed) {
  constexpr contraction C = canonical(Geometry), T = etch::transposed(C);
  if constexpr (C.depthwise()) {
    std::copy_n(packed, packed_size(C), transposed);
  } else {
    constexpr int taps = C.kernel_height * C.kernel_width;
    constexpr int width = panel_width(C), width_t = panel_width(T);
    std::fill_n(transposed, packed_size(T), 0.0f);
    for (int group = 0; group < C.groups; ++group)
      for (int tap = 0; tap < taps; ++tap)
        for (int f = 0; f < C.group_filters(); ++f) {
          int const panel = group * panel_count(C) + f / width;
          float const* from =
              packed + panel * panel_stride(C) + tap * C.group_channels() * width + f % width;
          for (int c = 0; c < C.group_channels(); ++c) {
            int const panel_t = group * panel_count(T) + c / width_t;
            transposed[panel_t * panel_stride(T) + (tap * C.group_filters() + f) * width_t +
                       c % width_t] = from[c * width];
          }
        }
  }
}

}  // namespace etch
