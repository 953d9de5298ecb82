#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "error.hpp"

namespace etch::detail {

/// Neither infinite nor NaN. The bits say so under -ffast-math too.
constexpr bool is_finite(float v) {
  constexpr std::uint32_t exponent = 0x7f800000u;
  return (std::bit_cast<std::uint32_t>(v) & exponent) != exponent;
}
constexpr bool is_finite(double v) {
  constexpr std::uint64_t exponent = 0x7ff0000000000000u;
  return (std::bit_cast<std::uint64_t>(v) & exponent) != exponent;
}

/// How many of some numbers are not what they should be, and which is the first.
struct bad_numbers {
  std::size_t count = 0, of = 0, first = 0;
  float value = 0;

  explicit operator bool() const { return count > 0; }
  /// `3 of 5 are not, the first is number 1: 7`; counted from 0.
  std::string text() const {
    return filled("{} of {} are not, the first is number {}: {}", count, of, first, value);
  }
};

/// The numbers for which `good` is false. Without a branch, so that compilers take many at once: a
/// training step asks this of each of its targets.
template <class Good>
bad_numbers find_bad(std::span<float const> values, Good good) {
  bad_numbers bad{.of = values.size()};
  for (std::size_t first = 0; first < values.size(); first += 1024) {
    unsigned here = 0;  // as wide as a float
    for (float v : values.subspan(first, std::min<std::size_t>(1024, values.size() - first)))
      here += good(v) ? 0u : 1u;
    bad.count += here;
  }
  if (bad) {
    while (good(values[bad.first])) ++bad.first;
    bad.value = values[bad.first];
  }
  return bad;
}
inline bad_numbers find_not_finite(std::span<float const> values) {
  return find_bad(values, [](float v) { return is_finite(v); });
}

/// Throws `error` unless all are finite: "{who}: expected finite numbers as features; 1 of 6 ...".
void check_finite(std::string_view who, std::span<float const> values, std::string_view what);

}  // namespace etch::detail
