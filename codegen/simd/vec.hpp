#pragma once

#include <xsimd/xsimd.hpp>

#include "arch.hpp"

namespace etch::simd {

namespace detail {

template <class Arch>
struct batch_of;
template <class Vec>
struct tag_of;

#if defined(__x86_64__)
template <>
struct batch_of<arch::sse2> {
#if defined(__FMA__) && defined(__SSE4_2__)
  using type = xsimd::batch<float, xsimd::sse4_2>;
#else
  using type = xsimd::batch<float, xsimd::sse2>;
#endif
};
template <>
struct batch_of<arch::avx2> {
  using type = xsimd::batch<float, xsimd::fma3<xsimd::avx2>>;
};
template <>
struct batch_of<arch::avx512> {
  using type = xsimd::batch<float, xsimd::avx512bw>;
};

template <>
struct tag_of<batch_of<arch::sse2>::type> {
  using type = arch::sse2;
};
template <>
struct tag_of<batch_of<arch::avx2>::type> {
  using type = arch::avx2;
};
template <>
struct tag_of<batch_of<arch::avx512>::type> {
  using type = arch::avx512;
};
#else
template <>
struct batch_of<arch::neon> {
  using type = xsimd::batch<float, xsimd::neon64>;
};
template <>
struct tag_of<batch_of<arch::neon>::type> {
  using type = arch::neon;
};
#endif

}  // namespace detail

/// `Arch::width` floats in one register, with the operators + - * / and unary -.
template <class Arch>
  requires arch::compiled<Arch>
using vec = typename detail::batch_of<Arch>::type;

/// A `vec` of some instruction set.
template <class Vec>
concept vector = requires { typename detail::tag_of<Vec>::type; };

/// The tag of a vector type: `arch_of<vec<Arch>>` is `Arch`.
template <vector Vec>
using arch_of = typename detail::tag_of<Vec>::type;

/// What each instruction set supplies, one specialisation each; everything else in this folder is
/// written in terms of it. Members: load, store, load_partial, store_partial, store_pieces, fma,
/// fnma, `fused` (whether fma rounds once), min, max, div, sqrt, floor, round, reduce_add,
/// reduce_max, and on the bits of a float as an int32: add_bits, sub_bits, shift_left<n>, exponent
/// (`float(bits >> 23)`).
/// Some have: near_reciprocal, rough_reciprocal, near_sqrt, look_up.
template <class Arch>
struct instructions;

/// `mask ? a : b`; a mask is what comparing two vectors gives.
template <class Mask, vector V>
[[gnu::always_inline]] inline V blend(Mask mask, V a, V b) noexcept {
  return xsimd::select(mask, a, b);
}

/// Whether the mask is set in some lane.
template <class Mask>
[[gnu::always_inline]] inline bool any(Mask mask) noexcept {
  return xsimd::any(mask);
}

/// `a`, held in a register: g++ would load it again for every use, and a core multiplies faster
/// than it loads.
template <vector V>
[[gnu::always_inline]] inline V in_register(V a) noexcept {
#if defined(__x86_64__)
  asm("" : "+v"(a.data));
#else
  asm("" : "+w"(a.data));
#endif
  return a;
}

}  // namespace etch::simd
