#pragma once

#include "../tensor.hpp"

namespace etch {

namespace faults {
inline void product_takes_matrices_with_the_same_leading_axes() {}
inline void product_takes_matrices_whose_inner_extents_agree() {}
}  // namespace faults

namespace math {

/// What `product` takes the other way round: of a, (..., k, m); of b, (..., n, k).
struct transposes {
  bool a = false, b = false;
};

}  // namespace math

namespace detail {

/// The product below, or, if it `sums`, the sum over the samples.
constexpr tensor product(tensor a, tensor b, math::transposes which, bool sums) {
  tensor_shape const &x = a.shape(), &w = b.shape();
  bool same = x.rank == w.rank && x.rank >= 2;
  for (int axis = 0; same && axis < x.rank - 2; ++axis) same = x[axis] == w[axis];
  if (!same) {
    faults::product_takes_matrices_with_the_same_leading_axes();
    return a;
  }
  int const last = x.rank - 1, inner = x[which.a ? last - 1 : last];
  if (inner != w[which.b ? last : last - 1])
    faults::product_takes_matrices_whose_inner_extents_agree();
  tensor_shape shape = x;
  shape[last - 1] = x[which.a ? last : last - 1];
  shape[last] = w[which.b ? last - 1 : last];
  bool const batched = a.batched() || b.batched();
  return emit(a, primitive::product{which.a, which.b}, {shape, batched && !sums, sums},
              {a.id, b.id});
}

}  // namespace detail

namespace math {

/// The matrix product of a (..., m, k) and b (..., k, n), for each index of the leading axes, which
/// both have: (..., m, n). Source: the ONNX operator MatMul, without its broadcasting.
constexpr tensor product(tensor a, tensor b, transposes which = {}) {
  return detail::product(a, b, which, false);
}

}  // namespace math

namespace primitive {

/// y = a b gives da = dy b^T and db = a^T dy; of what is transposed, the transposed gradient. What all
/// samples share has the sum of theirs.
constexpr void gradient(product const& p, auto const& d) {
  tensor const a = d.operand(0), b = d.operand(1), dy = d.dy;
  auto const [ta, tb] = p;
  bool const batched = d.y.batched();
  auto const product = [&](int i, tensor left, tensor right, math::transposes which) {
    if (d.needs(i))
      d.add(i, etch::detail::product(left, right, which, batched && !d.operand(i).batched()));
  };
  if (ta) product(0, b, dy, {tb, true});
  else product(0, dy, b, {false, !tb});
  if (tb) product(1, dy, a, {true, ta});
  else product(1, a, dy, {!ta, false});
}

}  // namespace primitive
}  // namespace etch
