#pragma once

#include "../../dsl/c_math.hpp"
#include "basic.hpp"

namespace etch::simd {

namespace detail {

/// sin(x + QuarterTurns pi / 2) for each lane, by the C library.
template <class Arch, int QuarterTurns>
[[gnu::noinline, gnu::cold]] void sin_by_lane(float const* x, float* y) noexcept {
  for (int lane = 0; lane < Arch::width; ++lane)
    y[lane] = QuarterTurns == 0 ? c_math::sin(x[lane]) : c_math::cos(x[lane]);
}

template <int QuarterTurns, vector V>
[[gnu::always_inline]] inline V sin_shifted(V x) noexcept {
  using isa = instructions<arch_of<V>>;
  if (simd::any(simd::abs(x) > V(8192.0F))) [[unlikely]] {
    alignas(64) float lanes[arch_of<V>::width];
    simd::store(lanes, x);
    sin_by_lane<arch_of<V>, QuarterTurns>(lanes, lanes);
    return simd::load<arch_of<V>>(lanes);
  }
  // x = n pi/2 + r; the low bits of `shifted` hold n
  V const shift(12582912.0F);
  V const shifted = simd::fma(x, V(0.636619772F), shift);
  V const n = shifted - shift;
  V r = simd::fnma(n, V(1.5703125F), x);
  r = simd::fnma(n, V(4.837512969970703125e-4F), r);
  r = simd::fnma(n, V(7.54978995489188216e-8F), r);
  V const r2 = r * r;
  V const sin_tail = simd::fma(simd::fma(V(-1.9514958e-4F), r2, V(8.332158e-3F)), r2,
                               V(-1.6666655e-1F));
  V const sine = simd::fma(r * r2, sin_tail, r);
  V const cos_tail = simd::fma(simd::fma(V(2.4432786e-5F), r2, V(-1.3887313e-3F)), r2,
                               V(4.1666646e-2F));
  V const cosine = simd::fma(r2 * r2, cos_tail, simd::fnma(V(0.5F), r2, V(1.0F)));
  // the quadrant n + QuarterTurns: odd takes the cosine, 2 and 3 change the sign
  V const quadrant = isa::template shift_left<30>(isa::add_bits(shifted, bits<V>(QuarterTurns)));
  V const odd = quadrant & bits<V>(0x40000000U);
  return simd::blend(odd == V(0.0F), sine, cosine) ^ detail::sign_of(quadrant);
}

}  // namespace detail

/// Within 1e-7 absolute, and 1.6 ulp for |x| < 3.2. A vector with an |x| above 8192 takes the C
/// library's function, lane by lane. sin(-0) is +0.
template <vector V>
[[gnu::always_inline]] inline V sin(V x) noexcept {
  return detail::sin_shifted<0>(x);
}

/// As `sin`.
template <vector V>
[[gnu::always_inline]] inline V cos(V x) noexcept {
  return detail::sin_shifted<1>(x);
}

}  // namespace etch::simd
