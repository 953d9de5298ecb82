#pragma once

#include <bit>
#include <cstddef>
#include <cstring>

#include "../../ir/copy_spec.hpp"
#include "fill.hpp"

namespace etch::kernels {

/// The loops of a copy of one sample. Without `Copies` they only fill what is between.
template <class Arch, copy_spec Loops, bool Copies>
struct copier {
  static constexpr int axes = Loops.axes;
  static constexpr int at(axis_counts const& of, int axis) {
    return axis < 0 ? 1 : of[static_cast<std::size_t>(axis)];
  }
  /// Of the innermost loop; where all is one element, of a loop of one.
  static constexpr int extent = at(Loops.extent, axes - 1);
  static constexpr int from_stride = at(Loops.from.stride, axes - 1);
  static constexpr int to_stride = at(Loops.to.stride, axes - 1);
  static constexpr bool is_run = from_stride == 1 && to_stride == 1;

  /// Where the next float that is to be filled lies; all before it is done.
  float* filled;

  template <int Axis = 0>
  [[gnu::always_inline]] void run(float const* from, float* to) noexcept {
    if constexpr (Axis >= axes - 1) {
      run_innermost(from, to);
    } else {
      constexpr int f = at(Loops.from.stride, Axis), t = at(Loops.to.stride, Axis);
      for (std::ptrdiff_t i = 0; i < at(Loops.extent, Axis); ++i)
        run<Axis + 1>(Copies ? from + i * f : from, to + i * t);
    }
  }
  [[gnu::always_inline]] void run_innermost([[maybe_unused]] float const* from, float* to) noexcept {
    if constexpr (is_run) {
      fill_to(to, extent);
      if constexpr (Copies) std::memcpy(to, from, extent * sizeof(float));
    } else {
      for (std::ptrdiff_t i = 0; i < extent; ++i) {
        fill_to(to + i * to_stride, 1);
        if constexpr (Copies) to[i * to_stride] = from[i * from_stride];
      }
    }
  }
  /// Fills what lies before `to`, where `count` floats are copied.
  [[gnu::always_inline]] void fill_to([[maybe_unused]] float* to,
                                      [[maybe_unused]] int count) noexcept {
    if constexpr (Loops.fills) {
      constexpr float value = std::bit_cast<float>(Loops.fill_bits);  // clang 19: else 0
      fill<Arch>(filled, to - filled, value);
      filled = to + count;
    }
  }
};

/// Copies the box of S for every sample; `from` and `to` do not overlap. What lies outside the box
/// in `to` is left alone, or becomes the float of fill_bits when S.fills. Serves pad (which fills),
/// slice and concat (one call an operand). Without `Copies`, the box itself is left alone.
template <class Arch, copy_spec S, bool Copies = true>
void copy_box(float const* from, float* to, int samples) noexcept {
  constexpr copy_spec loops = as_loops(S);
  copier<Arch, loops, Copies> all{to};
  for (int s = 0; s < samples; ++s, from += S.shared || !Copies ? 0 : S.from.size, to += S.to.size)
    all.run(Copies ? from + loops.from.offset : from, to + loops.to.offset);
  all.fill_to(to, 0);
}

/// Writes the border of each of `samples` images.
template <class Arch, bordered_image Image>
void fill_border(float* whole, int samples) noexcept {
  copy_box<Arch, copy_into(Image), false>(nullptr, whole, samples);
}

/// From the shape (first, second, Run) to (second, first, Run): what lies sample by sample is put step
/// by step, or the other way round.
template <int Run>
void exchange(float const* from, float* to, int first, int second) noexcept {
  for (int j = 0; j < second; ++j)
    for (int i = 0; i < first; ++i, to += Run)
      std::memcpy(to, from + (std::ptrdiff_t{i} * second + j) * Run, Run * sizeof(float));
}

}  // namespace etch::kernels
