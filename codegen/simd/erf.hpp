#pragma once

#include "exp.hpp"
#include "odd_pieces.hpp"

namespace etch::simd {

namespace detail {

/// erf as x p(x^2) / q(x^2), minimax in the relative error on [-3.92, 3.92]: 5.2e-8.
template <vector V>
[[gnu::always_inline]] inline V erf_fast(V x) noexcept {
  V const limit(3.92F);
  V const c = simd::max(-limit, simd::min(limit, x));
  V const u = c * c;
  V const u2 = u * u;
  V const p01 = simd::fma(V(0.19992342591285706F), u, V(1.1283791065216064F));
  V const p23 = simd::fma(V(3.701562760397792e-3F), u, V(5.057318136096001e-2F));
  V const p45 = simd::fma(V(-1.9578308183554327e-6F), u, V(1.418493193341419e-4F));
  V const p = simd::fma(simd::fma(V(1.992426490460275e-8F), u2, p45), u2, p23);
  V const q01 = simd::fma(V(0.510509192943573F), u, V(1.0F));
  V const q23 = simd::fma(V(1.4353109523653984e-2F), u, V(0.11499796062707901F));
  V const q = simd::fma(V(9.560276521369815e-4F), u2, q23);
  return simd::div(c * simd::fma(p, u2, p01), simd::fma(q, u2, q01));
}

/// Below 0.9 a polynomial, above it 1 - e^g(|x|).
template <vector V>
[[gnu::always_inline]] inline V erf_accurate(V x) noexcept {
  V const magnitude = simd::min(V(3.93F), simd::abs(x));
  V const u = magnitude * magnitude;
  // erf(x) / x - 1, relative error 1.2e-8
  V const s01 = simd::fma(V(-0.37612525F), u, V(0.12837915F));
  V const s23 = simd::fma(V(-0.026778914F), u, V(0.11282141F));
  V const s45 = simd::fma(V(-6.090386e-4F), u, V(5.011969e-3F));
  V const small = simd::fma(simd::fma(s45, u * u, s23), u * u, s01);
  // ln(erfc(x)) / x, error in erf 3e-9
  V const g01 = simd::fma(V(-0.63571125F), magnitude, V(-1.1285166F));
  V const g23 = simd::fma(V(0.022895124F), magnitude, V(-0.105270505F));
  V const g45 = simd::fma(V(2.1415383e-4F), magnitude, V(-3.2164513e-3F));
  V const g = simd::fma(simd::fma(g45, u, g23), u, g01) * magnitude;
  auto const [r, scale] = detail::exp_reduce<accuracy::fast>(g);
  V const e = simd::fma(detail::exp_tail<accuracy::fast>(r), r * r, r);
  V const large = simd::fnma(simd::fma(e, V(2.0F), V(2.0F)), scale, V(1.0F));
  V const near = simd::fma(small, magnitude, magnitude);
  V const result = simd::blend(magnitude < V(0.9F), near, large);
  return result ^ detail::sign_of(x);
}

}  // namespace detail

/// erf(x) = 2 / sqrt(pi) * integral of e^-t^2 from 0 to x, within 1.6 ulp (2 with AVX-512;
/// `fast`: 3.5e-7 absolute).
template <accuracy Accuracy = accuracy::accurate, vector V>
[[gnu::always_inline]] inline V erf(V x) noexcept {
  if constexpr (detail::looks_up<arch_of<V>>) {
    return detail::evaluate<detail::erf_pieces>(x);
  } else if constexpr (Accuracy == accuracy::fast) {
    return detail::erf_fast(x);
  } else {
    return detail::erf_accurate(x);
  }
}

}  // namespace etch::simd
