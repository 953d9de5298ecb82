#pragma once

#include <cstddef>

#include "../elementwise/apply.hpp"
#include "copy.hpp"

namespace etch::kernels {

/// A change of the floats of a copy: each goes through program P, along rows of `Row` elements.
template <program P, int Row, int Elements>
struct through_program {
  float const* const* operands;
  std::ptrdiff_t sample;

  template <simd::vector V>
  [[gnu::always_inline]] V operator()(V floats, std::ptrdiff_t place, int lanes) const noexcept {
    using operand_row = program_row<simd::arch_of<V>, P, Row, Elements / Row>;
    return operand_row(operands, sample, place / Row)(place % Row, lanes, floats);
  }
};

/// Of the innermost loop.
constexpr int innermost_extent(copy_spec const& loops) {
  return loops.axes > 0 ? loops.extent[static_cast<std::size_t>(loops.axes - 1)] : 1;
}

/// The length of the program's rows in a copy that writes all of its result: those of its operands, if
/// the innermost loop, or a part of it, fits into one.
constexpr int row_of(program const& p, copy_spec const& loops) {
  int const row = common_row(p, loops.to.size);
  int const length = innermost_extent(loops);
  bool const divides = row >= length || (loops.axes < tensor_shape::max_rank && length % row == 0);
  return row > 0 && divides ? row : loops.to.size;
}

/// y = program of a copy of all of x, which S moves; the program's accumulator is what is copied.
template <class Arch, copy_spec S, program P>
void copy_through(float const* x, float* y, float const* const* operands, int samples) noexcept {
  constexpr copy_spec whole = as_loops(S);
  constexpr int row = row_of(P, whole);
  constexpr copy_spec loops = row < innermost_extent(whole) ? with_rows(whole, row) : whole;
  using change = through_program<P, row, S.to.size>;
  copier<Arch, loops, true, change> all{y, y, {operands, 0}};
  for (int s = 0; s < samples; ++s, x += S.shared ? 0 : S.from.size, all.to += S.to.size) {
    all.change.sample = s;
    all.run(x + loops.from.offset, 0);
  }
}

}  // namespace etch::kernels
