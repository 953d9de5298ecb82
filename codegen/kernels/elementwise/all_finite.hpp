#pragma once

#include <algorithm>
#include <cstddef>

#include "../../simd/simd.hpp"

namespace etch::kernels {

/// Whether no x[i], i < count, is infinite or NaN: 0 times that is NaN, which no sum loses.
template <class Arch>
bool all_finite(float const* x, std::size_t count) noexcept {
  constexpr std::size_t width = Arch::width, together = 4 * width;
  auto const zero = simd::broadcast<Arch>(0);
  auto a = zero, b = zero, c = zero, d = zero;  // one alone would wait for each addition
  std::size_t i = 0;
  for (; i + together <= count; i += together) {
    a = simd::fma(simd::load<Arch>(x + i), zero, a);
    b = simd::fma(simd::load<Arch>(x + i + width), zero, b);
    c = simd::fma(simd::load<Arch>(x + i + 2 * width), zero, c);
    d = simd::fma(simd::load<Arch>(x + i + 3 * width), zero, d);
  }
  for (; i < count; i += width) {
    int const left = static_cast<int>(std::min(width, count - i));
    a = simd::fma(simd::load_partial<Arch>(x + i, left), zero, a);
  }
  return simd::reduce_add((a + b) + (c + d)) <= 0;
}

}  // namespace etch::kernels
