#pragma once

#include <algorithm>

#include "packing.hpp"

namespace etch {

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

/// Weights (filters, kernel height, kernel width, channels / groups) to their panels, padded with
/// zeros, and back.
constexpr void pack_weights(contraction const& w, float const* standard, float* packed) {
  std::fill_n(packed, packed_size(w), 0.0f);
  for_each_weight(w, [&](int from, int to) { packed[to] = standard[from]; });
}
constexpr void unpack_weights(contraction const& w, float const* packed, float* standard) {
  for_each_weight(w, [&](int to, int from) { standard[to] = packed[from]; });
}

}  // namespace etch
