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

/// The transpose of the sum: each element of y at all positions of its window, where windows overlap
/// their sum, and 0 where there is none. (out height, out width, channels) -> (height, width, channels),
/// or another shape of as many elements.
constexpr tensor unpool_sum(tensor y, contraction window, tensor_shape shape) {
  if (!window.fits() || y.shape().elements() != window.outputs() ||
      shape.elements() != window.inputs() || window.filters != window.channels)
    faults::window_does_not_fit_what_it_is_given();
  if (window.pointwise()) return reshape(y, shape);
  return detail::emit(y, primitive::pool_gradient{function::add, window}, {shape, y.batched()},
                      {y.id});
}

}  // namespace math

namespace faults {
inline void the_gradient_of_a_maximum_has_no_gradient_rule() {}
}  // namespace faults

namespace primitive {

/// Of the transpose of a sum, which that of a maximum is not.
constexpr void gradient(pool_gradient const& p, auto const& d) {
  auto const [fn, window] = p;
  if (fn != function::add) faults::the_gradient_of_a_maximum_has_no_gradient_rule();
  if (d.needs(0))
    d.add(0, detail::emit(d.dy, pool{fn, window}, {d.operand(0).shape(), d.y.batched()}, {d.dy.id}));
}

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
