#pragma once

#include <cstddef>
#include <cstdint>

#include "../../ir/counter_random.hpp"
#include "../../simd/simd.hpp"

namespace etch::kernels {

/// y[i] = value for i < count.
template <class Arch>
void fill(float* y, std::ptrdiff_t count, float value) noexcept {
  constexpr int width = Arch::width;
  auto const v = simd::broadcast<Arch>(value);
  std::ptrdiff_t i = 0;
  for (; i + width <= count; i += width) simd::store(y + i, v);
  simd::store_partial(y + i, v, static_cast<int>(count - i));
}

/// 0, 1, 2, ... in each row of `row` elements, for `count` elements in all; exact up to 2^24.
template <class Arch>
void iota(float* y, std::ptrdiff_t count, std::ptrdiff_t row) noexcept {
  for (std::ptrdiff_t i = 0; i < count; ++i) y[i] = static_cast<float>(i % row);
}

/// y[s, e] = counter_uniform of the key and element e of sample key.first_sample + s: uniform in
/// [0, 1), the same numbers for every instruction set.
template <class Arch>
void random_uniform(float* y, int elements, random_key key, std::uint32_t stream,
                    int samples) noexcept {
  // Runs of constant length, which every compiler turns into vectors at -O2.
  constexpr std::uint32_t run = 16;
  auto const count = static_cast<std::uint32_t>(elements);
  for (int s = 0; s < samples; ++s, y += elements) {
    counter_key const sample_key(key.seed, key.step, stream,
                                 key.first_sample + static_cast<std::uint32_t>(s));
    std::uint32_t e = 0;
    for (; e + run <= count; e += run)
      for (std::uint32_t i = 0; i < run; ++i) y[e + i] = counter_uniform(sample_key, e + i);
    for (; e < count; ++e) y[e] = counter_uniform(sample_key, e);
  }
}

}  // namespace etch::kernels
