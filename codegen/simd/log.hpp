#pragma once

#include <limits>

#include "basic.hpp"

namespace etch::simd {

namespace detail {

/// `ln(1 + f) + e ln2` for -1/3 <= f <= 1/3 and an integer e.
template <vector V>
[[gnu::always_inline]] inline V log_sum(V f, V e) noexcept {
  V const f2 = f * f;
  V const a = simd::fma(V(-2.4999797e-1F), f, V(3.3333215e-1F));
  V const b = simd::fma(V(-1.6680488e-1F), f, V(2.0010406e-1F));
  V const c = simd::fma(V(-1.21842615e-1F), f, V(1.4005868e-1F));
  V const d = simd::fma(V(-1.2891683e-1F), f, V(1.3984439e-1F));
  V const f4 = f2 * f2;
  V const p = simd::fma(simd::fma(d, f2, c), f4, simd::fma(b, f2, a));
  V tail = simd::fma(p * f, f2, simd::fma(e, V(1.42860677e-6F), V(-0.5F) * f2));
  return simd::fma(e, V(0.693145752F), f + tail);
}

/// The value of log and log1p where `u`, the argument of the logarithm, is 0, negative, inf or NaN.
template <vector V>
[[gnu::always_inline]] inline V log_special(V u, V result) noexcept {
  V const inf(std::numeric_limits<float>::infinity());
  V const nan(std::numeric_limits<float>::quiet_NaN());
  result = simd::blend(u < inf, result, u);       // inf and NaN
  result = simd::blend(u < V(0.0F), nan, result);
  return simd::blend(u == V(0.0F), -inf, result);
}

}  // namespace detail

/// The natural logarithm: -inf at 0, NaN below.
template <vector V>
[[gnu::always_inline]] inline V log(V x) noexcept {
  using isa = instructions<arch_of<V>>;
  auto const denormal = x < V(std::numeric_limits<float>::min());
  V const scaled = simd::blend(denormal, x * V(8388608.0F), x);
  V const bias = simd::blend(denormal, V(-23.0F), V(0.0F));
  // x = 2^e m with 2/3 <= m < 4/3
  V const offset = isa::sub_bits(scaled, V(0.666666667F));
  V const m = isa::sub_bits(scaled, offset & detail::bits<V>(0xff800000U));
  return detail::log_special(x, detail::log_sum(m - V(1.0F), isa::exponent(offset) + bias));
}

/// `ln(1 + x)`, accurate near 0.
template <vector V>
[[gnu::always_inline]] inline V log1p(V x) noexcept {
  using isa = instructions<arch_of<V>>;
  V const u = x + V(1.0F);
  // 1 + x = 2^e (1 + f); 2^-e (1 + x) - 1 is computed from x itself, so that no bit of it is lost.
  V const offset = isa::sub_bits(u, V(0.666666667F));
  V const e_bits = offset & detail::bits<V>(0xff800000U);
  V const scaled = simd::blend(x == V(0.0F), x, isa::sub_bits(x, e_bits));  // 2^-e x
  V const four = isa::sub_bits(V(4.0F), e_bits);                              // 4 * 2^-e
  V const f = scaled + simd::fma(V(0.25F), four, V(-1.0F));
  V const result = detail::log_sum(f, isa::exponent(offset));
  return detail::log_special(u, simd::blend(x == V(0.0F), x, result));
}

}  // namespace etch::simd
