#pragma once

#include "graph.hpp"

namespace etch {

namespace faults {
// Not constexpr: a call in a constant expression makes the compiler name the fault.
inline void operands_do_not_broadcast_to_one_shape() {}
}  // namespace faults

/// The functions on `tensor`. They are found by their argument, `exp(x)`; where a layer has the
/// same name (tanh, sigmoid, reshape, concat), `math::tanh(x)` says which is meant.
namespace math {

/// A value in the graph that is being written: the operand of the expressions that define a layer.
struct tensor {
  graph* owner = nullptr;
  int id = -1;

  constexpr node const& get() const { return (*owner)[id]; }
  constexpr tensor_shape const& shape() const { return get().shape; }
};

}  // namespace math
using math::tensor;

namespace detail {

constexpr tensor emit(tensor like, node const& n) {
  return {like.owner, like.owner->add(n)};
}

constexpr tensor scalar(tensor like, double value) {
  return emit(like, {.code = op::constant, .value = value});
}

constexpr tensor_shape common_shape(tensor_shape const& a, tensor_shape const& b) {
  tensor_shape const result = broadcast_shape(a, b);
  if (result.rank < 0 || broadcast_access(a, result).period == 0 ||
      broadcast_access(b, result).period == 0)
    faults::operands_do_not_broadcast_to_one_shape();
  return result;
}

constexpr tensor map(function fn, tensor a) {
  return emit(a, {.code = op::map, .fn = fn, .batched = a.get().batched, .shape = a.shape(),
                  .operands = {a.id, -1, -1}});
}

constexpr tensor map(function fn, tensor a, tensor b) {
  return emit(a, {.code = op::map, .fn = fn, .batched = a.get().batched || b.get().batched,
                  .shape = common_shape(a.shape(), b.shape()), .operands = {a.id, b.id, -1}});
}

constexpr tensor map(function fn, tensor a, tensor b, tensor c) {
  tensor_shape const result = common_shape(a.shape(), common_shape(b.shape(), c.shape()));
  bool const batched = a.get().batched || b.get().batched || c.get().batched;
  return emit(a, {.code = op::map, .fn = fn, .batched = batched, .shape = result,
                  .operands = {a.id, b.id, c.id}});
}

}  // namespace detail
}  // namespace etch
