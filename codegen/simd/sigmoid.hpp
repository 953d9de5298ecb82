#pragma once

#include "exp.hpp"
#include "odd_pieces.hpp"

namespace etch::simd {

namespace detail {

/// `tanh(x / d) / d` for a power of two d = Denominator: x p(x^2) / q(x^2), minimax in the relative
/// error for |x / d| <= 9.01: 2.1e-8, then tuned for float; constant from 8.2 on.
template <int Denominator, vector V>
[[gnu::always_inline]] inline V tanh_ratio(V x) noexcept {
  constexpr float d = Denominator * Denominator;  // its powers scale the coefficients exactly
  V const limit(8.2F * Denominator);  // tanh(8.2) = 1 - 1.5e-7
  V const c = simd::max(-limit, simd::min(limit, x));
  V const u = c * c;
  V const u2 = u * u;
  V const p12 = simd::fma(V(3.49480985e-3F / (d * d)), u, V(0.13380371F / d));
  V const p34 = simd::fma(V(1.33368125e-8F / (d * d * d * d)), u,
                          V(2.05962406e-5F / (d * d * d)));
  V const q12 = simd::fma(V(2.58740261e-2F / d), u, V(0.46713686F));
  V const q34 = simd::fma(V(7.76926697e-7F / (d * d * d)), u,
                          V(3.2843597e-4F / (d * d)));
  return simd::div(simd::fma(c * u, simd::fma(p34, u2, p12), c),
                   simd::fma(simd::fma(q34, u2, q12), u, V(d)));
}

}  // namespace detail

/// tanh(x), within 2.6 ulp (1.8 with AVX-512). `fast`: 3e-7 absolute, which may leave [-1, 1] by
/// as much.
template <accuracy Accuracy = accuracy::accurate, vector V>
[[gnu::always_inline]] inline V tanh(V x) noexcept {
  if constexpr (detail::looks_up<arch_of<V>>) {
    if constexpr (Accuracy == accuracy::fast) return detail::evaluate<detail::tanh_pieces_fast>(x);
    else return detail::evaluate<detail::tanh_pieces>(x);
  } else if constexpr (Accuracy == accuracy::fast) {
    return detail::tanh_ratio<1>(x);
  } else {
    // (e^2|x| - 1) / (e^2|x| + 1)
    V const half = detail::half_expm1(simd::min(V(18.1F), simd::abs(x + x)));
    return simd::div(half, half + V(1.0F)) ^ detail::sign_of(x);
  }
}

/// 1 / (1 + e^-x), within 2.5 ulp (1.6 with AVX-512), and 0 below -88.72 (-86.98). `fast`: 2e-7
/// absolute, which may leave [0, 1] by as much: not for logarithms.
template <accuracy Accuracy = accuracy::accurate, vector V>
[[gnu::always_inline]] inline V sigmoid(V x) noexcept {
  using set = instructions<arch_of<V>>;
  if constexpr (Accuracy == accuracy::fast && detail::looks_up<arch_of<V>>) {
    return simd::fma(detail::evaluate<detail::tanh_pieces_fast>(x * V(0.5F)), V(0.5F), V(0.5F));
  } else if constexpr (Accuracy == accuracy::fast) {
    return V(0.5F) + detail::tanh_ratio<2>(x);
  } else if constexpr (requires { set::near_reciprocal(x); }) {
    V const clamped = simd::max(V(-87.0F), simd::min(V(30.0F), x));
    auto const [r, scale] = detail::exp_reduce<accuracy::accurate>(clamped);
    V const p = simd::fma(detail::exp_tail<accuracy::accurate>(r), r * r, r);
    V const e = simd::fma(p, V(2.0F), V(2.0F)) * scale;  // e^x
    V const reciprocal = set::near_reciprocal(e + V(1.0F));
    V const near = e * reciprocal;
    // What is left of e - near (1 + e), without the rounding of 1 + e.
    return simd::fma(simd::fnma(near, e, e - near), reciprocal, near);
  } else {
    return simd::div(V(1.0F), V(1.0F) + simd::exp(-x));
  }
}

}  // namespace etch::simd
