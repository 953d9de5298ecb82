#pragma once

#include <arm_neon.h>

#include "vec.hpp"

namespace etch::simd {

template <>
struct instructions<arch::neon> {
  using v = vec<arch::neon>;
  static constexpr bool fused = true;

  using mask = uint32x4_t;
  [[gnu::always_inline]] static inline mask equal(v a, v b) noexcept { return vceqq_f32(a, b); }
  [[gnu::always_inline]] static inline mask less(v a, v b) noexcept { return vcltq_f32(a, b); }
  [[gnu::always_inline]] static inline v blend(mask m, v a, v b) noexcept {
    return vbslq_f32(m, a, b);
  }
  [[gnu::always_inline]] static inline mask unordered(v a, v b) noexcept {
    return vmvnq_u32(vandq_u32(vceqq_f32(a, a), vceqq_f32(b, b)));
  }
  [[gnu::always_inline]] static inline bool any(mask m) noexcept { return vmaxvq_u32(m) != 0; }

  [[gnu::always_inline]] static inline v broadcast(float x) noexcept { return vdupq_n_f32(x); }

  [[gnu::always_inline]] static inline v load(float const* p) noexcept { return vld1q_f32(p); }
  [[gnu::always_inline]] static inline void store(float* p, v a) noexcept { vst1q_f32(p, a); }

  [[gnu::always_inline]] static inline v load_partial(float const* p, int count) noexcept {
    float32x4_t a = vdupq_n_f32(0.0F);
    if (count > 0) a = vld1q_lane_f32(p, a, 0);
    if (count > 1) a = vld1q_lane_f32(p + 1, a, 1);
    if (count > 2) a = vld1q_lane_f32(p + 2, a, 2);
    return a;
  }
  [[gnu::always_inline]] static inline void store_partial(float* p, v a, int count) noexcept {
    if (count > 0) vst1q_lane_f32(p, a, 0);
    if (count > 1) vst1q_lane_f32(p + 1, a, 1);
    if (count > 2) vst1q_lane_f32(p + 2, a, 2);
  }
  [[gnu::always_inline]] static inline void store_pieces(float* p, v a, int count) noexcept {
    store_partial(p, a, count);
  }

  [[gnu::always_inline]] static inline v fma(v a, v b, v c) noexcept { return vfmaq_f32(c, a, b); }
  [[gnu::always_inline]] static inline v fnma(v a, v b, v c) noexcept {
    return vfmsq_f32(c, a, b);
  }
  // vmaxq_f32 would return NaN for either operand; x86 returns the second, and so does this.
  [[gnu::always_inline]] static inline v max(v a, v b) noexcept {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
  }
  [[gnu::always_inline]] static inline v min(v a, v b) noexcept {
    return vbslq_f32(vcltq_f32(a, b), a, b);
  }
  [[gnu::always_inline]] static inline v maximum(v a, v b) noexcept { return vmaxq_f32(a, b); }
  [[gnu::always_inline]] static inline v minimum(v a, v b) noexcept { return vminq_f32(a, b); }
  [[gnu::always_inline]] static inline v maximum(v most, v a, v b) noexcept {
    return vmaxq_f32(most, vmaxq_f32(a, b));
  }
  [[gnu::always_inline]] static inline mask exceeds(v a, v most) noexcept {
    return vbicq_u32(vceqq_f32(most, most), vcleq_f32(a, most));
  }
  [[gnu::always_inline]] static inline v div(v a, v b) noexcept { return vdivq_f32(a, b); }
  [[gnu::always_inline]] static inline v sqrt(v a) noexcept { return vsqrtq_f32(a); }
  [[gnu::always_inline]] static inline v floor(v a) noexcept { return vrndmq_f32(a); }
  [[gnu::always_inline]] static inline v round(v a) noexcept { return vrndnq_f32(a); }

  [[gnu::always_inline]] static inline v add_bits(v a, v b) noexcept {
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a), vreinterpretq_s32_f32(b)));
  }
  [[gnu::always_inline]] static inline v sub_bits(v a, v b) noexcept {
    return vreinterpretq_f32_s32(vsubq_s32(vreinterpretq_s32_f32(a), vreinterpretq_s32_f32(b)));
  }
  template <int Count>
  [[gnu::always_inline]] static inline v shift_left(v a) noexcept {
    return vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(a), Count));
  }
  [[gnu::always_inline]] static inline v exponent(v a) noexcept {
    return vcvtq_f32_s32(vshrq_n_s32(vreinterpretq_s32_f32(a), 23));
  }

  // Lanes 0 and 2, 1 and 3, then both, as elsewhere; vaddvq_f32 has another order.
  [[gnu::always_inline]] static inline float reduce_add(v a) noexcept {
    return vpadds_f32(vadd_f32(vget_low_f32(a), vget_high_f32(a)));
  }
  [[gnu::always_inline]] static inline float reduce_max(v a) noexcept {
    v const pair = max(a, vextq_f32(a, a, 2));
    float const low = vgetq_lane_f32(pair, 0), high = vgetq_lane_f32(pair, 1);
    return low > high ? low : high;
  }
};

}  // namespace etch::simd
