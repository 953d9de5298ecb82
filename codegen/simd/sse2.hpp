#pragma once

#include <immintrin.h>

#include "exact_fma.hpp"
#include "vec.hpp"

namespace etch::simd {

template <>
struct instructions<arch::sse2> {
  using v = vec<arch::sse2>;

  using mask = __m128;
  [[gnu::always_inline]] static inline mask equal(v a, v b) noexcept { return _mm_cmpeq_ps(a, b); }
  [[gnu::always_inline]] static inline mask less(v a, v b) noexcept { return _mm_cmplt_ps(a, b); }
  [[gnu::always_inline]] static inline v blend(mask m, v a, v b) noexcept {
#if defined(__SSE4_1__)
    return _mm_blendv_ps(b, a, m);
#else
    return _mm_or_ps(_mm_and_ps(m, a), _mm_andnot_ps(m, b));
#endif
  }
  [[gnu::always_inline]] static inline mask unordered(v a, v b) noexcept {
    return _mm_cmpunord_ps(a, b);
  }
  [[gnu::always_inline]] static inline bool any(mask m) noexcept { return _mm_movemask_ps(m) != 0; }

  [[gnu::always_inline]] static inline v broadcast(float x) noexcept { return _mm_set1_ps(x); }

  [[gnu::always_inline]] static inline v load(float const* p) noexcept { return _mm_loadu_ps(p); }
  [[gnu::always_inline]] static inline void store(float* p, v a) noexcept { _mm_storeu_ps(p, a); }

  [[gnu::always_inline]] static inline v load_partial(float const* p, int count) noexcept {
    switch (count) {
      case 1: return _mm_load_ss(p);
      case 2: return low(p);
      case 3: return _mm_movelh_ps(low(p), _mm_load_ss(p + 2));
      default: return _mm_setzero_ps();
    }
  }
  [[gnu::always_inline]] static inline void store_partial(float* p, v a, int count) noexcept {
    if (count >= 2) _mm_storel_pi(reinterpret_cast<__m64*>(p), a);
    if (count == 1) _mm_store_ss(p, a);
    if (count == 3) _mm_store_ss(p + 2, _mm_movehl_ps(a, a));
  }
  [[gnu::always_inline]] static inline void store_pieces(float* p, v a, int count) noexcept {
    store_partial(p, a, count);
  }

#if defined(__FMA__)
  static constexpr bool fused = true;
  [[gnu::always_inline]] static inline v fma(v a, v b, v c) noexcept {
    return _mm_fmadd_ps(a, b, c);
  }
  [[gnu::always_inline]] static inline v fnma(v a, v b, v c) noexcept {
    return _mm_fnmadd_ps(a, b, c);
  }
#else
  static constexpr bool fused = false;
  [[gnu::always_inline]] static inline v fma(v a, v b, v c) noexcept {
    return _mm_add_ps(_mm_mul_ps(a, b), c);
  }
  [[gnu::always_inline]] static inline v fnma(v a, v b, v c) noexcept {
    return _mm_sub_ps(c, _mm_mul_ps(a, b));
  }
  [[gnu::always_inline]] static inline v exact_fma(v a, v b, v c) noexcept {
    return detail::exact_fma(a, b, c);
  }
#endif
  [[gnu::always_inline]] static inline v max(v a, v b) noexcept { return _mm_max_ps(a, b); }
  [[gnu::always_inline]] static inline v min(v a, v b) noexcept { return _mm_min_ps(a, b); }
  [[gnu::always_inline]] static inline v maximum(v a, v b) noexcept {
    return _mm_or_ps(_mm_max_ps(a, b), unordered(a, a));
  }
  [[gnu::always_inline]] static inline v minimum(v a, v b) noexcept {
    return _mm_or_ps(_mm_min_ps(a, b), unordered(a, a));
  }
  [[gnu::always_inline]] static inline v maximum(v most, v a, v b) noexcept {
    return _mm_or_ps(_mm_max_ps(_mm_max_ps(a, b), most), unordered(a, b));
  }
  [[gnu::always_inline]] static inline mask exceeds(v a, v most) noexcept {
    return _mm_and_ps(_mm_cmpnle_ps(a, most), _mm_cmpord_ps(most, most));
  }
  [[gnu::always_inline]] static inline v div(v a, v b) noexcept { return a / b; }
  [[gnu::always_inline]] static inline v sqrt(v a) noexcept { return _mm_sqrt_ps(a); }
#if defined(__SSE4_1__)
  [[gnu::always_inline]] static inline v floor(v a) noexcept { return _mm_floor_ps(a); }
  [[gnu::always_inline]] static inline v round(v a) noexcept {
    return _mm_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
#else
  [[gnu::always_inline]] static inline v floor(v a) noexcept {
    v const nearest = round(a);
    return nearest - (v(less(a, nearest)) & v(1.0F));
  }
  [[gnu::always_inline]] static inline v round(v a) noexcept {
    v const sign = a & v(-0.0F), magnitude = a ^ sign;
    v const shift(8388608.0F);  // 2^23: what is added to it has no bits behind the point
    v const nearest = in_register(magnitude + shift) - shift;
    return blend(less(magnitude, shift), nearest | sign, a);
  }
#endif

  [[gnu::always_inline]] static inline v add_bits(v a, v b) noexcept {
    return _mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(a), _mm_castps_si128(b)));
  }
  [[gnu::always_inline]] static inline v sub_bits(v a, v b) noexcept {
    return _mm_castsi128_ps(_mm_sub_epi32(_mm_castps_si128(a), _mm_castps_si128(b)));
  }
  template <int Count>
  [[gnu::always_inline]] static inline v shift_left(v a) noexcept {
    return _mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(a), Count));
  }
  [[gnu::always_inline]] static inline v exponent(v a) noexcept {
    return _mm_cvtepi32_ps(_mm_srai_epi32(_mm_castps_si128(a), 23));
  }

#if defined(__AVX512DQ__) && defined(__AVX512VL__)  // what avx512 has, for fewer lanes
  [[gnu::always_inline]] static inline v look_up(float const* table, v index) noexcept {
    __m512i const wide = _mm512_castps_si512(_mm512_castps128_ps512(index));
    __m512 const found = _mm512_permutex2var_ps(_mm512_loadu_ps(table), wide,
                                                _mm512_loadu_ps(table + 16));
    return __builtin_shufflevector(found, found, 0, 1, 2, 3);
  }
  template <int Count>
  [[gnu::always_inline]] static inline v shift_right(v a) noexcept {
    return _mm_castsi128_ps(_mm_srli_epi32(_mm_castps_si128(a), Count));
  }
  [[gnu::always_inline]] static inline v min_bits(v a, v b) noexcept {
    return _mm_castsi128_ps(_mm_min_epu32(_mm_castps_si128(a), _mm_castps_si128(b)));
  }
  template <int Bits>
  [[gnu::always_inline]] static inline v beyond_multiple(v a) noexcept {
    return _mm_maskz_reduce_ps(0xf, a, Bits << 4 | _MM_FROUND_NO_EXC);
  }
#endif

  [[gnu::always_inline]] static inline float reduce_add(v a) noexcept {
    __m128 const pair = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
  }
  [[gnu::always_inline]] static inline float reduce_max(v a) noexcept {
    __m128 const pair = _mm_max_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_max_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
  }

 private:
  [[gnu::always_inline]] static inline __m128 low(float const* p) noexcept {
    return _mm_loadl_pi(_mm_setzero_ps(), reinterpret_cast<__m64 const*>(p));
  }
};

}  // namespace etch::simd
