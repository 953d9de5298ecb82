#pragma once

#include <algorithm>

#include "../../ir/packing.hpp"

namespace etch {

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
