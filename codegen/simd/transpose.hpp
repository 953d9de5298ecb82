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

/// Blocks of four lanes, of a and b in turn, from number `From` of each on.
template <int From, vector V, int... I>
[[gnu::always_inline]] inline V alternate_blocks(V a, V b,
                                                 std::integer_sequence<int, I...>) noexcept {
  constexpr int width = sizeof...(I);
  typedef float floats __attribute__((vector_size(4 * width)));
  return std::bit_cast<V>(
      __builtin_shufflevector(std::bit_cast<floats>(a), std::bit_cast<floats>(b),
                              ((From + I / 8) * 4 + I % 4 + I / 4 % 2 * width)...));
}

template <class To, int From, vector V, int... I>
[[gnu::always_inline]] inline vec<To> lanes_from(V a, std::integer_sequence<int, I...>) noexcept {
  typedef float floats __attribute__((vector_size(4 * arch_of<V>::width)));
  floats const all = std::bit_cast<floats>(a);
  return std::bit_cast<vec<To>>(__builtin_shufflevector(all, all, (From + I)...));
}

}  // namespace detail

/// Number `I` of the pieces of `a` that fill a vector of `To`.
template <class To, int I, vector V>
[[gnu::always_inline]] inline vec<To> piece(V a) noexcept {
  using isa = instructions<arch_of<V>>;
  if constexpr (requires { isa::template piece<To::width, I>(a); })
    return isa::template piece<To::width, I>(a);
  else
    return detail::lanes_from<To, I * To::width>(a, std::make_integer_sequence<int, To::width>{});
}

/// The blocks of four lanes of a and b in turn, the first half of them in a, the others in b.
template <vector V>
[[gnu::always_inline]] inline void interleave_blocks(V& a, V& b) noexcept {
  constexpr std::make_integer_sequence<int, arch_of<V>::width> lanes;
  V const first = detail::alternate_blocks<0>(a, b, lanes);
  b = detail::alternate_blocks<arch_of<V>::width / 8>(a, b, lanes);
  a = first;
}

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

/// The lanes from the last to the first.
template <vector V, int... I>
[[gnu::always_inline]] inline V reverse(V a, std::integer_sequence<int, I...>) noexcept {
  typedef float floats __attribute__((vector_size(4 * sizeof...(I))));
  floats const all = std::bit_cast<floats>(a);
  return std::bit_cast<V>(
      __builtin_shufflevector(all, all, (static_cast<int>(sizeof...(I)) - 1 - I)...));
}
template <vector V>
[[gnu::always_inline]] inline V reverse(V a) noexcept {
  return reverse(a, std::make_integer_sequence<int, arch_of<V>::width>{});
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

namespace detail {

/// The floats at a, and behind them those at b, as a vector of Arch.
template <class Arch>
[[gnu::always_inline]] inline vec<Arch> joined(float const* a, float const* b) noexcept {
  constexpr int half = Arch::width / 2;
  typedef float floats __attribute__((vector_size(4 * half)));
  floats low, high;
  __builtin_memcpy(&low, a, sizeof low);
  __builtin_memcpy(&high, b, sizeof high);
  return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    return std::bit_cast<vec<Arch>>(__builtin_shufflevector(low, high, I...));
  }(std::make_integer_sequence<int, 2 * half>{});
}

}  // namespace detail

/// Rows that transpose_columns makes: as long as the pieces that a vector is put together from.
template <class Arch>
inline constexpr int transposed_rows = Arch::width == 16 ? 8 : 4;

/// put(i, row) for i < transposed_rows: lane n of the row is from[place(n) + i].
template <class Arch, class Place, class Put>
[[gnu::always_inline]] inline void transpose_columns(float const* from, Place const& place,
                                                     Put const& put) noexcept {
  constexpr std::make_integer_sequence<int, Arch::width> lanes;
  vec<Arch> row[4], other[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    if constexpr (Arch::width == 4) {
      row[i] = load<Arch>(from + place(i));
    } else {
      row[i] = detail::joined<Arch>(from + place(i), from + place(i + 4));
      if constexpr (Arch::width == 16)
        other[i] = detail::joined<Arch>(from + place(i + 8), from + place(i + 12));
    }
  }
  transpose_blocks(row);
  if constexpr (Arch::width == 16) transpose_blocks(other);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    if constexpr (Arch::width == 16) {
      put(i, detail::pick_blocks<0, 2>(row[i], other[i], lanes));
      put(i + 4, detail::pick_blocks<1, 2>(row[i], other[i], lanes));
    } else {
      put(i, row[i]);
    }
  }
}

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

}  // namespace etch::simd
