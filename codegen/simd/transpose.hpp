#pragma once

#include <bit>
#include <utility>

#include "vec.hpp"

namespace etch::simd {

namespace detail {

/// Lanes `From` and `From + 1` of each block of four, of a and of b in turn.
template <int From, vector V, int... I>
[[gnu::always_inline]] inline V zip_blocks(V a, V b, std::integer_sequence<int, I...>) noexcept {
  constexpr int width = sizeof...(I);
  typedef float floats __attribute__((vector_size(4 * width)));
  return std::bit_cast<V>(
      __builtin_shufflevector(std::bit_cast<floats>(a), std::bit_cast<floats>(b),
                              (I / 4 * 4 + From + I % 4 / 2 + I % 2 * width)...));
}

}  // namespace detail

/// Transposes squares: lane 4 b + i of row j becomes lane 4 b + j of row i, for every block b.
template <vector V>
[[gnu::always_inline]] inline void transpose_blocks(V (&row)[4]) noexcept {
  constexpr std::make_integer_sequence<int, arch_of<V>::width> lanes;
  V const a = detail::zip_blocks<0>(row[0], row[2], lanes);
  V const b = detail::zip_blocks<0>(row[1], row[3], lanes);
  V const c = detail::zip_blocks<2>(row[0], row[2], lanes);
  V const d = detail::zip_blocks<2>(row[1], row[3], lanes);
  row[0] = detail::zip_blocks<0>(a, b, lanes);
  row[1] = detail::zip_blocks<2>(a, b, lanes);
  row[2] = detail::zip_blocks<0>(c, d, lanes);
  row[3] = detail::zip_blocks<2>(c, d, lanes);
}

}  // namespace etch::simd
