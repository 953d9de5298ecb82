#pragma once

#include "../../ir/copy_spec.hpp"
#include "../../ir/kernel_choice.hpp"

/// The kernels of copies.
namespace etch::kernels {

/// The loop along which elements lie side by side in what is read, forwards or backwards, where the
/// innermost, along which they do in what is written, is another one; -1 if there is none.
constexpr int loop_across(copy_spec const& loops) {
  for (int axis = 0; axis + 1 < loops.axes; ++axis)
    if (int const stride = loops.from.stride[static_cast<std::size_t>(axis)];
        stride == 1 || stride == -1)
      return axis;
  return -1;
}

/// The kernel of a copy, given as loops.
constexpr copy_kernel choose_copy(copy_spec const& loops) {
  if (loops.axes == 0) return copy_kernel::runs;
  std::size_t const last = static_cast<std::size_t>(loops.axes - 1);
  if (loops.to.stride[last] != 1) return copy_kernel::elements;
  if (loops.from.stride[last] == 1) return copy_kernel::runs;
  if (loops.from.stride[last] == -1) return copy_kernel::reversed;
  int const across = loop_across(loops);
  bool const tiles = across >= 0 && loops.extent[last] > 1 &&
                     loops.extent[static_cast<std::size_t>(across)] > 1;
  return tiles ? copy_kernel::transposed : copy_kernel::elements;
}

}  // namespace etch::kernels
