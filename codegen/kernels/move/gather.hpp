#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../../../dsl/primitives.hpp"
#include "../../simd/simd.hpp"

namespace etch::kernels {

/// The i-th of tokens, which are std::int32_t in memory of any alignment.
[[gnu::always_inline]] inline int token_at(std::byte const* tokens, std::ptrdiff_t i) noexcept {
  std::int32_t token;
  std::memcpy(&token, tokens + i * 4, 4);
  return token;
}

/// y[i] = table[tokens[i]] for `count` tokens, rows of zeros where the table has none.
template <class Arch, row_table Table>
void gather_rows(float const* table, std::byte const* tokens, float* y,
                 std::ptrdiff_t count) noexcept {
  constexpr int width = Arch::width, whole = Table.width / width * width;
  auto const zero = simd::broadcast<Arch>(0);
  for (std::ptrdiff_t i = 0; i < count; ++i, y += Table.width) {
    int const token = token_at(tokens, i);
    bool const found = Table.has(token);
    float const* const row = table + std::ptrdiff_t{found ? token : 0} * Table.width;
    for (int k = 0; k < whole; k += width)
      simd::store(y + k, found ? simd::load<Arch>(row + k) : zero);
    if constexpr (constexpr int rest = Table.width - whole; rest > 0)
      simd::store_partial(y + whole, found ? simd::load_partial<Arch>(row + whole, rest) : zero,
                          rest);
  }
}

/// dtable[tokens[i]] += dy[i] for `count` tokens, in their order, those left out that have no row.
template <class Arch, row_table Table>
void scatter_add_rows(std::byte const* tokens, float const* dy, float* dtable,
                      std::ptrdiff_t count) noexcept {
  constexpr int width = Arch::width, whole = Table.width / width * width;
  for (std::ptrdiff_t i = 0; i < count; ++i, dy += Table.width) {
    int const token = token_at(tokens, i);
    if (!Table.has(token)) continue;
    float* const row = dtable + std::ptrdiff_t{token} * Table.width;
    for (int k = 0; k < whole; k += width)
      simd::store(row + k, simd::load<Arch>(row + k) + simd::load<Arch>(dy + k));
    if constexpr (constexpr int rest = Table.width - whole; rest > 0)
      simd::store_partial(row + whole,
                          simd::load_partial<Arch>(row + whole, rest) +
                              simd::load_partial<Arch>(dy + whole, rest),
                          rest);
  }
}

}  // namespace etch::kernels
