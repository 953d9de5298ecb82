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

/// Blocks of four lanes, of a and b one after the other: number `From + i * Step` of the two is
/// number i of the result.
template <int From, int Step, vector V, int... I>
[[gnu::always_inline]] inline V pick_blocks(V a, V b, std::integer_sequence<int, I...>) noexcept {
  constexpr int width = sizeof...(I);
  typedef float floats __attribute__((vector_size(4 * width)));
  return std::bit_cast<V>(__builtin_shufflevector(
      std::bit_cast<floats>(a), std::bit_cast<floats>(b), ((From + I / 4 * Step) * 4 + I % 4)...));
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

/// Lane 4 b + i is the sum over block b of row[i].
template <vector V>
[[gnu::always_inline]] inline V sum_in_blocks(V const (&row)[4]) noexcept {
  constexpr std::make_integer_sequence<int, arch_of<V>::width> lanes;
  V const even =
      detail::zip_blocks<0>(row[0], row[2], lanes) + detail::zip_blocks<2>(row[0], row[2], lanes);
  V const odd =
      detail::zip_blocks<0>(row[1], row[3], lanes) + detail::zip_blocks<2>(row[1], row[3], lanes);
  return detail::zip_blocks<0>(even, odd, lanes) + detail::zip_blocks<2>(even, odd, lanes);
}

/// Block i is the sum of the blocks of row[i], of as many rows as a vector has blocks.
template <vector V, int Rows>
[[gnu::always_inline]] inline V sum_blocks(V const (&row)[Rows]) noexcept {
  if constexpr (Rows == 1) {
    return row[0];
  } else {
    constexpr std::make_integer_sequence<int, arch_of<V>::width> lanes;
    V half[Rows / 2];
#pragma GCC unroll 2
    for (int i = 0; i < Rows / 2; ++i)
      half[i] = detail::pick_blocks<0, 2>(row[2 * i], row[2 * i + 1], lanes) +
                detail::pick_blocks<1, 2>(row[2 * i], row[2 * i + 1], lanes);
    return sum_blocks(half);
  }
}

}  // namespace etch::simd
