#pragma once

#include "../tensor.hpp"

namespace etch::math {

/// `value` in every element of a tensor of this shape, in the graph of `like`.
constexpr tensor filled(tensor like, double value, tensor_shape shape) {
  return detail::emit(like, primitive::constant{value}, {shape});
}

/// 0, 1, 2, ... along the last axis, the same in each row, in the graph of `like`.
constexpr tensor iota(tensor like, tensor_shape shape) {
  return detail::emit(like, primitive::iota{}, {shape});
}

/// The number of samples of the batch, a scalar, in the graph of `like`.
constexpr tensor batch_size(tensor like) {
  return detail::emit(like, primitive::batch_size{}, {});
}

}  // namespace etch::math

// What has no operand has no operand to give a gradient to.
namespace etch::primitive {

constexpr void gradient(input const&, auto const&) {}
constexpr void gradient(parameter const&, auto const&) {}
constexpr void gradient(constant const&, auto const&) {}
constexpr void gradient(iota const&, auto const&) {}
constexpr void gradient(batch_size const&, auto const&) {}
constexpr void gradient(random const&, auto const&) {}

}  // namespace etch::primitive
