#pragma once

#include <span>

namespace etch {

/// The index of the largest; the first of equals, and 0 of none.
constexpr int argmax(std::span<float const> values) noexcept {
  int best = 0;
  for (int i = 1; i < static_cast<int>(values.size()); ++i)
    if (values[static_cast<std::size_t>(i)] > values[static_cast<std::size_t>(best)]) best = i;
  return best;
}

}  // namespace etch
