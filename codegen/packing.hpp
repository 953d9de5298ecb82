#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "../dsl/contraction.hpp"
#include "simd/arch.hpp"

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
/// (kernels/contract_pooled_gradient.hpp): where channels fill vectors, and where the weights, read
/// anew for every output, stay in the second-level cache.
constexpr bool skips_zeros(contraction c) {
  return c.groups == 1 && c.channels >= 16 && transposed_size(c) <= 1 << 18;
}

/// Whether dX reads the packed weights and transposes them itself, a strip for all samples: those
/// of a matrix product that the second-level cache does not hold, so that writing and reading a
/// copy would take longer.
constexpr bool dx_transposes(contraction window) {
  contraction const c = canonical(window);
  return c.pointwise() && c.groups == 1 && c.filters <= 256 && transposed_size(c) > 1 << 18 &&
         window.out_height() * window.out_width() == 1;
}

namespace detail {

/// to[f][c] = from[c][f] for f and c below 4, in rows `from_row` and `to_row` floats apart. With
/// vector extensions, because compilers do not find this in plain loops.
[[gnu::always_inline]] inline void transpose_4x4(float const* from, int from_row, float* to,
                                                 int to_row) noexcept {
  typedef float four __attribute__((vector_size(16)));
  four row[4], pair[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) __builtin_memcpy(&row[i], from + i * from_row, sizeof row[i]);
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    pair[i] = __builtin_shufflevector(row[i], row[i + 2], 0, 4, 1, 5);
    pair[i + 2] = __builtin_shufflevector(row[i], row[i + 2], 2, 6, 3, 7);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 4; i += 2) {
    row[i] = __builtin_shufflevector(pair[i], pair[i + 1], 0, 4, 1, 5);
    row[i + 1] = __builtin_shufflevector(pair[i], pair[i + 1], 2, 6, 3, 7);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) __builtin_memcpy(to + i * to_row, &row[i], sizeof row[i]);
}

/// The same for c < 8, where a register holds 8 floats: two squares side by side, put together by
/// the loads, so that no shuffle crosses from one to the other.
[[gnu::always_inline]] inline void transpose_4x8(float const* from, int from_row, float* to,
                                                 int to_row) noexcept {
  typedef float four __attribute__((vector_size(16)));
  typedef float eight __attribute__((vector_size(32)));
  eight row[4], pair[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    four low, high;
    __builtin_memcpy(&low, from + i * from_row, sizeof low);
    __builtin_memcpy(&high, from + (i + 4) * from_row, sizeof high);
    row[i] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    pair[i] = __builtin_shufflevector(row[i], row[i + 2], 0, 8, 1, 9, 4, 12, 5, 13);
    pair[i + 2] = __builtin_shufflevector(row[i], row[i + 2], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 4; i += 2) {
    row[i] = __builtin_shufflevector(pair[i], pair[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    row[i + 1] = __builtin_shufflevector(pair[i], pair[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) __builtin_memcpy(to + i * to_row, &row[i], sizeof row[i]);
}

/// to[f][c] = from[c][f] in rows of `WidthT` and `Width` floats. Only the first `filters` rows of
/// `to` are written and only the first `channels` of `from` read; the other channels become zero.
template <class Arch, int Width, int WidthT>
void transpose_panel(float const* from, int channels, float* to, int filters) noexcept {
  constexpr int lanes = Arch::width >= 8 && WidthT >= 8 ? 8 : 4;
  int f = 0;
  if (channels == WidthT)
    for (; f + 4 <= filters; f += 4)
#pragma GCC unroll 4
      for (int c = 0; c < WidthT; c += lanes) {
        if constexpr (lanes == 8)
          transpose_4x8(from + c * Width + f, Width, to + f * WidthT + c, WidthT);
        else
          transpose_4x4(from + c * Width + f, Width, to + f * WidthT + c, WidthT);
      }
  for (; f < filters; ++f)
    for (int c = 0; c < WidthT; ++c)
      to[f * WidthT + c] = c < channels ? from[c * Width + f] : 0.0f;
}

}  // namespace detail

/// The panels of channels from `first` to before `last`, of all groups in order, one behind the
/// other; `Turned`, with the last tap first.
template <contraction Geometry, class Arch, bool Turned = false>
void transpose_panels(float const* packed, float* to, int first, int last) noexcept {
  constexpr contraction C = canonical(Geometry), T = etch::transposed(C);
  constexpr int taps = C.kernel_height * C.kernel_width;
  constexpr int filters = C.group_filters(), channels = C.group_channels();
  constexpr int width = panel_width(C), width_t = panel_width(T), panels = panel_count(T);
  for (int p = first; p < last; ++p) {
    int const group = p / panels, c = p % panels * width_t;
    float* at = to + std::ptrdiff_t{p - first} * panel_stride(T);
    for (int t = 0; t < taps; ++t)
      for (int f = 0; f < filters; f += width) {
        int const tap = Turned ? taps - 1 - t : t;
        int const panel = group * panel_count(C) + f / width;
        int const rows = std::min(width, filters - f);
        detail::transpose_panel<Arch, width, width_t>(
            packed + panel * panel_stride(C) + (tap * channels + c) * width,
            std::min(width_t, channels - c), at, rows);
        at += rows * width_t;
      }
  }
}

/// Writes all of `transposed` (`transposed_size(C)` floats) from `packed`: the weight of filter f
/// for channel c becomes that of filter c for channel f, taps in place or, `Turned`, in reverse, as
/// a convolution of dY reads them. Once per training step.
///
/// A panel's filters by a panel's channels are contiguous in both. They are written in order and
/// read from as many streams as there are panels of filters.
template <contraction Geometry, class Arch = arch::native, bool Turned = false>
void transpose_weights(float const* packed, float* transposed) noexcept {
  constexpr contraction C = canonical(Geometry), T = etch::transposed(C);
  if constexpr (C.depthwise()) {
    static_assert(!Turned);
    std::copy_n(packed, packed_size(C), transposed);
  } else {
    constexpr int panels = C.groups * panel_count(T);
    transpose_panels<C, Arch, Turned>(packed, transposed, 0, panels);
    std::fill(transposed + panels * panel_stride(T), transposed + packed_size(T), 0.0f);
  }
}

}  // namespace etch
