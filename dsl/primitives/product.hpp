#pragma once

#include "reduce.hpp"

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

/// The matrix product of a (..., m, k) and b (..., k, n), for each index of the leading axes, which
/// both have: (..., m, n). Source: the ONNX operator MatMul, without its broadcasting.
constexpr tensor product(tensor a, tensor b, transposes which = {}) {
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
  return detail::emit(a, primitive::product{which.a, which.b}, {shape, a.batched() || b.batched()},
                      {a.id, b.id});
}

}  // namespace math

namespace primitive {

/// y = a b gives da = dy b^T and db = a^T dy; of what is transposed, the transposed gradient. What all
/// samples share has the sum of theirs.
constexpr void gradient(product const& p, auto const& d) {
  tensor const a = d.operand(0), b = d.operand(1), dy = d.dy;
  auto const [ta, tb] = p;
  auto const add = [&](int i, tensor of, tensor dx) {
    d.add(i, dx.batched() && !of.batched() ? math::reduce(function::add, dx, 0, 0, true) : dx);
  };
  if (d.needs(0))
    add(0, a, ta ? math::product(b, dy, {tb, true}) : math::product(dy, b, {false, !tb}));
  if (d.needs(1))
    add(1, b, tb ? math::product(dy, a, {true, ta}) : math::product(a, dy, {!ta, false}));
}

}  // namespace primitive
}  // namespace etch
