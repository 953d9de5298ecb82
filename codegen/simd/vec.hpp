#pragma once

#include <cstddef>

// Of xsimd the registers alone: its functions take half a second of every translation unit.
#include <xsimd/config/xsimd_config.hpp>
#if __has_include(<xsimd/config/xsimd_inline.hpp>)
#include <xsimd/config/xsimd_inline.hpp>
#endif
#include <xsimd/types/xsimd_all_registers.hpp>

#include "arch.hpp"

namespace etch::simd {

template <class Arch>
struct instructions;

namespace detail {

/// Whose registers of xsimd `Arch` uses.
template <class Arch>
struct xsimd_arch;
#if defined(__x86_64__)
template <>
struct xsimd_arch<arch::sse2> {
  using type = xsimd::sse2;
};
template <>
struct xsimd_arch<arch::avx2> {
  using type = xsimd::avx2;
};
template <>
struct xsimd_arch<arch::avx512> {
  using type = xsimd::avx512bw;
};
#else
template <>
struct xsimd_arch<arch::neon> {
  using type = xsimd::neon64;
};
#endif

}  // namespace detail

/// Lanes that are set or not: what comparing two vectors gives.
template <class Arch>
struct native_mask {
  typename instructions<Arch>::mask data;
};

/// xsimd's register of `Arch::width` floats, with operators of an instruction each.
template <class Arch>
struct native_vec {
  using isa = instructions<Arch>;
  using xsimd_arch = typename detail::xsimd_arch<Arch>::type;
  using register_type = typename xsimd::types::simd_register<float, xsimd_arch>::register_type;

  register_type data;

  native_vec() = default;
  [[gnu::always_inline]] native_vec(register_type r) noexcept : data(r) {}
  [[gnu::always_inline]] explicit native_vec(float x) noexcept : data(isa::broadcast(x)) {}
  [[gnu::always_inline]] operator register_type() const noexcept { return data; }

  using v = native_vec;
  [[gnu::always_inline]] friend v operator+(v a, v b) noexcept { return a.data + b.data; }
  [[gnu::always_inline]] friend v operator-(v a, v b) noexcept { return a.data - b.data; }
  [[gnu::always_inline]] friend v operator*(v a, v b) noexcept { return a.data * b.data; }
  [[gnu::always_inline]] friend v operator/(v a, v b) noexcept { return a.data / b.data; }
  [[gnu::always_inline]] friend v operator-(v a) noexcept { return -a.data; }
  [[gnu::always_inline]] friend v operator&(v a, v b) noexcept { return join(a.bits() & b.bits()); }
  [[gnu::always_inline]] friend v operator|(v a, v b) noexcept { return join(a.bits() | b.bits()); }
  [[gnu::always_inline]] friend v operator^(v a, v b) noexcept { return join(a.bits() ^ b.bits()); }

  using mask = native_mask<Arch>;
  [[gnu::always_inline]] friend mask operator==(v a, v b) noexcept { return {isa::equal(a, b)}; }
  [[gnu::always_inline]] friend mask operator<(v a, v b) noexcept { return {isa::less(a, b)}; }
  [[gnu::always_inline]] friend mask operator>(v a, v b) noexcept { return {isa::less(b, a)}; }

 private:
  typedef int ints __attribute__((vector_size(4 * Arch::width)));
  [[gnu::always_inline]] ints bits() const noexcept { return reinterpret_cast<ints>(data); }
  [[gnu::always_inline]] static v join(ints a) noexcept {
    return reinterpret_cast<register_type>(a);
  }
};

namespace detail {

template <class Arch>
struct vec_of {
  using type = native_vec<Arch>;
};
template <class Vec>
struct tag_of;
template <class Arch>
struct tag_of<native_vec<Arch>> {
  using type = Arch;
};

}  // namespace detail

/// `Arch::width` floats with the operators + - * / & | ^ and unary -; == < > give a mask.
template <class Arch>
  requires arch::compiled<Arch>
using vec = typename detail::vec_of<Arch>::type;

/// A `vec` of some instruction set.
template <class Vec>
concept vector = requires { typename detail::tag_of<Vec>::type; };

/// The tag of a vector type: `arch_of<vec<Arch>>` is `Arch`.
template <vector Vec>
using arch_of = typename detail::tag_of<Vec>::type;

/// std::bit_cast of a number, inlined with -O0 too. Of vectors std's own is better: g++ with -O2
/// kept what was transposed with this one on the stack.
template <class To, class From>
[[gnu::always_inline]] constexpr To bit_cast(From a) noexcept {
  return __builtin_bit_cast(To, a);
}

/// What each instruction set supplies, one specialisation each; everything else in this folder is
/// written in terms of it. Members: broadcast, load, store, load_partial, store_partial,
/// store_pieces, fma, fnma, `fused` (whether fma rounds once), min, max, minimum, maximum, div, sqrt,
/// floor, round, reduce_add, reduce_max (of numbers); `mask`, and of masks equal, less, unordered,
/// exceeds, blend, any; on the bits of a float as an int32: add_bits, sub_bits, shift_left<n>,
/// exponent (`float(bits >> 23)`).
/// Some have: near_reciprocal, rough_reciprocal, near_sqrt; look_up with shift_right, min_bits and
/// beyond_multiple.
template <class Arch>
struct instructions;

/// `mask ? a : b`; a mask is what comparing two vectors gives.
template <class Arch>
[[gnu::always_inline]] inline native_vec<Arch> blend(native_mask<Arch> mask, native_vec<Arch> a,
                                                     native_vec<Arch> b) noexcept {
  return instructions<Arch>::blend(mask.data, a, b);
}

/// Whether the mask is set in some lane.
template <class Arch>
[[gnu::always_inline]] inline bool any(native_mask<Arch> mask) noexcept {
  return instructions<Arch>::any(mask.data);
}

/// Where a > most, or a is NaN and `most` is not: a NaN counts as larger than all else.
template <class Arch>
[[gnu::always_inline]] inline native_mask<Arch> exceeds(native_vec<Arch> a,
                                                        native_vec<Arch> most) noexcept {
  return {instructions<Arch>::exceeds(a, most)};
}

/// Where one of the two is NaN.
template <class Arch>
[[gnu::always_inline]] inline native_mask<Arch> unordered(native_vec<Arch> a,
                                                          native_vec<Arch> b) noexcept {
  return {instructions<Arch>::unordered(a, b)};
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
