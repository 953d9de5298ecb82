#pragma once

#include <immintrin.h>

#include <cstdint>

#include "sse2.hpp"
#include "vec.hpp"

namespace etch::simd {

template <>
struct instructions<arch::avx2> {
  using v = vec<arch::avx2>;
  static constexpr bool fused = true;

  using mask = __m256;
  [[gnu::always_inline]] static inline mask equal(v a, v b) noexcept {
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
  }
  [[gnu::always_inline]] static inline mask less(v a, v b) noexcept {
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
  }
  [[gnu::always_inline]] static inline v blend(mask m, v a, v b) noexcept {
    return _mm256_blendv_ps(b, a, m);
  }
  [[gnu::always_inline]] static inline mask unordered(v a, v b) noexcept {
    return _mm256_cmp_ps(a, b, _CMP_UNORD_Q);
  }
  [[gnu::always_inline]] static inline bool any(mask m) noexcept {
    return _mm256_movemask_ps(m) != 0;
  }

  [[gnu::always_inline]] static inline v broadcast(float x) noexcept { return _mm256_set1_ps(x); }

  [[gnu::always_inline]] static inline v load(float const* p) noexcept {
    return _mm256_loadu_ps(p);
  }
  [[gnu::always_inline]] static inline void store(float* p, v a) noexcept {
    _mm256_storeu_ps(p, a);
  }
  [[gnu::always_inline]] static inline v load_partial(float const* p, int count) noexcept {
    return _mm256_maskload_ps(p, lanes_below(count));
  }
  [[gnu::always_inline]] static inline void store_partial(float* p, v a, int count) noexcept {
    _mm256_maskstore_ps(p, lanes_below(count), a);
  }
  [[gnu::always_inline]] static inline v first(v a, int count, v others) noexcept {
    return _mm256_blendv_ps(others, a, _mm256_castsi256_ps(lanes_below(count)));
  }
  [[gnu::always_inline]] static inline void store_pieces(float* p, v a, int count) noexcept {
    using half = instructions<arch::sse2>;
    if (count < 4) return half::store_pieces(p, _mm256_castps256_ps128(a), count);
    half::store(p, _mm256_castps256_ps128(a));
    if (count > 4) half::store_pieces(p + 4, _mm256_extractf128_ps(a, 1), count - 4);
  }

  [[gnu::always_inline]] static inline v fma(v a, v b, v c) noexcept {
    return _mm256_fmadd_ps(a, b, c);
  }
  [[gnu::always_inline]] static inline v fnma(v a, v b, v c) noexcept {
    return _mm256_fnmadd_ps(a, b, c);
  }
  [[gnu::always_inline]] static inline v max(v a, v b) noexcept { return _mm256_max_ps(a, b); }
  [[gnu::always_inline]] static inline v min(v a, v b) noexcept { return _mm256_min_ps(a, b); }
  [[gnu::always_inline]] static inline v maximum(v a, v b) noexcept {
    return _mm256_or_ps(_mm256_max_ps(a, b), unordered(a, a));
  }
  [[gnu::always_inline]] static inline v minimum(v a, v b) noexcept {
    return _mm256_or_ps(_mm256_min_ps(a, b), unordered(a, a));
  }
  [[gnu::always_inline]] static inline v maximum(v most, v a, v b) noexcept {
    return _mm256_or_ps(_mm256_max_ps(_mm256_max_ps(a, b), most), unordered(a, b));
  }
  [[gnu::always_inline]] static inline mask exceeds(v a, v most) noexcept {
    return _mm256_and_ps(_mm256_cmp_ps(a, most, _CMP_NLE_UQ),
                         _mm256_cmp_ps(most, most, _CMP_ORD_Q));
  }
  [[gnu::always_inline]] static inline v div(v a, v b) noexcept { return a / b; }
  [[gnu::always_inline]] static inline v sqrt(v a) noexcept { return _mm256_sqrt_ps(a); }
  [[gnu::always_inline]] static inline v floor(v a) noexcept { return _mm256_floor_ps(a); }
  [[gnu::always_inline]] static inline v round(v a) noexcept {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }

  [[gnu::always_inline]] static inline v add_bits(v a, v b) noexcept {
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
  }
  [[gnu::always_inline]] static inline v sub_bits(v a, v b) noexcept {
    return _mm256_castsi256_ps(_mm256_sub_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
  }
  template <int Count>
  [[gnu::always_inline]] static inline v shift_left(v a) noexcept {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), Count));
  }
  [[gnu::always_inline]] static inline v exponent(v a) noexcept {
    return _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_castps_si256(a), 23));
  }

  /// 1 / a within 1.5 * 2^-12 of it, for a normal a with a normal reciprocal.
  [[gnu::always_inline]] static inline v rough_reciprocal(v a) noexcept {
    return _mm256_rcp_ps(a);
  }

#if defined(__BMI2__)
  [[gnu::always_inline]] static inline int compress(float* p, v a, v condition) noexcept {
    __m256 const differs = _mm256_cmp_ps(condition, _mm256_setzero_ps(), _CMP_NEQ_UQ);
    auto const taken = static_cast<unsigned>(_mm256_movemask_ps(differs));
    auto const every = 0x0706050403020100U;  // a byte a lane: its number
    std::uint64_t const bytes = _pdep_u64(taken, 0x0101010101010101U) * 0xff;
    auto const numbers = static_cast<long long>(_pext_u64(every, bytes));
    __m256i const lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(numbers));
    _mm256_storeu_ps(p, _mm256_permutevar8x32_ps(a, lanes));
    return __builtin_popcount(taken);
  }
#endif

#if defined(__AVX512DQ__) && defined(__AVX512VL__)  // what avx512 has, for fewer lanes
  [[gnu::always_inline]] static inline v look_up(float const* table, v index) noexcept {
    __m512i const wide = _mm512_castps_si512(_mm512_castps256_ps512(index));
    __m512 const found = _mm512_permutex2var_ps(_mm512_loadu_ps(table), wide,
                                                _mm512_loadu_ps(table + 16));
    return __builtin_shufflevector(found, found, 0, 1, 2, 3, 4, 5, 6, 7);
  }
  template <int Count>
  [[gnu::always_inline]] static inline v shift_right(v a) noexcept {
    return _mm256_castsi256_ps(_mm256_srli_epi32(_mm256_castps_si256(a), Count));
  }
  [[gnu::always_inline]] static inline v min_bits(v a, v b) noexcept {
    return _mm256_castsi256_ps(_mm256_min_epu32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
  }
  template <int Bits>
  [[gnu::always_inline]] static inline v beyond_multiple(v a) noexcept {
    return _mm256_maskz_reduce_ps(0xff, a, Bits << 4 | _MM_FROUND_NO_EXC);
  }
#endif

  [[gnu::always_inline]] static inline float reduce_add(v a) noexcept {
    return instructions<arch::sse2>::reduce_add(
        _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1)));
  }
  [[gnu::always_inline]] static inline float reduce_max(v a) noexcept {
    return instructions<arch::sse2>::reduce_max(
        _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1)));
  }

 private:
  [[gnu::always_inline]] static inline __m256i lanes_below(int count) noexcept {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};

}  // namespace etch::simd
