#pragma once

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

/// The numbers for which `good` is false. A training step asks this of each of its targets.
template <class Good>
bad_numbers find_bad(std::span<float const> values, Good good) {
  bad_numbers bad{.of = values.size()};
  float const* const v = values.data();
  std::size_t i = 0;
  constexpr std::size_t run = 16;  // without a branch, which compilers turn into vectors at -O2
  for (; i + run <= values.size(); i += run) {
    unsigned here = 0;  // as wide as a float
    for (std::size_t k = 0; k < run; ++k) here += good(v[i + k]) ? 0u : 1u;
    bad.count += here;
  }
  for (; i < values.size(); ++i) bad.count += good(v[i]) ? 0u : 1u;
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
