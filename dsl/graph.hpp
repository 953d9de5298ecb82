#pragma once

#include <array>
#include <string_view>

#include "contraction.hpp"
#include "initializer.hpp"
#include "constexpr_list.hpp"
#include "name.hpp"
#include "shape.hpp"

namespace etch {

enum class function : unsigned char;  // of map: functions.hpp

/// The primitives. Every layer is an expression of them; each has one gradient rule.
enum class op : unsigned char {
  input,          // index: which
  parameter,      // index: which
  constant,       // value, in every element
  iota,           // 0, 1, 2, ... along the last axis
  batch_size,     // the number of samples, a scalar
  random,         // uniform in [0, 1), new at every step and sample; index: which
  map,            // fn(a, b, c), element by element, with broadcasting
  contract,       // a window of x times weights: contraction
  contract_dx,    // its gradient with respect to x:       (dy, weights)
  contract_dw,    // its gradient with respect to weights: (x, dy), summed over the batch
                  // both: with a third operand, a pool_index, dy is that of the pooled contraction
  reduce,         // fn over the axes [first, last), and over the batch when over_batch
  pool,           // fn (add or maximum) over windows of (height, width, channels): window
  pool_index,     // which tap of its window, row by row, was the first maximum
  pool_gradient,  // of maximum: (index, dy); of add: (dy)
  reshape,        // the same elements in another shape
  pad,            // before and after each axis, with value
  slice,          // drops before and after of each axis
  concat,         // a and b along the axis index
  detach,         // identity with no gradient
  pack,           // weights from the standard to the packed layout of window
  unpack,         // and back
  transpose,      // packed weights as contract_dx reads them; index: one of transposition
};

/// What transpose gives: what contract_dx reads; from that, packed weights; or what a contraction
/// of dY with zeros around it reads, the taps in reverse.
enum transposition : int { transposed_weights, packed_weights, turned_weights };

/// One primitive with the shape of its result. Operands are indices of earlier nodes.
struct node {
  op code = op::constant;
  function fn{};            // map, reduce, pool; by itself the identity
  bool batched = false;     // one value a sample, or one value for the whole batch
  bool over_batch = false;  // reduce
  int index = 0;
  int layer = 0;            // the innermost layer that asked for it, in graph::layers
  int first = 0, last = 0;  // reduce: axes [first, last)
  double value = 0;
  tensor_shape shape{};
  std::array<int, 3> operands{-1, -1, -1};
  std::array<int, 4> before{}, after{};  // pad, slice
  contraction window{};
  int pool_height = 1, pool_width = 1;  // contract_dx, contract_dw of three operands

  constexpr int operand_count() const {
    int const* const o = operands.data();
    return o[0] < 0 ? 0 : o[1] < 0 ? 1 : o[2] < 0 ? 2 : 3;
  }
  constexpr int operand(int i) const { return operands[static_cast<std::size_t>(i)]; }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"
  constexpr bool operator==(node const&) const = default;
#pragma GCC diagnostic pop
};

/// What a model stores under one name: trained by the optimizer, or (batch statistics) a state that
/// moves towards the value a training step measures: state += momentum * (measured - state).
struct parameter_info {
  name_text name;
  tensor_shape shape;
  initializer init;
  bool trainable = true;
  double momentum = 0;
  int layer = 0;
};

/// A parameter and a node whose sum over the batch is added to its gradient.
struct gradient_root {
  int parameter = 0;
  int node = 0;
};

/// A layer of the chain, or one inside a combinator, and what it gives.
struct layer_info {
  std::string_view kind;  // none: a block beside others
  tensor_shape output;
  int number = 0;   // of the layer of the chain that it is or is a part of; 0 is the input
  int inside = -1;  // the combinator that it is directly in, in graph::layers
  int of_kind = 0;  // of the layers of its kind with parameters: which, from 1
};

/// A network as a plain value: nodes in an order in which they can be computed.
struct graph {
  constexpr_list<node> nodes;
  constexpr_list<tensor_shape> inputs;
  constexpr_list<parameter_info> parameters;
  constexpr_list<int> outputs;
  constexpr_list<gradient_root> gradients;
  constexpr_list<layer_info> layers;
  int randoms = 0;
  bool fast = false;         // functions in their fast form
  bool whole_batch = false;  // what a sample gives depends on the others: they run all at once
  int least_samples = 1;     // of a batch that trains
  int adding_for = -1;       // the layer of what is added; -1: the last one

  constexpr node& operator[](int id) { return nodes[static_cast<std::size_t>(id)]; }
  constexpr node const& operator[](int id) const { return nodes[static_cast<std::size_t>(id)]; }
  constexpr int size() const { return static_cast<int>(nodes.size()); }
  constexpr int layer() const {
    return adding_for >= 0 ? adding_for : static_cast<int>(layers.size()) - 1;
  }
  constexpr int add(node n) {
    n.layer = layer();
    nodes.push_back(n);
    return size() - 1;
  }
};

/// Whether something is computed from several samples: a sum over the batch, or their number.
constexpr bool measures_batch(graph const& g) {
  for (node const& n : g.nodes)
    if (n.over_batch || n.code == op::batch_size) return true;
  return false;
}

/// How an operand of a map is addressed from the flat index i of the result: (i / run) % period.
struct access {
  int run = 1;
  int period = 1;
  constexpr bool operator==(access const&) const = default;
};

/// The address of `operand` under the broadcast to `result`; `period` 0 if it does not broadcast.
/// It does when it has the same shape, is a scalar, is a suffix (a bias per channel) or a prefix
/// with ones behind it (a mean per row).
constexpr access broadcast_access(tensor_shape const& operand, tensor_shape const& result) {
  if (operand.elements() == 1) return {1, 1};
  if (operand == result) return {1, operand.elements()};
  int lead = 0;
  while (lead < operand.rank && operand[lead] == 1) ++lead;
  int const significant = operand.rank - lead;
  bool suffix = significant <= result.rank;
  for (int i = 1; suffix && i <= significant; ++i)
    suffix = operand[operand.rank - i] == result[result.rank - i];
  if (suffix) return {1, operand.elements()};
  if (operand.rank != result.rank) return {1, 0};
  int tail = operand.rank;
  while (operand[tail - 1] == 1) --tail;
  for (int i = lead; i < tail; ++i)
    if (operand[i] != result[i]) return {1, 0};
  return {result.elements(tail, result.rank), operand.elements()};
}

/// The shape of a map of two operands; rank -1 when they do not broadcast to one.
constexpr tensor_shape broadcast_shape(tensor_shape const& a, tensor_shape const& b) {
  tensor_shape result = a.rank >= b.rank ? a : b;
  tensor_shape const& other = a.rank >= b.rank ? b : a;
  for (int i = 1; i <= other.rank; ++i) {
    int& extent = result[result.rank - i];
    int const given = other[other.rank - i];
    if (extent == 1) extent = given;
    else if (given != 1 && given != extent) { result.rank = -1; return result; }
  }
  return result;
}

}  // namespace etch
