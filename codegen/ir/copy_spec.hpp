#pragma once

#include <cstdint>

#include "../../dsl/shape.hpp"

namespace etch {

/// Where the elements of a box lie in a tensor: that with an index for each axis is the sum of index
/// times stride floats behind the first.
struct strided_place {
  int size = 1;  // floats of the tensor
  int offset = 0;  // of the box's first element
  axis_counts stride{};  // of any sign; 0 where all indices of an axis have one element
  constexpr bool operator==(strided_place const&) const = default;
};

/// Copies the elements of a box from one tensor to another, which do not overlap. No two elements
/// have one place in `to`.
struct copy_spec {
  int axes = 0;
  axis_counts extent{};
  strided_place from, to;
  bool fills = false;  // everything outside the box becomes the float of fill_bits
  std::uint32_t fill_bits = 0;
  bool shared = false;  // every sample is given the same copy
  constexpr bool operator==(copy_spec const&) const = default;
};

/// Where a box lies in a tensor whose elements lie row by row; its first element has these indices.
constexpr strided_place place_in(tensor_shape const& shape, axis_counts const& first = {}) {
  strided_place box;
  for (int axis = shape.rank; axis-- > 0; box.size *= shape[axis]) {
    box.stride[static_cast<std::size_t>(axis)] = box.size;
    box.offset += first[static_cast<std::size_t>(axis)] * box.size;
  }
  return box;
}

/// The same copy as loops, the outermost first, that write from the beginning of `to` to its end: axes
/// of extent 1 are left out, and axes that both sides go through as through one are one.
constexpr copy_spec as_loops(copy_spec const& s) {
  struct loop {
    int extent, from, to;
  };
  std::array<loop, tensor_shape::max_rank> all{};
  std::size_t count = 0;
  copy_spec made = s;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(s.axes); ++axis) {
    loop l{s.extent[axis], s.from.stride[axis], s.to.stride[axis]};
    if (l.extent == 1) continue;
    if (l.to < 0) {  // from its last index to its first
      made.from.offset += (l.extent - 1) * l.from;
      made.to.offset += (l.extent - 1) * l.to;
      l = {l.extent, -l.from, -l.to};
    }
    std::size_t i = count++;
    for (; i > 0 && all[i - 1].to < l.to; --i) all[i] = all[i - 1];
    all[i] = l;
  }
  made.axes = 0;
  made.extent = made.from.stride = made.to.stride = {};
  for (std::size_t i = 0; i < count; ++i) {
    loop l = all[i];
    std::size_t last = static_cast<std::size_t>(made.axes) - 1;
    if (made.axes > 0 && made.from.stride[last] == l.extent * l.from &&
        made.to.stride[last] == l.extent * l.to)
      l.extent *= made.extent[last];
    else
      last = static_cast<std::size_t>(made.axes++);
    made.extent[last] = l.extent;
    made.from.stride[last] = l.from;
    made.to.stride[last] = l.to;
  }
  return made;
}

/// The copy that leaves alone what lies outside the box.
constexpr copy_spec without_fill(copy_spec s) {
  s.fills = false;
  s.fill_bits = 0;
  return s;
}

/// The same loops, of which the innermost runs over `length` elements at a time.
constexpr copy_spec with_rows(copy_spec loops, int length) {
  std::size_t const last = static_cast<std::size_t>(loops.axes) - 1, next = last + 1;
  loops.extent[next] = length;
  loops.extent[last] /= length;
  for (strided_place* place : {&loops.from, &loops.to}) {
    place->stride[next] = place->stride[last];
    place->stride[last] *= length;
  }
  ++loops.axes;
  return loops;
}

/// An image that lies in a larger one, whose border is the float of fill_bits.
struct bordered_image {
  int height = 1, width = 1, channels = 1;
  int top = 0, left = 0;  // lines above it, and positions before each line
  int whole_height = 1, whole_width = 1;
  std::uint32_t fill_bits = 0;

  constexpr int elements() const { return height * width * channels; }
  constexpr int line() const { return whole_width * channels; }
  constexpr int whole_elements() const { return whole_height * line(); }
  /// Floats before the first of line y of the image.
  constexpr int offset(int y) const { return (top + y) * line() + left * channels; }
  constexpr bool operator==(bordered_image const&) const = default;
};

/// The copy into such an image.
constexpr copy_spec copy_into(bordered_image const& image) {
  return {.axes = 3,
          .extent = {image.height, image.width, image.channels},
          .from = place_in({image.height, image.width, image.channels}),
          .to = place_in({image.whole_height, image.whole_width, image.channels},
                         {image.top, image.left}),
          .fills = true,
          .fill_bits = image.fill_bits};
}

/// The bordered image that the copy makes of one without a border; without elements, if it makes
/// none.
constexpr bordered_image image_of(copy_spec const& s) {
  bordered_image const none{.height = 0};
  if (!s.fills || s.shared || s.axes < 2) return none;
  auto const from_last = [&](axis_counts const& of, int axis, int behind) {
    return axis <= s.axes ? of[static_cast<std::size_t>(s.axes - axis)] : behind;
  };
  bordered_image made{.height = from_last(s.extent, 3, 1),
                      .width = from_last(s.extent, 2, 1),
                      .channels = from_last(s.extent, 1, 1),
                      .fill_bits = s.fill_bits};
  int const line = from_last(s.to.stride, 3, s.to.size);
  made.whole_width = line / made.channels;
  made.whole_height = s.to.size / line;
  made.top = s.to.offset / line;
  made.left = s.to.offset % line / made.channels;
  copy_spec const other = copy_into(made);
  return as_loops(other) == as_loops(s) ? made : none;
}

}  // namespace etch
