#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "vec.hpp"
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && \
    defined(__AVX512DQ__) && defined(__AVX512VL__)
#include "avx512.hpp"
#elif defined(__AVX2__) && defined(__FMA__)
#include "avx2.hpp"
#elif defined(__x86_64__)
#include "sse2.hpp"
#else
#include "neon.hpp"
#endif
#include "deterministic.hpp"

/// Call these functions with their namespace, `simd::exp(x)`. All are lane by lane.
namespace etch::simd {

/// `Arch::width` floats from `p`, which needs no alignment.
template <class Arch>
[[gnu::always_inline]] inline vec<Arch> load(float const* p) noexcept {
  return instructions<Arch>::load(p);
}

template <vector V>
[[gnu::always_inline]] inline void store(float* p, V a) noexcept {
  instructions<arch_of<V>>::store(p, a);
}

/// The first `count` floats from `p` and 0 in the other lanes, 0 <= count <= Arch::width. Memory
/// from `p + count` on is not touched. A constant `count == Arch::width` is a plain load.
template <class Arch>
[[gnu::always_inline]] inline vec<Arch> load_partial(float const* p, int count) noexcept {
  if (count == Arch::width) return instructions<Arch>::load(p);
  return instructions<Arch>::load_partial(p, count);
}

/// Stores the first `count` lanes, 0 <= count <= width, and touches nothing from `p + count` on.
template <vector V>
[[gnu::always_inline]] inline void store_partial(float* p, V a, int count) noexcept {
  if (count == arch_of<V>::width) return instructions<arch_of<V>>::store(p, a);
  instructions<arch_of<V>>::store_partial(p, a, count);
}

/// The same for a constant `count` and what is loaded again at once: in plain stores. A load after
/// a masked store waits until that has reached the cache.
template <vector V>
[[gnu::always_inline]] inline void store_pieces(float* p, V a, int count) noexcept {
  if (count == arch_of<V>::width) return instructions<arch_of<V>>::store(p, a);
  instructions<arch_of<V>>::store_pieces(p, a, count);
}

template <class Arch>
[[gnu::always_inline]] inline vec<Arch> broadcast(float value) noexcept {
  return vec<Arch>(value);
}

template <class Arch>
[[gnu::always_inline]] inline vec<Arch> zero() noexcept {
  return vec<Arch>(0.0F);
}

/// `a * b + c`, rounded once, except on sse2 without FMA where the product is rounded too.
template <vector V>
[[gnu::always_inline]] inline V fma(V a, V b, V c) noexcept {
  return instructions<arch_of<V>>::fma(a, b, c);
}

/// `c - a * b`, rounded like `fma`.
template <vector V>
[[gnu::always_inline]] inline V fnma(V a, V b, V c) noexcept {
  return instructions<arch_of<V>>::fnma(a, b, c);
}

/// `a > b ? a : b`. So `b` when either is NaN: `max(zero, x)` keeps a NaN in x, `max(x, zero)`
/// drops it. For two zeros the result is `b`.
template <vector V>
[[gnu::always_inline]] inline V max(V a, V b) noexcept {
  return instructions<arch_of<V>>::max(a, b);
}

/// `a < b ? a : b`. So `b` when either is NaN.
template <vector V>
[[gnu::always_inline]] inline V min(V a, V b) noexcept {
  return instructions<arch_of<V>>::min(a, b);
}

/// The larger, or NaN where one is NaN (IEEE 754-2019 maximum, but for two zeros one of the two): an
/// instruction more than `max`, or two.
template <vector V>
[[gnu::always_inline]] inline V maximum(V a, V b) noexcept {
  return instructions<arch_of<V>>::maximum(a, b);
}
template <vector V>
[[gnu::always_inline]] inline V minimum(V a, V b) noexcept {
  return instructions<arch_of<V>>::minimum(a, b);
}
/// The largest of three in fewer instructions.
template <vector V>
[[gnu::always_inline]] inline V maximum(V most, V a, V b) noexcept {
  return instructions<arch_of<V>>::maximum(most, a, b);
}

/// `a / b`, rounded correctly.
template <vector V>
[[gnu::always_inline]] inline V div(V a, V b) noexcept {
  return instructions<arch_of<V>>::div(a, b);
}

template <vector V>
[[gnu::always_inline]] inline V sqrt(V a) noexcept {
  return instructions<arch_of<V>>::sqrt(a);
}

namespace detail {

/// Every lane with these bits.
template <vector V>
[[gnu::always_inline]] inline V bits(std::uint32_t pattern) noexcept {
  return V(bit_cast<float>(pattern));
}

template <vector V>
[[gnu::always_inline]] inline V sign_of(V a) noexcept {
  return a & V(-0.0F);
}

}  // namespace detail

template <vector V>
[[gnu::always_inline]] inline V abs(V a) noexcept {
  return a & detail::bits<V>(0x7fffffffU);
}

/// `a > b` as 1 or 0; 0 when either is NaN.
template <vector V>
[[gnu::always_inline]] inline V greater(V a, V b) noexcept {
  return simd::blend(a > b, V(1.0F), V(0.0F));
}

/// `a == b` as 1 or 0; 0 when either is NaN.
template <vector V>
[[gnu::always_inline]] inline V equal(V a, V b) noexcept {
  return simd::blend(a == b, V(1.0F), V(0.0F));
}

/// `condition != 0 ? a : b`; a NaN counts as not 0.
template <vector V>
[[gnu::always_inline]] inline V select(V condition, V a, V b) noexcept {
  return simd::blend(condition == V(0.0F), b, a);
}

inline constexpr std::array<float, 16> lane_ones{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

/// The first `count` lanes of `a`, those of `others` behind them.
template <vector V>
[[gnu::always_inline]] inline V first_lanes(V a, int count, V others) noexcept {
  using isa = instructions<arch_of<V>>;
  if constexpr (requires { isa::first(a.data, count, a.data); })
    return V{isa::first(a.data, count, others.data)};
  else
    return select(load_partial<arch_of<V>>(lane_ones.data(), count), a, others);
}

/// The first `count` lanes of `a`, 0 < count <= width, and one of them in each of the others.
template <vector V>
[[gnu::always_inline]] inline V repeat_lanes(V a, int count) noexcept {
  if (count == arch_of<V>::width) return a;
  // not by memcpy, for which g++ kept vectors on the stack that were whole, too: sums of a product that
  // are divided took two and a half times as long
  typedef float floats __attribute__((vector_size(sizeof a)));
  return simd::first_lanes(a, count, V(std::bit_cast<floats>(a)[0]));
}

/// `load_partial` with one of the first lanes in each of the others: what is computed of them is
/// computed of numbers that count.
template <class Arch>
[[gnu::always_inline]] inline vec<Arch> load_repeated(float const* p, int count) noexcept {
  return simd::repeat_lanes(simd::load_partial<Arch>(p, count), count);
}

/// The nearest integer, halfway cases to the even one (ONNX Round).
template <vector V>
[[gnu::always_inline]] inline V round(V a) noexcept {
  return instructions<arch_of<V>>::round(a);
}

/// The largest integer not above `a`.
template <vector V>
[[gnu::always_inline]] inline V floor(V a) noexcept {
  return instructions<arch_of<V>>::floor(a);
}

/// Stores the lanes of `a` where `condition` is not 0 one after the other and says how many they
/// are. What else of the vector's length lies at `p` becomes unspecified.
template <vector V>
[[gnu::always_inline]] inline int compress(float* p, V a, V condition) noexcept {
  using isa = instructions<arch_of<V>>;
  if constexpr (requires { isa::compress(p, a, condition); }) {
    return isa::compress(p, a, condition);
  } else {
    constexpr int width = arch_of<V>::width;
    float lanes[width], taken[width];
    isa::store(lanes, a);
    isa::store(taken, condition);
    int count = 0;
    for (int i = 0; i < width; ++i) p[count] = lanes[i], count += taken[i] != 0;
    return count;
  }
}

/// The sum of the lanes, added in a tree: halves first.
template <vector V>
[[gnu::always_inline]] inline float reduce_add(V a) noexcept {
  return instructions<arch_of<V>>::reduce_add(a);
}

/// The largest lane, or NaN if one is NaN.
template <vector V>
[[gnu::always_inline]] inline float reduce_max(V a) noexcept {
  float const most = instructions<arch_of<V>>::reduce_max(a);
  return simd::any(simd::unordered(a, a)) ? std::numeric_limits<float>::quiet_NaN() : most;
}

/// `accurate`: within 2 units in the last place (ulp). `fast`: fewer instructions, error bounds in
/// each function's comment.
enum class accuracy { accurate, fast };

}  // namespace etch::simd
