#pragma once

#include <algorithm>
#include <cstddef>

#include "../../simd/simd.hpp"
#include "../../simd/transpose.hpp"

namespace etch::kernels {

/// The widest vectors that rows of so many floats fill to more than a half, and of which as many as a
/// tile has are there; or the narrowest.
template <class Arch, int Rows, int Columns>
struct vectors_of {
  using type = Arch;
};
template <class Arch, int Rows, int Columns>
  requires(Arch::width > 4 && (Columns <= Arch::width / 2 || Rows < simd::transposed_rows<Arch>))
struct vectors_of<Arch, Rows, Columns> : vectors_of<arch::half<Arch>, Rows, Columns> {};

/// put(floats, r, c, lanes) for all of a matrix y with y[r][c] = from[r + c * Stride]: the elements of
/// row r from column c on, of which `lanes` count. Each comes once.
template <class Arch, int Rows, int Columns, std::ptrdiff_t Stride>
struct matrix_transposer {
  using arch_type = typename vectors_of<Arch, Rows, Columns>::type;
  static constexpr int width = arch_type::width, height = simd::transposed_rows<arch_type>;
  /// Rows that are read from one line of the cache before the next columns are.
  static constexpr int together = 16;

  /// Rows [First, First + Count) of a tile, of Lanes columns. All rows of the tile are read.
  template <int First, int Count, int Lanes, class Put>
  [[gnu::always_inline]] static void tile(float const* from, std::ptrdiff_t row,
                                          std::ptrdiff_t column, Put const& put) noexcept {
    simd::transpose_columns<arch_type>(
        from + row + column * Stride,
        [](int n) __attribute__((always_inline)) { return std::min(n, Lanes - 1) * Stride; },
        [&](int i, auto floats) __attribute__((always_inline)) {
          if (i >= First && i < First + Count) put(floats, row + i, column, Lanes);
        });
  }
  /// Rows [first, last) of some columns; what is left of a tile is read with rows before.
  template <int Lanes, class Put>
  [[gnu::always_inline]] static void rows(float const* from, std::ptrdiff_t first,
                                          std::ptrdiff_t last, std::ptrdiff_t column,
                                          Put const& put) noexcept {
    for (; first + height <= last; first += height)
      tile<0, height, Lanes>(from, first, column, put);
    if constexpr (constexpr int rest = Rows % height; rest > 0)
      if (first < last) tile<height - rest, rest, Lanes>(from, Rows - height, column, put);
  }
  template <class Put>
  [[gnu::always_inline]] static void element(float const* from, std::ptrdiff_t row,
                                             std::ptrdiff_t column, Put const& put) noexcept {
    using narrow = typename vectors_of<Arch, 1, 1>::type;
    put(simd::load_partial<narrow>(from + row + column * Stride, 1), row, column, 1);
  }

  template <class Put>
  [[gnu::always_inline]] static void run(float const* from, Put const& put) noexcept {
    if constexpr (Rows >= height) {
      for (std::ptrdiff_t first = 0; first < Rows; first += together) {
        std::ptrdiff_t const last = std::min<std::ptrdiff_t>(first + together, Rows);
        std::ptrdiff_t column = 0;
        for (; column + width <= Columns; column += width)
          rows<width>(from, first, last, column, put);
        if constexpr (constexpr int rest = Columns % width; rest > 0)
          rows<rest>(from, first, last, column, put);
      }
    } else {
      // More rows are read than there are, and so not in the last columns.
      constexpr std::ptrdiff_t kept = Stride > 0 ? (height - 1 - Rows) / Stride + 1 : Columns;
      std::ptrdiff_t column = 0;
      for (; column + width <= Columns - kept; column += width)
        tile<0, Rows, width>(from, 0, column, put);
      for (; column < Columns; ++column)
        for (std::ptrdiff_t row = 0; row < Rows; ++row) element(from, row, column, put);
    }
  }
};

template <class Arch, int Rows, int Columns, std::ptrdiff_t Stride, class Put>
[[gnu::always_inline]] inline void transpose_matrix(float const* from, Put const& put) noexcept {
  matrix_transposer<Arch, Rows, Columns, Stride>::run(from, put);
}

}  // namespace etch::kernels
