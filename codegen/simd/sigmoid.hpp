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

/// a / (1 + a) for 0 <= a < 2^126, within 0.6 ulp: the quotient's last step takes what is left of
/// a - quotient (1 + a), without the rounding of 1 + a.
template <vector V>
[[gnu::always_inline]] inline V over_one_more(V a) noexcept {
  using set = instructions<arch_of<V>>;
  V const one(1.0F);
  V reciprocal;
  if constexpr (requires { set::near_reciprocal(a); }) reciprocal = set::near_reciprocal(one + a);
  else reciprocal = simd::div(one, one + a);
  V const quotient = a * reciprocal;
  V left = simd::fnma(quotient, a, a - quotient);
  if constexpr (!set::fused)  // the product's rounding counts beside a large a
    left = simd::blend(a > one, a * (one - quotient) - quotient, left);
  return simd::fma(left, reciprocal, quotient);
}

}  // namespace detail

/// tanh(x), within 1.9 ulp. `fast`: 3e-7 absolute, which may leave [-1, 1] by as much.
template <accuracy Accuracy = accuracy::accurate, vector V>
[[gnu::always_inline]] inline V tanh(V x) noexcept {
  if constexpr (detail::looks_up<arch_of<V>>) {
    if constexpr (Accuracy == accuracy::fast) return detail::evaluate<detail::tanh_pieces_fast>(x);
    else return detail::evaluate<detail::tanh_pieces>(x);
  } else if constexpr (Accuracy == accuracy::fast) {
    return detail::tanh_ratio<1>(x);
  } else {
    // (e^2|x| - 1) / (e^2|x| + 1)
    V const magnitude = simd::min(V(9.05F), simd::abs(x));
    V const half = detail::half_expm1<accuracy::fast>(magnitude + magnitude);
    return detail::over_one_more(half) ^ detail::sign_of(x);
  }
}

/// 1 / (1 + e^-x), within 1.6 ulp, and 0 below -87.68. `fast`: 2e-7 absolute, which may leave
/// [0, 1] by as much: not for logarithms. `Limited`: x lies in [-88, 30].
template <accuracy Accuracy = accuracy::accurate, bool Limited = false, vector V>
[[gnu::always_inline]] inline V sigmoid(V x) noexcept {
  if constexpr (Accuracy == accuracy::fast && detail::looks_up<arch_of<V>>) {
    return simd::fma(detail::evaluate<detail::tanh_pieces_fast>(x * V(0.5F)), V(0.5F), V(0.5F));
  } else if constexpr (Accuracy == accuracy::fast) {
    return V(0.5F) + detail::tanh_ratio<2>(x);
  } else {
    if constexpr (!Limited) x = simd::max(V(-88.0F), simd::min(V(30.0F), x));
    auto const [r, scale] = detail::exp_reduce<accuracy::accurate, 0>(x);
    V const p = simd::fma(detail::exp_tail<accuracy::accurate>(r), r * r, r);
    return detail::over_one_more(simd::fma(p, scale, scale));  // of e^x
  }
}

}  // namespace etch::simd
