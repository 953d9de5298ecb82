#pragma once

#include "../tensor.hpp"

namespace etch {

namespace faults {
inline void contract_takes_weights_that_all_samples_share() {}
}  // namespace faults

namespace math {

/// A window of x times weights (filters, kernel height, kernel width, channels / groups), which are
/// the same for every sample; the result has the shape (out height, out width, filters) unless
/// another of as many elements is named.
constexpr tensor contract(tensor x, tensor weights, contraction window, tensor_shape shape) {
  if (weights.batched()) faults::contract_takes_weights_that_all_samples_share();
  bool const weights_fit = !weights.shape().is_countable() ||  // which is an error of its own
                           weights.shape().elements() == window.weights();
  if (!window.fits() || x.shape().elements() != window.inputs() || !weights_fit ||
      shape.elements() != window.outputs())
    faults::window_does_not_fit_what_it_is_given();
  return detail::emit(x, primitive::contract{window}, {shape, x.batched()}, {x.id, weights.id});
}
constexpr tensor contract(tensor x, tensor weights, contraction window) {
  return contract(x, weights, window, {window.out_height(), window.out_width(), window.filters});
}

/// The transpose of that, of y (out height, out width, filters): where x of the window lies, each y
/// adds the weights of its filter, times itself. The result has the shape (height, width, channels)
/// unless another of as many elements is named; what no window covers is 0.
constexpr tensor contract_transposed(tensor y, tensor weights, contraction window,
                                     tensor_shape shape) {
  if (weights.batched()) faults::contract_takes_weights_that_all_samples_share();
  bool const weights_fit = !weights.shape().is_countable() ||
                           weights.shape().elements() == window.weights();
  if (!window.fits() || y.shape().elements() != window.outputs() || !weights_fit ||
      shape.elements() != window.inputs())
    faults::window_does_not_fit_what_it_is_given();
  return detail::emit(y, primitive::contract_dx{window}, {shape, y.batched()}, {y.id, weights.id});
}
constexpr tensor contract_transposed(tensor y, tensor weights, contraction window) {
  return contract_transposed(y, weights, window, {window.height, window.width, window.channels});
}

}  // namespace math

namespace primitive {

constexpr void gradient(contract const& c, auto const& d) {
  tensor const x = d.operand(0), weights = d.operand(1), dy = d.dy;
  contraction const window = c.window;  // c moves when another is added
  bool const batched = d.y.batched();
  if (d.needs(1))
    d.add(1, detail::emit(dy, contract_dw{window}, {weights.shape(), false, true}, {x.id, dy.id}));
  if (d.needs(0))
    d.add(0, detail::emit(dy, contract_dx{window}, {x.shape(), batched}, {dy.id, weights.id}));
}

/// Of the transpose, which is linear in both too: its operand has the place of y, what it gives that of
/// x.
constexpr void gradient(contract_dx const& c, auto const& d) {
  tensor const y = d.operand(0), weights = d.operand(1), dx = d.dy;
  contraction const window = c.window;
  bool const batched = d.y.batched();
  if (d.needs(1))
    d.add(1, detail::emit(dx, contract_dw{window}, {weights.shape(), false, true}, {dx.id, y.id}));
  if (d.needs(0))
    d.add(0, detail::emit(dx, contract{window}, {y.shape(), batched}, {dx.id, weights.id}));
}

}  // namespace primitive
}  // namespace etch
