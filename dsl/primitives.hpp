#pragma once

#include <array>
#include <string_view>

#include "contraction.hpp"
#include "kinds.hpp"

/// The primitives: every layer is an expression of them. Each is a struct of what a node of its kind
/// has beside its operands and the shape of its result. What it computes, how an expression makes it,
/// and its gradient stand in a file of dsl/primitives/.
namespace etch {

enum class function : unsigned char;  // of map: functions.hpp
enum class parameter_id : int { none = -1 };

/// A table of rows, which tokens number from 0.
struct row_table {
  int rows = 1, width = 1;
  bool pads = false;  // `padding` is a token that stands for none,
  int padding = 0;    // though it may number a row

  /// Whether the token has a row. Others are rows of zeros, of which no gradient is taken.
  constexpr bool has(int token) const {
    return token >= 0 && token < rows && !(pads && token == padding);
  }
  /// Whether the token is one that data may have.
  constexpr bool allows(int token) const { return has(token) || (pads && token == padding); }
  constexpr bool operator==(row_table const&) const = default;
};

namespace primitive {

/// A tensor that the caller gives, one a sample.
struct input {
  static constexpr std::string_view name = "input";
  int which = 0;
  constexpr bool operator==(input const&) const = default;
};

/// What a model stores: graph::parameters says more.
struct parameter {
  static constexpr std::string_view name = "parameter";
  parameter_id which{};
  constexpr bool operator==(parameter const&) const = default;
};

/// One value in every element.
struct constant {
  static constexpr std::string_view name = "constant";
  double value = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"
  constexpr bool operator==(constant const&) const = default;
#pragma GCC diagnostic pop
};

/// 0, 1, 2, ... along the last axis.
struct iota {
  static constexpr std::string_view name = "iota";
  constexpr bool operator==(iota const&) const = default;
};

/// The number of samples, a scalar.
struct batch_size {
  static constexpr std::string_view name = "batch_size";
  constexpr bool operator==(batch_size const&) const = default;
};

/// Uniform in [0, 1), new at every step and for every sample; streams are independent.
struct random {
  static constexpr std::string_view name = "random";
  int stream = 0;
  constexpr bool operator==(random const&) const = default;
};

/// fn(a, b, c), element by element, with broadcasting.
struct map {
  static constexpr std::string_view name = "map";
  function fn{};  // by itself the identity
  constexpr bool operator==(map const&) const = default;
};

/// (x, weights): a window of x times the weights.
struct contract {
  static constexpr std::string_view name = "contract";
  contraction window;
  constexpr bool operator==(contract const&) const = default;
};

/// (dy, weights): the gradient of contract with respect to x, and, as an operation
/// of its own, the transposed convolution of dy. (dy, weights, index): the gradient of a contraction
/// before a max pooling with windows of `pooled`; dy is the gradient of what that gave, index its
/// pool_index.
struct contract_dx {
  static constexpr std::string_view name = "contract_dx";
  contraction window;
  pool_window pooled{};
  constexpr bool operator==(contract_dx const&) const = default;
};

/// (x, dy) or (x, dy, index): the gradient of contract with respect to the weights, the sum over the
/// samples.
struct contract_dw {
  static constexpr std::string_view name = "contract_dw";
  contraction window;
  pool_window pooled{};
  constexpr bool operator==(contract_dw const&) const = default;
};

/// (a, b): the matrix products of the last two axes, y[..., m, n] = sum over k of a[..., m, k] *
/// b[..., k, n]. Of what is transposed, the last two axes lie the other way round.
struct product {
  static constexpr std::string_view name = "product";
  bool transpose_a = false, transpose_b = false;
  constexpr bool operator==(product const&) const = default;
};

/// (x): fn, add or maximum, over the axes [first, last), which stay with extent 1, and over the
/// samples where the node says so.
struct reduce {
  static constexpr std::string_view name = "reduce";
  function fn{};
  int first = 0, last = 0;
  constexpr bool operator==(reduce const&) const = default;
};

/// (x): fn, add or maximum, over each window of an image, channel by channel.
struct pool {
  static constexpr std::string_view name = "pool";
  function fn{};
  contraction window;
  constexpr bool operator==(pool const&) const = default;
};

/// (x): which tap of its window, counted row by row, is the first maximum.
struct pool_index {
  static constexpr std::string_view name = "pool_index";
  contraction window;
  constexpr bool operator==(pool_index const&) const = default;
};

/// The gradient of pool: of a maximum (index, dy), of a sum (dy).
struct pool_gradient {
  static constexpr std::string_view name = "pool_gradient";
  function fn{};
  contraction window;
  constexpr bool operator==(pool_gradient const&) const = default;
};

/// (x): the same elements in another shape.
struct reshape {
  static constexpr std::string_view name = "reshape";
  constexpr bool operator==(reshape const&) const = default;
};

/// (x): x with so many indices before and after those of each axis, filled with `value`.
struct pad {
  static constexpr std::string_view name = "pad";
  axis_counts before{}, after{};
  double value = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"
  constexpr bool operator==(pad const&) const = default;
#pragma GCC diagnostic pop
};

/// (x): x without so many indices before and after those that stay of each axis.
struct slice {
  static constexpr std::string_view name = "slice";
  axis_counts before{}, after{};
  constexpr bool operator==(slice const&) const = default;
};

/// (a, b): a, then b along an axis.
struct concat {
  static constexpr std::string_view name = "concat";
  int axis = 0;
  constexpr bool operator==(concat const&) const = default;
};

/// (x): x with its axes in another order, and the indices of some in reverse: axis i of the result is
/// axis axes[i] of x, its last index first where flips[i] is 1.
struct permute {
  static constexpr std::string_view name = "permute";
  axis_counts axes{}, flips{};
  constexpr bool operator==(permute const&) const = default;
};

/// (table, tokens): the row of each token, or zeros where the table has none.
struct gather {
  static constexpr std::string_view name = "gather";
  row_table table;
  constexpr bool operator==(gather const&) const = default;
};

/// (tokens, dy): the gradient of gather with respect to the table, the sum over the samples.
struct scatter_add {
  static constexpr std::string_view name = "scatter_add";
  row_table table;
  constexpr bool operator==(scatter_add const&) const = default;
};

/// (x): x, of which no gradient is taken.
struct detach {
  static constexpr std::string_view name = "detach";
  constexpr bool operator==(detach const&) const = default;
};

// A scan: dsl/primitives/scan.hpp.

/// (x): in a loop, x[i] in step i, along the first axis.
struct element {
  static constexpr std::string_view name = "element";
  constexpr bool operator==(element const&) const = default;
};

/// (x): in a loop, x in the first step, and in every other what the step before says:
/// graph::carried.
struct carry {
  static constexpr std::string_view name = "carry";
  constexpr bool operator==(carry const&) const = default;
};

/// (x of a loop): what all steps give, along a new first axis.
struct stack {
  static constexpr std::string_view name = "stack";
  constexpr bool operator==(stack const&) const = default;
};

/// (carry): what the last step says.
struct last {
  static constexpr std::string_view name = "last";
  constexpr bool operator==(last const&) const = default;
};

// Passes alone make those that follow.

/// (weights): from the standard layout (filters, kernel height, kernel width, channels / groups) to
/// the panels of the window, and back.
struct pack {
  static constexpr std::string_view name = "pack";
  contraction window;
  constexpr bool operator==(pack const&) const = default;
};
struct unpack {
  static constexpr std::string_view name = "unpack";
  contraction window;
  constexpr bool operator==(unpack const&) const = default;
};

/// (packed weights): the panels that another contraction reads of the same weights.
struct transpose {
  static constexpr std::string_view name = "transpose";
  enum class target : unsigned char {
    dx,        // what contract_dx reads of the window's weights
    packed,    // from that back to the window's panels
    convolved  // what a convolution of dY with zeros around it reads: dx, the taps in reverse
  };
  contraction window;
  target to = target::dx;
  constexpr bool operator==(transpose const&) const = default;
};

}  // namespace primitive

/// The primitives that kernels compute as they are.
using kernel_primitives =
    kind_list<primitive::iota, primitive::batch_size, primitive::random, primitive::contract_dx,
              primitive::contract_dw, primitive::product, primitive::pool, primitive::pool_index,
              primitive::pool_gradient, primitive::pack, primitive::unpack, primitive::transpose,
              primitive::element, primitive::stack, primitive::gather,
              primitive::scatter_add>;

/// All of them: those that are fused or moved first, too.
using primitives =
    kernel_primitives::with<primitive::input, primitive::parameter, primitive::constant,
                            primitive::map, primitive::contract, primitive::reduce,
                            primitive::reshape, primitive::pad, primitive::slice,
                            primitive::concat, primitive::permute, primitive::detach,
                            primitive::carry, primitive::last>;

}  // namespace etch
