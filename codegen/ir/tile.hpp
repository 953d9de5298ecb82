#pragma once

#include <algorithm>

#include "packing.hpp"

/// The shapes that contraction kernels are made of, as plain values: passes/select/ chooses them
/// and kernels are instantiated on them.
namespace etch::kernels {

/// How one window is read: rows x columns runs of `run` contiguous floats. Neighbouring taps are
/// contiguous too where nothing lies between them, which makes the runs as long as they get.
struct window_walk {
  int rows = 1, columns = 1, run = 1;
  int row_stride = 0, column_stride = 0;
};

constexpr window_walk walk_of(contraction const& c) {
  window_walk walk{c.kernel_height, c.kernel_width, c.group_channels(),
                   c.dilation_height * c.width * c.channels, c.dilation_width * c.channels};
  if (c.groups > 1) return walk;
  if (c.kernel_width == 1 || c.dilation_width == 1) {
    walk.run *= walk.columns;
    walk.columns = 1;
  }
  if (walk.columns == 1 && (walk.rows == 1 || walk.row_stride == walk.run)) {
    walk.run *= walk.rows;
    walk.rows = 1;
  }
  return walk;
}

/// An axis cut into `count` pieces whose lengths differ by at most one: `large` of `size`, then
/// pieces of `size - 1`.
struct balanced_axis {
  int size = 1, large = 1, count = 1;

  constexpr int length(int piece) const { return piece < large ? size : size - 1; }
};
constexpr balanced_axis balance(int extent, int most) {
  int const count = (extent + most - 1) / most;
  int const size = (extent + count - 1) / count;
  return {size, extent - count * (size - 1), count};
}

/// Neighbouring taps of one row of a window: `columns` windows `stride` apart, whose taps are
/// `dilation` apart, touch a span of columns. Forward, a column of the span is read once for all
/// windows it is in; a scatter reads a window's gradient once and adds to the span.
struct tap_row {
  int columns = 1, taps = 1, stride = 1, dilation = 1;
  bool scatter = false;

  [[gnu::always_inline]] constexpr int span() const {
    return (columns - 1) * stride + (taps - 1) * dilation + 1;
  }
  [[gnu::always_inline]] constexpr int inputs() const { return scatter ? columns : span(); }
  [[gnu::always_inline]] constexpr int outputs() const { return scatter ? span() : columns; }
  /// Where `input` times `tap` is added, or -1. Always inlined: in a large translation unit g++ at
  /// -O2 would call it, and what is indexed by a call lies on the stack.
  [[gnu::always_inline]] constexpr int output(int input, int tap) const {
    if (scatter) return input * stride + tap * dilation;
    int const offset = input - tap * dilation;
    return offset >= 0 && offset % stride == 0 && offset / stride < columns ? offset / stride : -1;
  }
  /// Inputs that are read at all.
  constexpr int loads() const { return std::min(inputs(), columns * taps); }
};

/// The rows of c's windows, for a tile of `columns` windows and `taps` taps at a time.
constexpr tap_row row_of(contraction const& c, int columns, int taps, bool scatter = false) {
  return {columns, taps, c.stride_width, c.dilation_width, scatter};
}

/// A register tile: `height` x `width` positions, `panels` panels of filters, and `taps` taps of a
/// row of the window at a time.
struct register_tile {
  int height = 1, width = 1, panels = 1, taps = 1;
  constexpr bool operator==(register_tile const&) const = default;
};

using etch::pool_window;

/// How a single row of a matrix product is cut: strips of `lanes` filters, whose reduction is split
/// into `chains` sums; what is left of the filters has `rest_chains`.
struct row_strips {
  int lanes = 0, chains = 0, rest_chains = 0;
  constexpr bool operator==(row_strips const&) const = default;
};

/// The last `filters` filters, whose windows are multiplied along their channels, for at most
/// `width` neighbouring outputs at once.
struct turned_strip {
  int filters = 0, width = 0;
  constexpr bool operator==(turned_strip const&) const = default;
};

/// Positions whose gradients follow each other: `samples`, or `lines` whole lines of one, or a part
/// of a line. The samples of a pointwise contraction are one line. What the block `begins` is not
/// added to what is there.
struct position_block {
  int samples = 1, lines = 1, columns = 1;
  bool begins = false;

  constexpr int size() const { return samples * lines * columns; }
  constexpr bool operator==(position_block const&) const = default;
};

/// What a tile of gradients of weights covers: `lanes` filters by `rows` x `columns` weights of
/// each, or, `turned`, as many vectors of weights, the last `back` of which the vector before it
/// has too. `packed` gradients lie in a panel of whole vectors. `by_taps`: a row of three taps at
/// once.
struct weight_shape {
  int rows = 0, columns = 0, back = 0, lanes = 0;
  bool turned = false, packed = false, by_taps = false;

  /// Weights from one column to the next.
  constexpr int step(int width) const { return turned ? width : 1; }
  constexpr int vectors(int width) const { return (lanes + width - 1) / width; }
  constexpr weight_shape with(int r, int c, int b) const {
    return {r, c, b, lanes, turned, packed, by_taps};
  }
  constexpr bool operator==(weight_shape const&) const = default;
};

}  // namespace etch::kernels
