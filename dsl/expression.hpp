#pragma once

#include "functions.hpp"

namespace etch {

namespace faults {
// Not constexpr: a call in a constant expression makes the compiler name the fault.
inline void reshape_changes_the_number_of_elements() {}
inline void concat_needs_equal_extents_on_the_other_axes() {}
inline void axis_is_outside_the_shape() {}
inline void pad_and_slice_take_no_negative_count() {}
inline void slice_leaves_nothing_of_an_axis() {}
inline void contract_takes_weights_that_all_samples_share() {}
inline void window_does_not_fit_what_it_is_given() {}
inline void reduce_and_pool_have_the_functions_add_and_maximum() {}
inline void over_the_batch_there_is_only_a_sum() {}
}  // namespace faults

namespace detail {

/// The shape with `before` and `after` added to each axis, or with -1 taken from it.
constexpr tensor_shape resized(tensor_shape shape, std::array<int, 4> const& before,
                               std::array<int, 4> const& after, int sign) {
  for (int i = 0; i < tensor_shape::max_rank; ++i) {
    int const b = before[static_cast<std::size_t>(i)], e = after[static_cast<std::size_t>(i)];
    if (b < 0 || e < 0) faults::pad_and_slice_take_no_negative_count();
    if (i >= shape.rank && b + e != 0) faults::axis_is_outside_the_shape();
    if (i < shape.rank) shape[i] += sign * (b + e);
    if (i < shape.rank && shape[i] < 1) faults::slice_leaves_nothing_of_an_axis();
  }
  return shape;
}

}  // namespace detail

namespace math {

/// The same values; the gradient stops here.
constexpr tensor detach(tensor a) {
  return detail::emit(a, {.code = op::detach, .batched = a.get().batched, .shape = a.shape(),
                          .operands = {a.id, -1, -1}});
}

/// `value` in every element of a tensor of this shape, in the graph of `like`.
constexpr tensor filled(tensor like, double value, tensor_shape shape) {
  return detail::emit(like, {.code = op::constant, .value = value, .shape = shape});
}

/// 0, 1, 2, ... along the last axis, the same in each row, in the graph of `like`.
constexpr tensor iota(tensor like, tensor_shape shape) {
  return detail::emit(like, {.code = op::iota, .shape = shape});
}

/// A window of x times weights (filters, kernel height, kernel width, channels / groups), which are
/// the same for every sample; the result has the shape (out height, out width, filters) unless
/// another of as many elements is named.
constexpr tensor contract(tensor x, tensor weights, contraction window, tensor_shape result) {
  if (weights.get().batched) faults::contract_takes_weights_that_all_samples_share();
  bool const weights_fit = !weights.shape().is_countable() ||  // which is an error of its own
                           weights.shape().elements() == window.weights();
  if (!window.fits() || x.shape().elements() != window.inputs() || !weights_fit ||
      result.elements() != window.outputs())
    faults::window_does_not_fit_what_it_is_given();
  return detail::emit(x, {.code = op::contract, .batched = x.get().batched, .shape = result,
                          .operands = {x.id, weights.id, -1}, .window = window});
}
constexpr tensor contract(tensor x, tensor weights, contraction window) {
  return contract(x, weights, window, {window.out_height(), window.out_width(), window.filters});
}

/// fn (add or maximum) over the axes [first, last), which stay with extent 1; a sum over the batch
/// too when asked for.
constexpr tensor reduce(function fn, tensor a, int first, int last, bool over_batch = false) {
  if (fn != function::add && fn != function::maximum)
    faults::reduce_and_pool_have_the_functions_add_and_maximum();
  if (fn != function::add && over_batch) faults::over_the_batch_there_is_only_a_sum();
  if (first < 0 || last > a.shape().rank || first > last) faults::axis_is_outside_the_shape();
  tensor_shape result = a.shape();
  for (int axis = first; axis < last; ++axis) result[axis] = 1;
  return detail::emit(a, {.code = op::reduce, .fn = fn, .batched = a.get().batched && !over_batch,
                          .over_batch = over_batch, .first = first, .last = last, .shape = result,
                          .operands = {a.id, -1, -1}});
}
constexpr tensor sum(tensor a, int first, int last) {
  return reduce(function::add, a, first, last);
}
constexpr tensor sum(tensor a) { return sum(a, 0, a.shape().rank); }
constexpr tensor maximum(tensor a, int first, int last) {
  return reduce(function::maximum, a, first, last);
}
constexpr tensor mean(tensor a, int first, int last) {
  return sum(a, first, last) / static_cast<double>(a.shape().elements(first, last));
}

/// The mean over the axes [first, last) of every sample of the batch.
constexpr tensor batch_mean(tensor a, int first, int last) {
  tensor const total = reduce(function::add, a, first, last, true);
  tensor const samples = detail::emit(a, {.code = op::batch_size});
  return total / (samples * static_cast<double>(a.shape().elements(first, last)));
}

constexpr tensor reshape(tensor a, tensor_shape to) {
  if (to == a.shape()) return a;
  if (to.elements() != a.shape().elements()) faults::reshape_changes_the_number_of_elements();
  return detail::emit(a, {.code = op::reshape, .batched = a.get().batched, .shape = to,
                          .operands = {a.id, -1, -1}});
}

constexpr tensor pad(tensor a, std::array<int, 4> before, std::array<int, 4> after,
                     double value = 0) {
  tensor_shape const result = detail::resized(a.shape(), before, after, 1);
  if (result == a.shape()) return a;
  return detail::emit(a, {.code = op::pad, .batched = a.get().batched, .value = value,
                          .shape = result, .operands = {a.id, -1, -1}, .before = before,
                          .after = after});
}

/// Drops the first `before` and the last `after` indices of each axis.
constexpr tensor slice(tensor a, std::array<int, 4> before, std::array<int, 4> after) {
  tensor_shape const result = detail::resized(a.shape(), before, after, -1);
  if (result == a.shape()) return a;
  return detail::emit(a, {.code = op::slice, .batched = a.get().batched, .shape = result,
                          .operands = {a.id, -1, -1}, .before = before, .after = after});
}

constexpr tensor concat(tensor a, tensor b, int axis) {
  if (axis < 0 || axis >= a.shape().rank) faults::axis_is_outside_the_shape();
  tensor_shape result = a.shape();
  result[axis] += b.shape()[axis];
  tensor_shape other = b.shape();
  other[axis] = result[axis];
  if (other != result) faults::concat_needs_equal_extents_on_the_other_axes();
  bool const batched = a.get().batched || b.get().batched;
  auto const spread = [&](tensor part) {  // one copy a sample
    if (part.get().batched == batched) return part;
    return detail::emit(part, {.code = op::map, .batched = true, .shape = part.shape(),
                               .operands = {part.id, -1, -1}});
  };
  a = spread(a);
  b = spread(b);
  return detail::emit(a, {.code = op::concat, .batched = batched,
                          .index = axis, .shape = result, .operands = {a.id, b.id, -1}});
}

/// fn (add or maximum) over each window of an image.
constexpr tensor pool(function fn, tensor x, contraction window) {
  if (fn != function::add && fn != function::maximum)
    faults::reduce_and_pool_have_the_functions_add_and_maximum();
  if (!window.fits() || x.shape().elements() != window.inputs() ||
      window.filters != window.channels)
    faults::window_does_not_fit_what_it_is_given();
  tensor_shape const result{window.out_height(), window.out_width(), window.filters};
  if (window.pointwise()) return reshape(x, result);
  return detail::emit(x, {.code = op::pool, .fn = fn, .batched = x.get().batched, .shape = result,
                          .operands = {x.id, -1, -1}, .window = window});
}

/// 1 in the place of the class that `label` holds as a number, else 0: (classes).
constexpr tensor one_hot(tensor label, int classes) {
  return equal(label, iota(label, {classes}));
}

}  // namespace math
}  // namespace etch
