#pragma once

#include <algorithm>
#include <cstddef>

#include "../../ir/packing.hpp"
#include "../../simd/arch.hpp"
#include "../../simd/transpose.hpp"

namespace etch {

namespace detail {

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
          simd::transpose_4x8(from + c * Width + f, Width, to + f * WidthT + c, WidthT);
        else
          simd::transpose_4x4(from + c * Width + f, Width, to + f * WidthT + c, WidthT);
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
