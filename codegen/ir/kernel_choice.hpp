#pragma once

#include <string_view>

#include "tile.hpp"

namespace etch {

/// The kernels of contractions.
enum class contract_kernel : unsigned char {
  none,       // the step is no contraction
  lanes,      // samples side by side in the lanes of vectors
  row,        // one row times a matrix
  rows,       // a matrix product
  windows,    // tiles of a convolution
  held,       // a pooled convolution whose weights stay in registers
  depthwise,  // channels in the lanes
  scatter,    // dX: each tap adds to what it reads
  weights,    // dW: a matrix product along the positions
  listed,     // gradients before a max pooling, of what is not zero alone
  masked,     // dW before a max pooling, with dY made in registers
};

constexpr std::string_view name_of(contract_kernel k) {
  constexpr std::string_view names[] = {"",     "lanes",     "row",     "rows",    "windows",
                                        "held", "depthwise", "scatter", "weights", "listed",
                                        "masked"};
  return names[static_cast<int>(k)];
}

/// The kernels of element-wise maps.
enum class map_kernel : unsigned char {
  none,      // the step is no map
  run,       // all samples as one run of elements
  repeated,  // rows of a few channels, what is per channel copied until they fill vectors
  rows,      // rows along which each operand runs or stays
  framed,    // lines of an image, into its frame
};

constexpr std::string_view name_of(map_kernel k) {
  constexpr std::string_view names[] = {"", "run", "repeated", "rows", "framed"};
  return names[static_cast<int>(k)];
}

/// What the innermost loop of a copy does.
enum class copy_kernel : unsigned char {
  none,        // the step is no copy
  runs,        // copies what lies side by side
  reversed,    // the same, backwards
  transposed,  // with another one, transposes a matrix: tiles of four rows of a vector
  elements,    // copies one by one
};

constexpr std::string_view name_of(copy_kernel k) {
  constexpr std::string_view names[] = {"", "runs", "reversed", "transposed", "elements"};
  return names[static_cast<int>(k)];
}

/// The kernel of a map: `together` rows of its program are one of `length` elements.
struct map_choice {
  map_kernel which = map_kernel::none;
  int together = 0, length = 0;
  constexpr bool operator==(map_choice const&) const = default;
};

/// Which of the three products of a contraction, or one of two activations, of which the window has the
/// rows as its width, the inner extent as channels and the columns as filters.
enum class contract_product : unsigned char { none, forward, dx, dw, activations };

/// What a step asks for: a product of `window`, which a max pooling may follow; the gradients
/// before one are `pooled` too, whatever its size.
struct kernel_request {
  contract_product what = contract_product::none;
  contraction window{};
  bool pooled = false;
  kernels::pool_window pool{};
  bool one_row = false;  // each call is for one sample
  bool lanes = false;    // samples lie in the lanes of vectors
  bool turned = false;   // activations: the second matrix lies transposed in memory
  bool inlines = true;   // code of a few instructions may become a part of the caller's
  constexpr bool operator==(kernel_request const&) const = default;
};

/// The kernel that computes a step, and the shape of its tiles.
struct kernel_choice {
  static constexpr int most_strips = 6;

  contract_kernel which = contract_kernel::none;
  bool inlined = false;            // row: as a part of the caller's code
  bool transposes = false;         // rows: dX with the weights as they are, a strip at a time
  bool packs = false;              // rows: of activations, the second matrix, a strip at a time
  bool fresh = false;              // scatter: the first row of taps writes, rather than adds
  bool wide = false;               // weights: vectors as wide as any, not as a panel
  int steps = 0;                   // rows: of the reduction that are done at once
  int lines = 0;                   // scatter: rows of the window that are done together
  int strip = 0;                   // held, masked: filters that are done together
  int chunk = 0;                   // listed: vectors, masked: weights of a filter, done together
  kernels::register_tile tile{0, 0, 0, 0};
  kernels::row_strips row{};       // row; rows, where a call may be for one row
  kernels::turned_strip turned{};  // windows, scatter: the last filters or channels
  kernels::position_block block{0, 0, 0};  // weights: what is summed at once
  kernels::weight_shape strips[most_strips]{};  // weights: tiles of the filters, in order; each as
                                                // often as it fits
  map_choice map{};
  copy_kernel copy = copy_kernel::none;
  constexpr bool operator==(kernel_choice const&) const = default;
};

}  // namespace etch
