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
#include "product.hpp"
#include "windows.hpp"

/// The value of one node from those of its operands: what each primitive means.
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
using operands = constexpr_list<operand<T>>;

/// One sample of a node while it is computed. Its value is zero before, or, where a node sums over the
/// samples, what the samples before have left. It is a double, whatever T is: the reference is the
/// more accurate side.
template <class T>
struct sample_of_node {
  node const& n;
  operands<T> const& in;
  int sample, samples;
  random_key key;

  constexpr T const* operator[](int i) const { return in[i].sample(sample); }
  constexpr tensor_shape const& shape(int i) const { return in[i].shape; }
  constexpr int elements() const { return n.shape.elements(); }
};

template <class T>
constexpr void define(primitive::constant const& c, sample_of_node<T> const& s, double* y) {
  for (int i = 0; i < s.elements(); ++i) y[i] = c.value;
}
template <class T>
constexpr void define(primitive::iota const&, sample_of_node<T> const& s, double* y) {
  for (int i = 0; i < s.elements(); ++i) y[i] = i % s.n.shape.last();
}
template <class T>
constexpr void define(primitive::batch_size const&, sample_of_node<T> const& s, double* y) {
  *y = s.samples;
}
template <class T>
constexpr void define(primitive::random const& r, sample_of_node<T> const& s, double* y) {
  counter_key const key{s.key.seed, s.key.step, static_cast<std::uint32_t>(r.stream),
                        s.key.first_sample + static_cast<std::uint32_t>(s.sample)};
  for (int i = 0; i < s.elements(); ++i)
    y[i] = static_cast<double>(counter_uniform(key, static_cast<std::uint32_t>(i)));
}

template <class T>
constexpr void define(primitive::map const& m, sample_of_node<T> const& s, double* y) {
  T const absent{};
  std::array<access, 3> how{};
  std::array<T const*, 3> from{&absent, &absent, &absent};
  for (int i = 0; i < s.n.operand_count; ++i) {
    how[static_cast<std::size_t>(i)] = broadcast_access(s.shape(i), s.n.shape);
    from[static_cast<std::size_t>(i)] = s[i];
    assert(how[static_cast<std::size_t>(i)].period > 0);
  }
  auto const [a, b, c] = from;
  auto const [at_a, at_b, at_c] = how;
  int const elements = s.elements();
  for (int i = 0; i < elements; ++i)
    y[i] = static_cast<double>(
        apply(m.fn, a[element_of(at_a, i)], b[element_of(at_b, i)], c[element_of(at_c, i)]));
}

template <class T>
constexpr void define(primitive::contract const& c, sample_of_node<T> const& s, double* y) {
  contract(c.window, s[0], s[1], y);
}
template <class T>
constexpr void define(primitive::contract_dx const& c, sample_of_node<T> const& s, double* dx) {
  if (s.n.operand_count == 2) return contract_dx(c.window, s[0], s[1], dx);
  contract_dx(c.window, unpooled(c.window, c.pooled, s[2], s[0]).data(), s[1], dx);
}
template <class T>
constexpr void define(primitive::contract_dw const& c, sample_of_node<T> const& s, double* dw) {
  // The gradient dy of a value that is not batched is a sum already: it counts once.
  if (s.sample > 0 && !s.in[0].batched && !s.in[1].batched) return;
  if (s.n.operand_count == 2) return contract_dw(c.window, s[0], s[1], dw);
  contract_dw(c.window, s[0], unpooled(c.window, c.pooled, s[2], s[1]).data(), dw);
}

template <class T>
constexpr void define(primitive::product const& p, sample_of_node<T> const& s, double* y) {
  tensor_shape const& shape = s.n.shape;
  int const rows = shape.elements(0, shape.rank - 1);  // of all matrices
  product(p, shape, s.shape(0).elements() / rows, s[0], s[1], y);
}

template <class T>
constexpr void define(primitive::reduce const& r, sample_of_node<T> const& s, double* y) {
  tensor_shape const& shape = s.shape(0);
  int const outer = shape.elements(0, r.first), reduced = shape.elements(r.first, r.last);
  int const inner = shape.elements(r.last, shape.rank);
  T const* x = s[0];
  bool const continues = s.n.over_batch && s.sample > 0;
  for (int o = 0; o < outer; ++o, y += inner)
    for (int k = 0; k < reduced; ++k, x += inner)
      for (int i = 0; i < inner; ++i) {
        double const value = static_cast<double>(x[i]);
        y[i] = k == 0 && !continues ? value : apply(r.fn, y[i], value);
      }
}

template <class T>
constexpr void define(primitive::pool const& p, sample_of_node<T> const& s, double* y) {
  if (p.fn == function::maximum) pool_maximum(p.window, s[0], y);
  else pool_sum(p.window, s[0], y);
}
template <class T>
constexpr void define(primitive::pool_index const& p, sample_of_node<T> const& s, double* y) {
  pool_index(p.window, s[0], y);
}
template <class T>
constexpr void define(primitive::pool_gradient const& p, sample_of_node<T> const& s, double* dx) {
  if (p.fn == function::maximum) pool_maximum_gradient(p.window, s[0], s[1], dx);
  else pool_sum_gradient(p.window, s[0], dx);
}

template <class T>
constexpr void define(primitive::gather const& g, sample_of_node<T> const& s, double* y) {
  int const width = g.table.width;
  for (int i = 0; i < s.shape(1).elements(); ++i)
    if (int const token = static_cast<int>(s[1][i]); g.table.has(token))
      for (int k = 0; k < width; ++k)
        y[i * width + k] = static_cast<double>(s[0][token * width + k]);
}
template <class T>
constexpr void define(primitive::scatter_add const& a, sample_of_node<T> const& s, double* y) {
  int const width = a.table.width;
  for (int i = 0; i < s.shape(0).elements(); ++i)
    if (int const token = static_cast<int>(s[0][i]); a.table.has(token))
      for (int k = 0; k < width; ++k)
        y[token * width + k] += static_cast<double>(s[1][i * width + k]);
}

template <class T>
constexpr void define_unchanged(sample_of_node<T> const& s, double* y) {
  for (int i = 0; i < s.elements(); ++i) y[i] = static_cast<double>(s[0][i]);
}
template <class T>
constexpr void define(primitive::reshape const&, sample_of_node<T> const& s, double* y) {
  define_unchanged(s, y);
}
template <class T>
constexpr void define(primitive::detach const&, sample_of_node<T> const& s, double* y) {
  define_unchanged(s, y);
}
template <class T>
constexpr void define(primitive::pad const& p, sample_of_node<T> const& s, double* y) {
  layout const to{s.n.shape};
  for (int i = 0; i < s.elements(); ++i) y[i] = p.value;
  copy_box(s.shape(0), s[0], layout{s.shape(0)}, y + to.offset(p.before), to);
}
template <class T>
constexpr void define(primitive::slice const& p, sample_of_node<T> const& s, double* y) {
  layout const from{s.shape(0)};
  copy_box(s.n.shape, s[0] + from.offset(p.before), from, y, layout{s.n.shape});
}
template <class T>
constexpr void define(primitive::concat const& c, sample_of_node<T> const& s, double* y) {
  layout const to{s.n.shape};
  axis_counts origin{};
  origin[static_cast<std::size_t>(c.axis)] = s.shape(0)[c.axis];
  copy_box(s.shape(0), s[0], layout{s.shape(0)}, y, to);
  copy_box(s.shape(1), s[1], layout{s.shape(1)}, y + to.offset(origin), to);
}

template <class T>
constexpr void define(primitive::permute const& p, sample_of_node<T> const& s, double* y) {
  layout const from{s.shape(0)}, to{s.n.shape};
  for (int i = 0; i < s.elements(); ++i) {
    axis_counts const index = to.index(i);
    axis_counts in_x{};
    for (int axis = 0; axis < s.n.shape.rank; ++axis) {
      std::size_t const a = static_cast<std::size_t>(axis);
      in_x[static_cast<std::size_t>(p.axes[a])] =
          p.flips[a] != 0 ? s.n.shape[axis] - 1 - index[a] : index[a];
    }
    y[i] = static_cast<double>(s[0][from.offset(in_x)]);
  }
}

/// The value of a node of a graph. Inputs and parameters are given, and layouts of weights no matter
/// of what is computed.
template <class T, class How>
constexpr std::vector<T> compute(graph_lists<How> const& g, node_id id, operands<T> const& in,
                                 int samples, random_key key) {
  node const& n = g[id];
  int const elements = n.shape.elements();
  int const results = n.batched ? samples : 1, terms = n.over_batch ? samples : 1;
  std::vector<T> y(static_cast<std::size_t>(results) * static_cast<std::size_t>(elements), T{});
  for (int s = 0; s < results; ++s) {
    std::vector<double> value(static_cast<std::size_t>(elements), 0.);
    for (int t = 0; t < terms; ++t) {
      sample_of_node<T> const here{n, in, n.over_batch ? t : s, samples, key};
      g.visit(id, [&](auto const& kind) {
        if constexpr (requires { define(kind, here, value.data()); })
          define(kind, here, value.data());
        else assert(false && "a node that has a definition");
      });
    }
    T* const target = y.data() + static_cast<std::ptrdiff_t>(s) * elements;
    for (int i = 0; i < elements; ++i)
      target[i] = series::narrow<T>(value[static_cast<std::size_t>(i)]);
  }
  return y;
}

}  // namespace etch::reference
