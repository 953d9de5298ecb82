#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../dsl/functions.hpp"
#include "../../dsl/graph.hpp"
#include "../ir/counter_random.hpp"
#include "address.hpp"
#include "windows.hpp"

/// The value of one node from those of its operands.
namespace etch::reference {


/// A value while it is read: a value that is not batched is the same for every sample.
template <class T>
struct operand {
  T const* data = nullptr;
  tensor_shape shape{};
  bool batched = false;

  constexpr T const* sample(int s) const {
    return batched ? data + static_cast<std::ptrdiff_t>(s) * shape.elements() : data;
  }
};

template <class T>
using operands = std::array<operand<T>, 3>;

/// One sample of an element-wise function, with broadcasting.
template <class T>
constexpr void map(node const& n, operands<T> const& in, int sample, T* y) {
  std::array<access, 3> how{};
  std::array<T const*, 3> from{};
  T const absent{};
  for (std::size_t i = 0; i < 3; ++i) {
    bool const given = static_cast<int>(i) < n.operand_count();
    how[i] = given ? broadcast_access(in[i].shape, n.shape) : access{};
    from[i] = given ? in[i].sample(sample) : &absent;
    assert(how[i].period > 0);
  }
  auto const [a, b, c] = from;
  auto const [at_a, at_b, at_c] = how;
  int const elements = n.shape.elements();
  for (int i = 0; i < elements; ++i)
    y[i] = apply(n.fn, a[element_of(at_a, i)], b[element_of(at_b, i)], c[element_of(at_c, i)]);
}

/// Adds (or takes the maximum of) one sample into y; `begin` when y holds nothing yet.
template <class T>
constexpr void reduce(node const& n, operand<T> const& in, int sample, bool begin, double* y) {
  int const outer = in.shape.elements(0, n.first);
  int const reduced = in.shape.elements(n.first, n.last);
  int const inner = in.shape.elements(n.last, in.shape.rank);
  T const* x = in.sample(sample);
  for (int o = 0; o < outer; ++o, y += inner)
    for (int r = 0; r < reduced; ++r, x += inner)
      for (int i = 0; i < inner; ++i) {
        double const value = static_cast<double>(x[i]);
        y[i] = begin && r == 0 ? value : apply(n.fn, y[i], value);
      }
}

/// The primitives that add up: what one sample contributes to `sum`.
template <class T>
constexpr void accumulate(node const& n, operands<T> const& in, int sample, bool begin,
                          double* sum) {
  T const* a = in[0].sample(sample);
  T const* b = in[1].sample(sample);
  T const* c = in[2].sample(sample);
  bool const add = n.fn != function::maximum;
  bool const pooled = n.operand_count() == 3;
  auto const unpool = [&](T const* dy) {
    return unpooled(n.window, n.pool_height, n.pool_width, c, dy);
  };
  if (n.code == op::contract) return contract(n.window, a, b, sum);
  if (n.code == op::contract_dx && pooled) return contract_dx(n.window, unpool(a).data(), b, sum);
  if (n.code == op::contract_dx) return contract_dx(n.window, a, b, sum);
  if (n.code == op::contract_dw && pooled) return contract_dw(n.window, a, unpool(b).data(), sum);
  if (n.code == op::contract_dw) return contract_dw(n.window, a, b, sum);
  if (n.code == op::reduce) return reduce(n, in[0], sample, begin, sum);
  if (n.code == op::pool_index) return pool_index(n.window, a, sum);
  if (n.code == op::pool)
    return add ? pool_sum(n.window, a, sum) : pool_maximum(n.window, a, sum);
  return add ? pool_sum_gradient(n.window, a, sum) : pool_maximum_gradient(n.window, a, b, sum);
}

/// The primitives that give each element a value of its own: one sample.
template <class T>
constexpr void assign(node const& n, operands<T> const& in, int sample, int samples, random_key key,
                      T* y) {
  int const elements = n.shape.elements();
  T const* a = in[0].sample(sample);
  T const* b = in[1].sample(sample);
  layout const to{n.shape};
  auto const from = [&](std::size_t i) { return layout{in[i].shape}; };
  auto const fill = [&](auto value_of) {
    for (int i = 0; i < elements; ++i) y[i] = value_of(i);
  };
  if (n.code == op::map) return map(n, in, sample, y);
  if (n.code == op::slice)
    return copy_box(n.shape, a + from(0).offset(n.before, n.shape.rank), from(0), y, to);
  if (n.code == op::pad) {
    fill([&](int) { return narrow<T>(n.value); });
    return copy_box(in[0].shape, a, from(0), y + to.offset(n.before, n.shape.rank), to);
  }
  if (n.code == op::concat) {
    std::array<int, 4> origin{};
    origin[static_cast<std::size_t>(n.index)] = in[0].shape[n.index];
    copy_box(in[0].shape, a, from(0), y, to);
    return copy_box(in[1].shape, b, from(1), y + to.offset(origin, n.shape.rank), to);
  }
  if (n.code == op::random) {
    counter_key const k{key.seed, key.step, static_cast<std::uint32_t>(n.index),
                        key.first_sample + static_cast<std::uint32_t>(sample)};
    return fill([&](int i) {
      return static_cast<T>(counter_uniform(k, static_cast<std::uint32_t>(i)));
    });
  }
  if (n.code == op::iota) return fill([&](int i) { return static_cast<T>(i % n.shape.last()); });
  if (n.code == op::constant) return fill([&](int) { return narrow<T>(n.value); });
  if (n.code == op::batch_size) return fill([&](int) { return static_cast<T>(samples); });
  fill([&](int i) { return a[i]; });  // reshape, detach
}

constexpr bool accumulates(op code) {
  return code == op::contract || code == op::contract_dx || code == op::contract_dw ||
         code == op::reduce || code == op::pool || code == op::pool_index ||
         code == op::pool_gradient;
}

/// Whether one result is made of all samples. The gradient dy of a value that is not batched is a
/// sum already, so contract_dw of two such operands is one product.
template <class T>
constexpr bool joins_batch(node const& n, operands<T> const& in) {
  return n.code == op::reduce ? n.over_batch
                              : n.code == op::contract_dw && (in[0].batched || in[1].batched);
}

/// The value of one node.
template <class T>
constexpr std::vector<T> compute(node const& n, operands<T> const& in, int samples,
                                 random_key key) {
  int const elements = n.shape.elements();
  int const results = n.batched ? samples : 1;
  std::vector<T> y(static_cast<std::size_t>(results) * static_cast<std::size_t>(elements), T{});
  bool const join = joins_batch(n, in);
  for (int s = 0; s < results; ++s) {
    T* const target = y.data() + static_cast<std::ptrdiff_t>(s) * elements;
    if (!accumulates(n.code)) {
      assign(n, in, s, samples, key, target);
      continue;
    }
    // Sums are made in double, whatever T is: the reference is the more accurate side.
    std::vector<double> sums(static_cast<std::size_t>(elements), 0.);
    double* const sum = sums.data();
    for (int t = 0; t < (join ? samples : 1); ++t)
      accumulate(n, in, join ? t : s, t == 0, sum);
    for (int i = 0; i < elements; ++i) target[i] = narrow<T>(sum[i]);
  }
  return y;
}

}  // namespace etch::reference
