#pragma once

#include <array>
#include <initializer_list>

#include "leaves.hpp"
#include "map.hpp"

namespace etch {

namespace faults {
inline void over_the_batch_there_is_only_a_sum() {}
}  // namespace faults

namespace math {

/// fn (add or maximum) over the axes [first, last), which stay with extent 1; a sum over the batch
/// too when asked for.
constexpr tensor reduce(function fn, tensor a, int first, int last, bool over_batch = false) {
  if (fn != function::add && fn != function::maximum)
    faults::reduce_and_pool_have_the_functions_add_and_maximum();
  if (fn != function::add && over_batch) faults::over_the_batch_there_is_only_a_sum();
  if (first < 0 || last > a.shape().rank || first > last) faults::axis_is_outside_the_shape();
  tensor_shape shape = a.shape();
  for (int axis = first; axis < last; ++axis) shape[axis] = 1;
  return detail::emit(a, primitive::reduce{fn, first, last},
                      {shape, a.batched() && !over_batch, over_batch}, {a.id});
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

/// fn (add or maximum) over these axes, in any order, which stay with extent 1: `sum(x, {0, 2})`.
/// Those that are adjacent are one reduction.
constexpr tensor reduce(function fn, tensor a, std::initializer_list<int> axes) {
  std::array<bool, tensor_shape::max_rank> reduced{};
  for (int axis : axes) {
    if (axis < 0 || axis >= a.shape().rank) faults::axis_is_outside_the_shape();
    reduced[static_cast<std::size_t>(axis)] = true;
  }
  for (int last = a.shape().rank; last > 0;) {  // from the last axis on, along memory
    int first = last;
    while (first > 0 && reduced[static_cast<std::size_t>(first - 1)]) --first;
    if (first < last) a = reduce(fn, a, first, last);
    last = first - 1;
  }
  return a;
}
constexpr tensor sum(tensor a, std::initializer_list<int> axes) {
  return reduce(function::add, a, axes);
}
constexpr tensor maximum(tensor a, std::initializer_list<int> axes) {
  return reduce(function::maximum, a, axes);
}
constexpr tensor mean(tensor a, std::initializer_list<int> axes) {
  tensor const total = sum(a, axes);
  return total / (1.0 * a.shape().elements() / total.shape().elements());
}

/// The mean over the axes [first, last) of every sample of the batch.
constexpr tensor batch_mean(tensor a, int first, int last) {
  tensor const total = reduce(function::add, a, first, last, true);
  return total / (batch_size(a) * static_cast<double>(a.shape().elements(first, last)));
}

}  // namespace math

namespace detail {

/// What a reduction of x over the axes [first, last) gave, in a shape that broadcasts to that of x.
/// Axes in the middle do not; the gradient of the sum of a window over them repeats along them.
constexpr tensor spread(tensor d, tensor_shape const& shape, int first, int last) {
  if (broadcast_access(d.shape(), shape).period != 0) return d;
  int const inner = shape.elements(last, shape.rank), reduced = shape.elements(first, last);
  contraction const window{.height = shape.elements(0, first),
                           .width = reduced,
                           .channels = inner,
                           .kernel_width = reduced,
                           .stride_width = reduced,
                           .filters = inner};
  return emit(d, primitive::pool_gradient{function::add, window}, {shape, d.batched()}, {d.id});
}

}  // namespace detail

namespace primitive {

constexpr void gradient(reduce const& r, auto const& d) {
  using namespace etch::math;
  if (!d.needs(0)) return;
  tensor const x = d.operand(0);
  auto const [fn, first, last] = r;
  auto const spread = [&, from = first, to = last](tensor t) {
    return etch::detail::spread(t, x.shape(), from, to);
  };
  if (fn == function::maximum) {  // equal ones share
    tensor const largest = equal(x, spread(d.y));
    d.add(0, largest * spread(d.dy / sum(largest, first, last)));
  } else {
    bool const repeated = d.y.get().over_batch && !x.batched();
    d.add(0, spread(repeated ? d.dy * math::batch_size(d.dy) : d.dy));
  }
}

}  // namespace primitive
}  // namespace etch
