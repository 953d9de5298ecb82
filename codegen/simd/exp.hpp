#pragma once

#include "basic.hpp"

namespace etch::simd {

namespace detail {

/// `x = n ln2 + r` with an integer n and |r| <= ln2 / 2.
template <vector V>
struct exp_reduced {
  V r;
  V scale;  // 2^(n + Power), exact for -126 <= n + Power <= 127, and 0 for -127
};

/// Cody-Waite reduction; `fast` leaves an error of n * 2e-9 in r.
template <accuracy Accuracy, int Power = -1, vector V>
[[gnu::always_inline]] inline exp_reduced<V> exp_reduce(V x) noexcept {
  // Adding 1.5 * 2^23 rounds to an integer, left in the low bits; 127 is the bias of exponents.
  V const shift(12582912.0F + 127.0F + Power);
  V const shifted = simd::fma(x, V(1.44269504F), shift);
  V const n = shifted - shift;
  V r;
  if constexpr (Accuracy == accuracy::fast && instructions<arch_of<V>>::fused) {
    r = simd::fnma(n, V(0.693147182F), x);
  } else {
    r = simd::fnma(n, V(0.693145752F), x);
    r = simd::fnma(n, V(1.42860677e-6F), r);
  }
  return {r, instructions<arch_of<V>>::template shift_left<23>(shifted)};
}

/// `(e^r - 1 - r) / r^2` for |r| <= ln2 / 2, minimax in the relative error of e^r: 3e-9 (accurate),
/// 1e-7 (fast).
template <accuracy Accuracy, vector V>
[[gnu::always_inline]] inline V exp_tail(V r) noexcept {
  if constexpr (Accuracy == accuracy::fast) {
    V const low = simd::fma(V(1.6667114e-1F), r, V(4.999923e-1F));
    V const high = simd::fma(V(8.312516e-3F), r, V(4.18902e-2F));
    return simd::fma(high, r * r, low);
  } else {
    V const low = simd::fma(V(1.6666521e-1F), r, V(4.9999994e-1F));
    V const high = simd::fma(V(8.368724e-3F), r, V(4.166839e-2F));
    V const r2 = r * r;
    return simd::fma(simd::fma(V(1.3814584e-3F), r2, high), r2, low);
  }
}

}  // namespace detail

/// e^x, within 1.1 ulp (`fast`: 4e-7 relative). Inf above 88.7228, 0 below -86.98, that is, results
/// under 1.7e-38 are flushed.
template <accuracy Accuracy = accuracy::accurate, vector V>
[[gnu::always_inline]] inline V exp(V x) noexcept {
  V const clamped = simd::max(V(-87.0F), simd::min(V(89.0F), x));  // 2^(n-1) is 0 at n = -126
  auto const [r, scale] = detail::exp_reduce<Accuracy>(clamped);
  V const p = simd::fma(detail::exp_tail<Accuracy>(r), r * r, r);  // e^r - 1
  return simd::fma(p, V(2.0F), V(2.0F)) * scale;
}

namespace detail {

/// `(e^x - 1) / 2` for -86.98 <= x <= 89.
template <accuracy Reduction = accuracy::accurate, vector V>
[[gnu::always_inline]] inline V half_expm1(V x) noexcept {
  auto const [r, scale] = detail::exp_reduce<Reduction>(x);
  V const p = simd::fma(detail::exp_tail<accuracy::accurate>(r), r * r, r);
  return simd::fma(p, scale, scale - V(0.5F));
}

}  // namespace detail

/// e^x - 1, within 1.5 ulp also near 0.
template <vector V>
[[gnu::always_inline]] inline V expm1(V x) noexcept {
  V const half = detail::half_expm1(simd::max(V(-17.5F), simd::min(V(89.0F), x)));
  return simd::blend(simd::abs(x) < V(1e-30F), x, half + half);  // keeps denormals and -0
}

}  // namespace etch::simd
