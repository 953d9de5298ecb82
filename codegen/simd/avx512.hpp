#pragma once

#include <immintrin.h>

#include <limits>

#include "avx2.hpp"
#include "vec.hpp"

namespace etch::simd {

template <>
struct instructions<arch::avx512> {
  using v = vec<arch::avx512>;
  static constexpr bool fused = true;

  using mask = __mmask16;
  [[gnu::always_inline]] static inline mask equal(v a, v b) noexcept {
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
  }
  [[gnu::always_inline]] static inline mask less(v a, v b) noexcept {
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
  }
  [[gnu::always_inline]] static inline v blend(mask m, v a, v b) noexcept {
    return _mm512_mask_blend_ps(m, b, a);
  }
  [[gnu::always_inline]] static inline mask unordered(v a, v b) noexcept {
    return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q);
  }
  [[gnu::always_inline]] static inline bool any(mask m) noexcept { return m != 0; }

  [[gnu::always_inline]] static inline v broadcast(float x) noexcept { return _mm512_set1_ps(x); }

  [[gnu::always_inline]] static inline v load(float const* p) noexcept {
    return _mm512_loadu_ps(p);
  }
  [[gnu::always_inline]] static inline void store(float* p, v a) noexcept {
    _mm512_storeu_ps(p, a);
  }
  [[gnu::always_inline]] static inline v load_partial(float const* p, int count) noexcept {
    return _mm512_maskz_loadu_ps(lanes_below(count), p);
  }
  [[gnu::always_inline]] static inline void store_partial(float* p, v a, int count) noexcept {
    _mm512_mask_storeu_ps(p, lanes_below(count), a);
  }
  [[gnu::always_inline]] static inline v first(v a, int count, v others) noexcept {
    return _mm512_mask_mov_ps(others, lanes_below(count), a);
  }
  [[gnu::always_inline]] static inline void store_pieces(float* p, v a, int count) noexcept {
    if (count < 8) return instructions<arch::avx2>::store_pieces(p, low(a), count);
    instructions<arch::avx2>::store(p, low(a));
    if (count > 8) instructions<arch::avx2>::store_pieces(p + 8, high(a), count - 8);
  }

  [[gnu::always_inline]] static inline v fma(v a, v b, v c) noexcept {
    return _mm512_fmadd_ps(a, b, c);
  }
  [[gnu::always_inline]] static inline v fnma(v a, v b, v c) noexcept {
    return _mm512_fnmadd_ps(a, b, c);
  }
  [[gnu::always_inline]] static inline v max(v a, v b) noexcept {
    return _mm512_maskz_max_ps(every, a, b);
  }
  [[gnu::always_inline]] static inline v min(v a, v b) noexcept {
    return _mm512_maskz_min_ps(every, a, b);
  }
  [[gnu::always_inline]] static inline v maximum(v a, v b) noexcept {
    return _mm512_mask_max_ps(a, _mm512_cmp_ps_mask(a, a, _CMP_ORD_Q), a, b);
  }
  [[gnu::always_inline]] static inline v minimum(v a, v b) noexcept {
    return _mm512_mask_min_ps(a, _mm512_cmp_ps_mask(a, a, _CMP_ORD_Q), a, b);
  }
  [[gnu::always_inline]] static inline v maximum(v most, v a, v b) noexcept {
    v const nan(std::numeric_limits<float>::quiet_NaN());
    return _mm512_mask_max_ps(nan, _mm512_cmp_ps_mask(a, b, _CMP_ORD_Q), max(a, b), most);
  }
  [[gnu::always_inline]] static inline mask exceeds(v a, v most) noexcept {
    __mmask16 const ordered = _mm512_cmp_ps_mask(most, most, _CMP_ORD_Q);
    return _mm512_mask_cmp_ps_mask(ordered, a, most, _CMP_NLE_UQ);
  }
  [[gnu::always_inline]] static inline v div(v a, v b) noexcept { return a / b; }
  [[gnu::always_inline]] static inline v sqrt(v a) noexcept {
    return _mm512_maskz_sqrt_ps(every, a);
  }
  [[gnu::always_inline]] static inline v floor(v a) noexcept {
    return _mm512_maskz_roundscale_ps(every, a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  }
  [[gnu::always_inline]] static inline v round(v a) noexcept {
    return _mm512_maskz_roundscale_ps(every, a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }

  [[gnu::always_inline]] static inline v add_bits(v a, v b) noexcept {
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
  }
  [[gnu::always_inline]] static inline v sub_bits(v a, v b) noexcept {
    return _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
  }
  template <int Count>
  [[gnu::always_inline]] static inline v shift_left(v a) noexcept {
    return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(every, _mm512_castps_si512(a), Count));
  }
  [[gnu::always_inline]] static inline v exponent(v a) noexcept {
    __m512i const shifted = _mm512_maskz_srai_epi32(every, _mm512_castps_si512(a), 23);
    return _mm512_maskz_cvtepi32_ps(every, shifted);
  }

  [[gnu::always_inline]] static inline int compress(float* p, v a, v condition) noexcept {
    __mmask16 const taken = _mm512_cmp_ps_mask(condition, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    _mm512_storeu_ps(p, _mm512_maskz_compress_ps(taken, a));
    return __builtin_popcount(taken);
  }

  /// The root of a, which is 0 or at least 2^-126, within 1 ulp, in less time than `sqrt`.
  [[gnu::always_inline]] static inline v near_sqrt(v a) noexcept {
    v const inverse = _mm512_maskz_rsqrt14_ps(every, max(v(1.17549435e-38F), a));
    v const near = a * inverse;
    return fma(fnma(near, near, a), inverse * v(0.5F), near);
  }
  /// 1 / a within 2^-14 of it, for a normal a with a normal reciprocal.
  [[gnu::always_inline]] static inline v near_reciprocal(v a) noexcept {
    return _mm512_maskz_rcp14_ps(every, a);
  }
  /// table[index], lane by lane, the index in the low 5 bits of each.
  [[gnu::always_inline]] static inline v look_up(float const* table, v index) noexcept {
    return _mm512_permutex2var_ps(load(table), _mm512_castps_si512(index), load(table + 16));
  }

  /// `Width` lanes, 4 or 8: what the store behind it can be part of, which no shuffle can.
  template <int Width, int I>
  [[gnu::always_inline]] static inline auto piece(v a) noexcept {
    if constexpr (Width == 4)
      return _mm512_maskz_extractf32x4_ps(0xff, a, I);
    else
      return _mm512_maskz_extractf32x8_ps(0xff, a, I);
  }

  /// The bits shifted; of two, the smaller ones as unsigned integers.
  template <int Count>
  [[gnu::always_inline]] static inline v shift_right(v a) noexcept {
    return _mm512_castsi512_ps(_mm512_maskz_srli_epi32(every, _mm512_castps_si512(a), Count));
  }
  [[gnu::always_inline]] static inline v min_bits(v a, v b) noexcept {
    return _mm512_castsi512_ps(
        _mm512_maskz_min_epu32(every, _mm512_castps_si512(a), _mm512_castps_si512(b)));
  }
  /// a minus the nearest multiple of 2^-Bits; 0 for an infinity.
  template <int Bits>
  [[gnu::always_inline]] static inline v beyond_multiple(v a) noexcept {
    return _mm512_maskz_reduce_ps(every, a, Bits << 4 | _MM_FROUND_NO_EXC);
  }

  [[gnu::always_inline]] static inline float reduce_add(v a) noexcept {
    return instructions<arch::avx2>::reduce_add(
        _mm256_add_ps(low(a), high(a)));
  }
  [[gnu::always_inline]] static inline float reduce_max(v a) noexcept {
    return instructions<arch::avx2>::reduce_max(
        _mm256_max_ps(low(a), high(a)));
  }

 private:
  // The forms without a mask start from an undefined register, about which g++ 12 warns.
  static constexpr __mmask16 every = 0xffff;

  [[gnu::always_inline]] static inline __m256 low(__m512 a) noexcept {
    return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7);
  }
  [[gnu::always_inline]] static inline __m256 high(__m512 a) noexcept {
    return __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
  }
  [[gnu::always_inline]] static inline __mmask16 lanes_below(int count) noexcept {
    return static_cast<__mmask16>((1U << count) - 1U);
  }
};

}  // namespace etch::simd
