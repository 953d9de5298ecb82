#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../../ir/plan.hpp"
#include "../../reference/product.hpp"
#include "../../reference/windows.hpp"
#include "../move/scalar.hpp"

/// The steps that multiply, in scalar code.
namespace etch {

namespace kernels {

/// The program of the contraction of sample s.
template <class Call>
std::vector<typename Call::number> contract_in_scalars(contraction const& w, Call const& c, int s) {
  using number = typename Call::number;
  std::vector<number> weights(static_cast<std::size_t>(w.filters * window_size(w)));
  for_each_weight(w, [&](int to, int from) {
    weights[static_cast<std::size_t>(to)] = c.operand(1)[from];
  });
  std::vector<number> image(static_cast<std::size_t>(w.outputs()));
  Call::store(w.outputs(), image.data(), [&](double* sum) {
    reference::contract(w, c.operand(0) + s * w.inputs(), weights.data(), sum);
  });
  for (std::size_t i = 0; i < image.size(); ++i)
    image[i] = c.program(s, static_cast<int>(i), image[i]);
  return image;
}

/// What contract_dx is given of the weights, as they are declared.
template <class T>
std::vector<T> untransposed(contraction const& w, T const* from) {
  std::vector<T> packed(static_cast<std::size_t>(packed_size(w)));
  std::vector<T> standard(static_cast<std::size_t>(w.filters * window_size(w)));
  if (dx_transposes(w))
    std::copy_n(from, packed.size(), packed.begin());
  else
    for_each_transposed_weight(
        w, [&](int to, int i) { packed[static_cast<std::size_t>(to)] = from[i]; });
  for_each_weight(w, [&](int to, int i) {
    standard[static_cast<std::size_t>(to)] = packed[static_cast<std::size_t>(i)];
  });
  return standard;
}

/// The gradient of all outputs of a contraction of sample s, which operand K of the step is, or, from
/// that of their pooling, is made of it and the index.
template <class Call>
std::vector<typename Call::number> dy_of(contraction const& w, pool_window pooled, Call const& c,
                                         int k, int s) {
  if (c.operands() == 2) {
    auto const* const dy = c.operand(k) + s * w.outputs();
    return {dy, dy + w.outputs()};
  }
  int const before = pooling_of(w, pooled).outputs() * s;
  return reference::unpooled(w, pooled, c.operand(2) + before, c.operand(k) + before);
}

}  // namespace kernels

template <>
struct scalar_kernel<steps::contract> {
  template <class Call>
  static void run(steps::contract const& k, Call const& c) {
    for (int s = 0; s < c.samples; ++s) {
      auto const image = kernels::contract_in_scalars(k.window, c, s);
      std::copy(image.begin(), image.end(), c.result(0, s));
    }
  }
};

template <>
struct scalar_kernel<steps::contract_and_pad> {
  template <class Call>
  static void run(steps::contract_and_pad const& k, Call const& c) {
    for (int s = 0; s < c.samples; ++s) {
      auto const image = kernels::contract_in_scalars(k.window, c, s);
      if (c.results() == 2) std::copy(image.begin(), image.end(), c.result(0, s));
      kernels::copy_in_scalars(copy_into(k.image), image.data(), c.result(c.results() - 1, s));
    }
  }
};

template <>
struct scalar_kernel<steps::contract_max_pool> {
  template <class Call>
  static void run(steps::contract_max_pool const& k, Call const& c) {
    contraction const pool = pooling_of(k.window, k.pooled);
    for (int s = 0; s < c.samples; ++s) {
      auto const image = kernels::contract_in_scalars(k.window, c, s);
      Call::store(pool.outputs(), c.result(0, s),
                  [&](double* sum) { reference::pool_maximum(pool, image.data(), sum); });
      if (c.results() == 2)
        Call::store(pool.outputs(), c.result(1, s),
                    [&](double* index) { reference::pool_index(pool, image.data(), index); });
    }
  }
};

template <>
struct scalar_kernel<primitive::product> {
  template <class Call>
  static void run(primitive::product const& p, Call const& c) {
    using number = typename Call::number;
    tensor_shape const& y = c.shape(0);
    int const rows = y.elements(0, y.rank - 1);  // of all matrices
    int const inner = c.operand_size(0) / rows;
    for (int s = 0; s < c.samples; ++s) {
      std::vector<double> sum(static_cast<std::size_t>(y.elements()));
      reference::product(p, y, inner, c.operand(0, s), c.operand(1, s), sum.data());
      for (int i = 0; i < y.elements(); ++i) {
        number& to = c.result(0, s)[i];
        number const made = static_cast<number>(sum[static_cast<std::size_t>(i)]);
        to = c.sums ? to + made : c.program(s, i, made);
      }
    }
  }
};

template <>
struct scalar_kernel<primitive::contract_dx> {
  template <class Call>
  static void run(primitive::contract_dx const& k, Call const& c) {
    auto const weights = kernels::untransposed(k.window, c.operand(1));
    for (int s = 0; s < c.samples; ++s)
      Call::store(k.window.inputs(), c.result(0, s), [&](double* dx) {
        auto const dy = kernels::dy_of(k.window, k.pooled, c, 0, s);
        reference::contract_dx(k.window, dy.data(), weights.data(), dx);
      });
  }
};

template <>
struct scalar_kernel<primitive::contract_dw> {
  template <class Call>
  static void run(primitive::contract_dw const& k, Call const& c) {
    using number = typename Call::number;
    contraction const& w = k.window;
    for (int s = 0; s < c.samples; ++s) {
      std::vector<double> sum(static_cast<std::size_t>(w.filters * window_size(w)));
      reference::contract_dw(w, c.operand(0) + s * w.inputs(),
                             kernels::dy_of(w, k.pooled, c, 1, s).data(), sum.data());
      std::vector<number> made(static_cast<std::size_t>(packed_size(w)));
      for_each_weight(w, [&](int from, int to) {
        made[static_cast<std::size_t>(to)] =
            static_cast<number>(sum[static_cast<std::size_t>(from)]);
      });
      if (makes_transposed(k)) {
        std::vector<number> transposed(static_cast<std::size_t>(transposed_size(w)));
        kernels::for_each_transposed_weight(w, [&](int from, int to) {
          transposed[static_cast<std::size_t>(to)] = made[static_cast<std::size_t>(from)];
        });
        made = transposed;
      }
      for (int i = 0; i < c.size(0); ++i) c.result(0)[i] += made[static_cast<std::size_t>(i)];
    }
  }
};

}  // namespace etch
