#pragma once

#include "../tensor.hpp"

/// The primitives that compute nothing: reshape, pad, slice, concat, permute, detach.
namespace etch {

namespace faults {
inline void reshape_changes_the_number_of_elements() {}
inline void concat_needs_equal_extents_on_the_other_axes() {}
inline void pad_and_slice_take_no_negative_count() {}
inline void slice_leaves_nothing_of_an_axis() {}
inline void permute_takes_each_axis_once() {}
}  // namespace faults

namespace detail {

/// The shape with `before` and `after` added to each axis, or with -1 taken from it.
constexpr tensor_shape resized(tensor_shape shape, axis_counts const& before,
                               axis_counts const& after, int sign) {
  for (int i = 0; i < tensor_shape::max_rank; ++i) {
    int const b = before[static_cast<std::size_t>(i)], e = after[static_cast<std::size_t>(i)];
    if (b < 0 || e < 0) faults::pad_and_slice_take_no_negative_count();
    if (i >= shape.rank && b + e != 0) faults::axis_is_outside_the_shape();
    if (i < shape.rank) shape[i] += sign * (b + e);
    if (i < shape.rank && shape[i] < 1) faults::slice_leaves_nothing_of_an_axis();
  }
  return shape;
}

/// The same value once for each sample.
constexpr tensor for_each_sample(tensor x) {
  return x.batched() ? x : emit(x, primitive::map{}, {x.shape(), true}, {x.id});
}

/// What becomes of a shape.
constexpr tensor_shape permuted(tensor_shape const& shape, primitive::permute const& p) {
  tensor_shape to = shape;
  for (int axis = 0; axis < shape.rank; ++axis)
    to[axis] = shape[p.axes[static_cast<std::size_t>(axis)]];
  return to;
}
constexpr tensor permuted(tensor a, primitive::permute const& p) {
  return emit(a, p, {permuted(a.shape(), p), a.batched()}, {a.id});
}

}  // namespace detail

namespace math {

/// The same values; the gradient stops here.
constexpr tensor detach(tensor a) {
  return detail::emit(a, primitive::detach{}, {a.shape(), a.batched()}, {a.id});
}

constexpr tensor reshape(tensor a, tensor_shape to) {
  if (to == a.shape()) return a;
  if (to.elements() != a.shape().elements()) faults::reshape_changes_the_number_of_elements();
  return detail::emit(a, primitive::reshape{}, {to, a.batched()}, {a.id});
}

constexpr tensor pad(tensor a, axis_counts before, axis_counts after, double value = 0) {
  tensor_shape const shape = detail::resized(a.shape(), before, after, 1);
  if (shape == a.shape()) return a;
  return detail::emit(a, primitive::pad{before, after, value}, {shape, a.batched()}, {a.id});
}

/// Drops the first `before` and the last `after` indices of each axis.
constexpr tensor slice(tensor a, axis_counts before, axis_counts after) {
  tensor_shape const shape = detail::resized(a.shape(), before, after, -1);
  if (shape == a.shape()) return a;
  return detail::emit(a, primitive::slice{before, after}, {shape, a.batched()}, {a.id});
}

constexpr tensor concat(tensor a, tensor b, int axis) {
  if (axis < 0 || axis >= a.shape().rank) faults::axis_is_outside_the_shape();
  tensor_shape shape = a.shape();
  shape[axis] += b.shape()[axis];
  tensor_shape other = b.shape();
  other[axis] = shape[axis];
  if (other != shape) faults::concat_needs_equal_extents_on_the_other_axes();
  bool const batched = a.batched() || b.batched();
  if (batched) a = detail::for_each_sample(a), b = detail::for_each_sample(b);
  return detail::emit(a, primitive::concat{axis}, {shape, batched}, {a.id, b.id});
}

/// The axes in another order: axis i of the result is axis axes[i] of a. Source: numpy.transpose, the
/// ONNX operator Transpose.
constexpr tensor permute(tensor a, std::initializer_list<int> axes) {
  int const rank = a.shape().rank;
  primitive::permute p;
  unsigned named = 0;
  std::size_t count = 0;
  for (int axis : axes) {
    if (axis < 0 || axis >= rank) {
      faults::axis_is_outside_the_shape();
      return a;
    }
    named |= 1U << axis;
    if (count < p.axes.size()) p.axes[count] = axis;
    ++count;
  }
  if (named + 1 != 1U << rank || count != static_cast<std::size_t>(rank)) {
    faults::permute_takes_each_axis_once();
    return a;
  }
  return detail::permuted(a, p);
}

/// The indices of an axis in reverse. Source: numpy.flip.
constexpr tensor flip(tensor a, int axis) {
  int const rank = a.shape().rank;
  if (axis < 0 || axis >= rank) {
    faults::axis_is_outside_the_shape();
    return a;
  }
  primitive::permute p;
  for (int i = 0; i < rank; ++i) p.axes[static_cast<std::size_t>(i)] = i;
  p.flips[static_cast<std::size_t>(axis)] = 1;
  return detail::permuted(a, p);
}

}  // namespace math

namespace primitive {

constexpr void gradient(reshape const&, auto const& d) {
  if (d.needs(0)) d.add(0, math::reshape(d.dy, d.operand(0).shape()));
}
constexpr void gradient(pad const& p, auto const& d) {
  if (d.needs(0)) d.add(0, math::slice(d.dy, p.before, p.after));
}
constexpr void gradient(slice const& s, auto const& d) {
  if (d.needs(0)) d.add(0, math::pad(d.dy, s.before, s.after));
}
constexpr void gradient(concat const& c, auto const& d) {
  std::size_t const axis = static_cast<std::size_t>(c.axis);
  int const a = d.operand(0).shape()[c.axis], b = d.operand(1).shape()[c.axis];
  auto const part = [&](int before, int after) {
    axis_counts first{}, last{};
    first[axis] = before;
    last[axis] = after;
    return math::slice(d.dy, first, last);
  };
  if (d.needs(0)) d.add(0, part(0, b));
  if (d.needs(1)) d.add(1, part(a, 0));
}
constexpr void gradient(permute const& p, auto const& d) {
  permute back;
  for (int i = 0; i < d.dy.shape().rank; ++i) {
    std::size_t const to = static_cast<std::size_t>(i);
    std::size_t const from = static_cast<std::size_t>(p.axes[to]);
    back.axes[from] = i;
    back.flips[from] = p.flips[to];
  }
  if (d.needs(0)) d.add(0, detail::permuted(d.dy, back));
}
constexpr void gradient(detach const&, auto const&) {}

}  // namespace primitive
}  // namespace etch
