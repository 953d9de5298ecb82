#pragma once

#include "micro.hpp"

/// How the positions that gradients of the weights are summed over are cut into blocks.
namespace etch::kernels {

/// Positions whose gradients follow each other: `samples`, or `lines` whole lines of one, or a part
/// of a line. The samples of a pointwise contraction are one line. What the block `begins` is not
/// added to what is there.
struct position_block {
  int samples = 1, lines = 1, columns = 1;
  bool begins = false;

  constexpr int size() const { return samples * lines * columns; }
};

/// Rows of dY that lie so far apart share few sets of the first-level cache: they are copied.
constexpr bool packs_gradients(contraction c) { return c.filters % 256 == 0; }

/// The largest block, so that what several tiles read stays in the first-level cache meanwhile.
/// With AVX-512 128 rows at once gain 2%, with AVX2 they lose 1%, but 256 of copied ones gain 2%.
template <class Arch>
constexpr position_block largest_block(contraction c) {
  int const height = c.out_height(), width = c.out_width();
  bool const wide = Arch::width == 16 && !arch::is_deterministic<Arch>;
  if (height * width == 1)
    return {wide ? gradient_rows_wide : packs_gradients(c) ? gradient_rows_copied : gradient_rows};
  bool const once = window_size(c) <= 32 && !packs_gradients(c);
  int const most = once ? gradient_positions_once : gradient_positions;
  int const samples =
      std::min(most / (height * width), gradient_floats / (c.inputs() + c.outputs()));
  return {std::max(1, samples), balance(height, std::max(1, most / width)).size,
          balance(width, most).size};
}

}  // namespace etch::kernels
