#pragma once

#include <immintrin.h>

namespace etch::simd::detail {

/// a * b + c for two lanes, rounded to a double whose conversion to float is a * b + c rounded
/// once. The product of two floats is exact in double. What the sum loses is found by Knuth's
/// TwoSum and kept in its last bit, rounding to odd. Source: Boldo and Melquiond, "Emulation of a
/// FMA and correctly rounded sums" (2008).
[[gnu::always_inline]] inline __m128d odd_fma(__m128d a, __m128d b, __m128d c) noexcept {
  __m128d const product = _mm_mul_pd(a, b);
  __m128d const sum = _mm_add_pd(product, c);
  __m128d const added = _mm_sub_pd(sum, product);
  __m128d const lost = _mm_add_pd(_mm_sub_pd(product, _mm_sub_pd(sum, added)),
                                  _mm_sub_pd(c, added));
  // towards zero: one less where what is lost has the other sign; then an odd last bit
  __m128d const sign = _mm_set1_pd(-0.0);
  __m128d const inexact = _mm_cmplt_pd(_mm_setzero_pd(), _mm_andnot_pd(sign, lost));  // not for NaN
  __m128i const differs = _mm_srli_epi64(_mm_castpd_si128(_mm_xor_pd(lost, sum)), 63);
  __m128i const mask = _mm_castpd_si128(inexact);
  __m128i const bits = _mm_sub_epi64(_mm_castpd_si128(sum), _mm_and_si128(differs, mask));
  return _mm_castsi128_pd(_mm_or_si128(bits, _mm_srli_epi64(mask, 63)));
}

/// a * b + c rounded once, without the instruction for it.
[[gnu::always_inline]] inline __m128 exact_fma(__m128 a, __m128 b, __m128 c) noexcept {
  __m128d const low = odd_fma(_mm_cvtps_pd(a), _mm_cvtps_pd(b), _mm_cvtps_pd(c));
  __m128d const high = odd_fma(_mm_cvtps_pd(_mm_movehl_ps(a, a)), _mm_cvtps_pd(_mm_movehl_ps(b, b)),
                               _mm_cvtps_pd(_mm_movehl_ps(c, c)));
  return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}

}  // namespace etch::simd::detail
