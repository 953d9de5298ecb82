#pragma once

#include "../functions.hpp"
#include "move.hpp"

namespace etch {

namespace math {

/// fn (add or maximum) over each window of an image; the result has the shape (out height, out width,
/// channels) unless another of as many elements is named.
constexpr tensor pool(function fn, tensor x, contraction window, tensor_shape shape) {
  if (fn != function::add && fn != function::maximum)
    faults::reduce_and_pool_have_the_functions_add_and_maximum();
  if (!window.fits() || x.shape().elements() != window.inputs() ||
      shape.elements() != window.outputs() || window.filters != window.channels)
    faults::window_does_not_fit_what_it_is_given();
  if (window.pointwise()) return reshape(x, shape);
  return detail::emit(x, primitive::pool{fn, window}, {shape, x.batched()}, {x.id});
}
constexpr tensor pool(function fn, tensor x, contraction window) {
  return pool(fn, x, window, {window.out_height(), window.out_width(), window.filters});
}

}  // namespace math

namespace primitive {

constexpr void gradient(pool const& p, auto const& d) {
  if (!d.needs(0)) return;
  tensor const x = d.operand(0), y = d.y, dy = d.dy;
  auto const [fn, window] = p;
  node_result const of_x{x.shape(), y.batched()}, of_y{y.shape(), y.batched()};
  if (fn == function::add) {
    d.add(0, detail::emit(dy, pool_gradient{fn, window}, of_x, {dy.id}));
  } else {
    tensor const index = detail::emit(dy, pool_index{window}, of_y, {x.id});
    d.add(0, detail::emit(dy, pool_gradient{fn, window}, of_x, {index.id, dy.id}));
  }
}

}  // namespace primitive
}  // namespace etch
