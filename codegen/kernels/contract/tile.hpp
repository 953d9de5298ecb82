#pragma once

#include "../../ir/tile.hpp"
#include "../../simd/simd.hpp"

// A tile is a function of its own, and its loops begin where a line of the instruction cache does:
// elsewhere, products of 128 cubed and 64 x 784 x 128 took 4% longer with AVX-512. For g++ all
// loops of ETCH_TILE do, for clang those of ETCH_LOOP.
#if defined(__GNUC__) && !defined(__clang__)
#define ETCH_TILE [[gnu::noinline, gnu::optimize("align-loops=64")]]
#define ETCH_LOOP
#else
#define ETCH_TILE [[gnu::noinline]]
#if __has_cpp_attribute(clang::code_align)
#define ETCH_LOOP [[clang::code_align(64)]]
#else
#define ETCH_LOOP
#endif
#endif

/// What the contraction kernels are made of.
namespace etch::kernels {

/// The vectors that fit a panel: `Arch` itself, or the narrower set whose vector a panel of 8 or 4
/// fills. The register file stays that of `Arch`.
template <class Arch, int Panel, bool Fits = (Arch::width <= Panel)>
struct lanes_of {
  using type = Arch;
};
template <class Arch, int Panel>
struct lanes_of<Arch, Panel, false> {
  using type = typename lanes_of<arch::half<Arch>, Panel>::type;
};
template <class Arch, contraction C>
using lanes_for = typename lanes_of<Arch, panel_width(C)>::type;

/// A grid of positions in a channels-last tensor; strides in floats.
struct position_grid {
  int rows = 1, columns = 1;
  int row_stride = 0, column_stride = 0;

  constexpr int size() const { return rows * columns; }
  [[gnu::always_inline]] constexpr int operator[](int i) const {
    return i / columns * row_stride + i % columns * column_stride;
  }
};

/// Calls f.operator()<Size>(first) for every tile of an axis, the larger ones before the others.
template <balanced_axis A, class F>
[[gnu::always_inline]] inline void for_each_tile(F const& f) {
  int first = 0;
  for (int i = 0; i < A.large; ++i, first += A.size) f.template operator()<A.size>(first);
  if constexpr (A.large < A.count)
    for (int i = A.large; i < A.count; ++i, first += A.size - 1)
      f.template operator()<A.size - 1>(first);
}

/// Calls f.operator()<Size>(first) for every strip of `Strip` of `Count` filters or channels, and
/// for the rest of them; or for those from number `begin` to before `end` alone.
template <int Strip, int Count, class F>
[[gnu::always_inline]] inline void for_each_strip(F const& f, int begin = 0,
                                                  int end = (Count + Strip - 1) / Strip) {
  if constexpr (Strip <= Count)
    for (int first = begin * Strip; first + Strip <= Count && first < end * Strip; first += Strip)
      f.template operator()<Strip>(first);
  if constexpr (constexpr int rest = Count % Strip; rest > 0)
    if (end == (Count + Strip - 1) / Strip) f.template operator()<rest>(Count - rest);
}

}  // namespace etch::kernels
