#pragma once

#include "graph.hpp"

namespace etch {

namespace faults {
// Not constexpr: a call in a constant expression makes the compiler name the fault.
inline void operands_do_not_broadcast_to_one_shape() {}
inline void axis_is_outside_the_shape() {}
inline void window_does_not_fit_what_it_is_given() {}
inline void reduce_and_pool_have_the_functions_add_and_maximum() {}
}  // namespace faults

/// The functions on `tensor`. They are found by their argument, `exp(x)`; where a layer has the
/// same name (tanh, sigmoid, reshape, concat), `math::tanh(x)` says which is meant.
namespace math {

/// A value in the graph that is being written: the operand of the expressions that define a layer.
struct tensor {
  graph* owner = nullptr;
  node_id id = node_id::none;

  constexpr node const& get() const { return (*owner)[id]; }
  constexpr tensor_shape const& shape() const { return get().shape; }
  constexpr bool batched() const { return get().batched; }
};

}  // namespace math
using math::tensor;

namespace detail {

/// One more input of the graph, of which each sample has its own.
constexpr tensor add_input(graph& g, tensor_shape const& shape,
                           element_type of = element_type::float32) {
  g.inputs.push_back({shape, of});
  int const which = static_cast<int>(g.inputs.size()) - 1;
  return {&g, g.add(primitive::input{which}, {.shape = shape, .batched = true, .element = of})};
}

/// What `kind` gives of these operands, in the graph of `like`.
template <class Kind>
constexpr tensor emit(tensor like, Kind const& kind, node_result const& gives,
                      std::initializer_list<node_id> operands = {}) {
  return {like.owner, like.owner->add(kind, gives, operands)};
}

constexpr tensor scalar(tensor like, double value) {
  return emit(like, primitive::constant{value}, {});
}

constexpr tensor_shape common_shape(tensor_shape const& a, tensor_shape const& b) {
  tensor_shape const common = broadcast_shape(a, b);
  if (common.rank < 0 || broadcast_access(a, common).period == 0 ||
      broadcast_access(b, common).period == 0)
    faults::operands_do_not_broadcast_to_one_shape();
  return common;
}

constexpr tensor map(function fn, tensor a) {
  return emit(a, primitive::map{fn}, {a.shape(), a.batched()}, {a.id});
}
constexpr tensor map(function fn, tensor a, tensor b) {
  return emit(a, primitive::map{fn},
              {common_shape(a.shape(), b.shape()), a.batched() || b.batched()}, {a.id, b.id});
}
constexpr tensor map(function fn, tensor a, tensor b, tensor c) {
  tensor_shape const shape = common_shape(a.shape(), common_shape(b.shape(), c.shape()));
  return emit(a, primitive::map{fn}, {shape, a.batched() || b.batched() || c.batched()},
              {a.id, b.id, c.id});
}

}  // namespace detail
}  // namespace etch
