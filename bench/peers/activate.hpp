#pragma once

#include <cmath>

#include "peers.hpp"

namespace benches {

/// y[i] = f(y[i] + bias[i]) for libraries that have no activations; compilers vectorise the relu.
inline void add_bias_and_activate(float* y, float const* bias, int count, activation f) {
  for (int i = 0; i < count; ++i) y[i] += bias[i];
  if (f == activation::relu)
    for (int i = 0; i < count; ++i) y[i] = y[i] > 0 ? y[i] : 0;
  else if (f == activation::tanh)
    for (int i = 0; i < count; ++i) y[i] = std::tanh(y[i]);
  else if (f == activation::sigmoid)
    for (int i = 0; i < count; ++i) y[i] = 1 / (1 + std::exp(-y[i]));
}

/// (rows, columns) as (columns, rows).
inline float_buffer transpose(float const* from, int rows, int columns) {
  float_buffer to(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) to.data()[c * rows + r] = from[r * columns + c];
  return to;
}

/// The three products of a dense layer as one form, in columns as BLAS has them:
/// c (m, n) = a (m, k) b, where b is (k, n), or (n, k) if it is transposed.
struct product {
  int m, n, k;
  bool b_transposed;
  buffer_list a, b;
  float_buffer c;

  product(gemm_size s, pass p, buffer_list const& rotating, float_buffer const& fixed)
      : m(p == pass::forward ? s.out : s.in),
        n(p == pass::dw ? s.out : s.batch),
        k(p == pass::forward ? s.in
          : p == pass::dx    ? s.out
                             : s.batch),
        b_transposed(p == pass::dw),
        c(static_cast<std::size_t>(m) * static_cast<std::size_t>(n)) {
    if (p == pass::forward) {  // y^T = W x^T: the weights are transposed in advance
      a.push_back(transpose(fixed.data(), s.out, s.in));
      b = rotating;
    } else if (p == pass::dx) {  // dx^T = W^T dy^T
      a.push_back(fixed);
      b = rotating;
    } else {  // dw^T = x^T dy
      a = rotating;
      b.push_back(fixed);
    }
  }
  float const* a_of(int i) const { return a[i].data(); }
  float const* b_of(int i) const { return b[i].data(); }
};

}  // namespace benches
