#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "../../ir/copy_spec.hpp"
#include "../../passes/select/copy.hpp"
#include "fill.hpp"
#include "transpose_matrix.hpp"

namespace etch::kernels {

/// What becomes of the floats of a copy: nothing. Another type is called with a vector of them, the
/// place of the first in the sample that is written, and how many count.
struct as_they_are {};

/// The loops of a copy of one sample, whose result begins at `to`. Without `Copies` they only fill what
/// is between.
template <class Arch, copy_spec Loops, bool Copies, class Change>
struct copier {
  static constexpr int axes = Loops.axes, width = Arch::width;
  static constexpr bool changes = !std::is_same_v<Change, as_they_are>;
  static constexpr int at(axis_counts const& of, int axis) {
    return axis < 0 ? 1 : of[static_cast<std::size_t>(axis)];
  }
  /// Of the innermost loop; where all is one element, of a loop of one.
  static constexpr int extent = at(Loops.extent, axes - 1);
  static constexpr std::ptrdiff_t from_stride = at(Loops.from.stride, axes - 1);
  static constexpr std::ptrdiff_t to_stride = at(Loops.to.stride, axes - 1);
  static constexpr copy_kernel kernel = choose_copy(Loops);
  static constexpr int across = kernel == copy_kernel::transposed ? loop_across(Loops) : -1;

  float* to;
  /// Where the next float that is to be filled lies; all before it is done.
  float* filled;
  Change change;

  template <int Axis = 0>
  [[gnu::always_inline]] void run(float const* from, std::ptrdiff_t place) noexcept {
    if constexpr (Axis == across) {
      run<Axis + 1>(from, place);
    } else if constexpr (Axis >= axes - 1) {
      run_innermost(from, place);
    } else {
      constexpr std::ptrdiff_t f = at(Loops.from.stride, Axis), t = at(Loops.to.stride, Axis);
      for (std::ptrdiff_t i = 0; i < at(Loops.extent, Axis); ++i)
        run<Axis + 1>(Copies ? from + i * f : from, place + i * t);
    }
  }
  /// Fills what lies before `place`, where `count` floats are copied.
  [[gnu::always_inline]] void fill_to([[maybe_unused]] std::ptrdiff_t place,
                                      [[maybe_unused]] int count) noexcept {
    if constexpr (Loops.fills) {
      constexpr float value = std::bit_cast<float>(Loops.fill_bits);  // clang 19: else 0
      fill<Arch>(filled, to + place - filled, value);
      filled = to + place + count;
    }
  }

 private:
  [[gnu::always_inline]] void run_innermost([[maybe_unused]] float const* from,
                                            std::ptrdiff_t place) noexcept {
    if constexpr (kernel == copy_kernel::transposed) {
      run_transposed(from, place);
    } else if constexpr (kernel == copy_kernel::runs && !changes) {
      fill_to(place, extent);
      if constexpr (Copies) std::memcpy(to + place, from, extent * sizeof(float));
    } else if constexpr (kernel == copy_kernel::elements && !changes) {
      for (std::ptrdiff_t i = 0; i < extent; ++i) {
        fill_to(place + i * to_stride, 1);
        if constexpr (Copies) to[place + i * to_stride] = from[i * from_stride];
      }
    } else {
      fill_to(place, extent);
      if constexpr (Copies) {
        std::ptrdiff_t i = 0;
        for (; i + width <= extent; i += width)
          put(take(from + i * from_stride, width), place + i, width);
        if constexpr (constexpr int rest = extent % width; rest > 0)
          put(take(from + i * from_stride, rest), place + i, rest);
      }
    }
  }
  /// `lanes` floats along the innermost loop.
  [[gnu::always_inline]] static simd::vec<Arch> take(float const* from, int lanes) noexcept {
    if constexpr (kernel == copy_kernel::runs) return simd::load_partial<Arch>(from, lanes);
    if constexpr (kernel == copy_kernel::reversed)
      if (lanes == width) return simd::reverse(simd::load<Arch>(from - (width - 1)));
    alignas(64) float lane[Arch::width];
    for (int i = 0; i < width; ++i) lane[i] = from[(i < lanes ? i : 0) * from_stride];
    return simd::load<Arch>(lane);
  }
  template <simd::vector V>
  [[gnu::always_inline]] void put(V floats, std::ptrdiff_t place, int lanes) noexcept {
    if constexpr (changes) simd::store_partial(to + place, change(floats, place, lanes), lanes);
    else simd::store_partial(to + place, floats, lanes);
  }

  /// Along the innermost loop and the one across, a matrix, which lies the other way round in `from`.
  [[gnu::always_inline]] void run_transposed(float const* from, std::ptrdiff_t place) noexcept {
    constexpr int rows = at(Loops.extent, across);
    constexpr bool reverse = at(Loops.from.stride, across) < 0;
    constexpr std::ptrdiff_t row = at(Loops.to.stride, across) * (reverse ? -1 : 1);
    if constexpr (reverse) {
      from -= rows - 1;
      place -= (rows - 1) * row;
    }
    transpose_matrix<Arch, rows, extent, from_stride>(
        from, [&](auto floats, std::ptrdiff_t r, std::ptrdiff_t column, int lanes)
                  __attribute__((always_inline)) { put(floats, place + r * row + column, lanes); });
  }
};

/// Copies the box of S for every sample; `from` and `to` do not overlap. What lies outside the box
/// in `to` is left alone, or becomes the float of fill_bits when S.fills. Serves pad (which fills),
/// slice, concat (one call an operand) and permute. Without `Copies`, the box itself is left alone.
template <class Arch, copy_spec S, bool Copies = true>
void copy_box(float const* from, float* to, int samples) noexcept {
  constexpr copy_spec loops = as_loops(S);
  constexpr bool transposes = Copies && choose_copy(loops) == copy_kernel::transposed;
  constexpr copy_spec own = transposes ? without_fill(loops) : loops;
  if constexpr (transposes && S.fills) {  // what is transposed is not written in order
    constexpr float value = std::bit_cast<float>(S.fill_bits);
    fill<Arch>(to, std::ptrdiff_t{samples} * S.to.size, value);
  }
  copier<Arch, own, Copies, as_they_are> all{to, to, {}};
  constexpr std::ptrdiff_t next = S.shared || !Copies ? 0 : S.from.size;
  for (int s = 0; s < samples; ++s, from += next, all.to += S.to.size)
    all.run(Copies ? from + own.from.offset : from, own.to.offset);
  all.fill_to(0, 0);
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
