#pragma once

#include <limits>
#include <span>

namespace etch {

/// The index of the largest, the first of equals. -1, which is no class, of no values and where one
/// of them is NaN.
constexpr int argmax(std::span<float const> values) noexcept {
  int best = values.empty() ? -1 : 0;
  bool all_numbers = true;
  for (int i = 0; i < static_cast<int>(values.size()); ++i) {
    float const v = values[static_cast<std::size_t>(i)];
    all_numbers = all_numbers && v <= std::numeric_limits<float>::infinity();
    if (v > values[static_cast<std::size_t>(best)]) best = i;
  }
  return all_numbers ? best : -1;
}

}  // namespace etch
