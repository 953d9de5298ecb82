#pragma once

#include <array>
#include <cassert>
#include <concepts>
#include <utility>
#include <vector>

#include "../dsl/graph.hpp"
#include "counter_random.hpp"
#include "reference/address.hpp"
#include "reference/windows.hpp"
#include "scalar_math.hpp"

namespace etch {

/// The value of every node of a graph: `elements` of them, or for a batched node samples * elements,
/// one sample after the other.
template <std::floating_point T>
struct reference_result {
  int samples = 1;
  std::vector<std::vector<T>> values;

  constexpr std::vector<T> const& operator[](int id) const {
    return values[static_cast<std::size_t>(id)];
  }
};

namespace reference {

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
constexpr void accumulate(node const& n, operands<T> const& in, int sample, bool begin, double* sum) {
  auto const [a, b, c] = std::array{in[0].sample(sample), in[1].sample(sample), in[2].sample(sample)};
  bool const add = n.fn != function::maximum;
  switch (n.code) {
    case op::contract: return contract(n.window, a, b, sum);
    case op::contract_dx: return contract_dx(n.window, a, b, sum);
    case op::contract_dw: return contract_dw(n.window, a, b, sum);
    case op::reduce: return reduce(n, in[0], sample, begin, sum);
    case op::pool: return add ? pool_sum(n.window, a, sum) : pool_maximum(n.window, a, sum);
    default:
      return add ? pool_sum_gradient(n.window, a, sum) : pool_maximum_gradient(n.window, a, b, c, sum);
  }
}

/// The primitives that give each element a value of its own: one sample.
template <class T>
constexpr void assign(node const& n, operands<T> const& in, int sample, int samples, random_key key,
                      T* y) {
  int const elements = n.shape.elements();
  T const* a = in[0].sample(sample);
  T const* b = in[1].sample(sample);
  std::array<int, 4> origin{};
  switch (n.code) {
    case op::map: return map(n, in, sample, y);
    case op::slice:
      return copy_box(n.shape, a + layout{in[0].shape}.offset(n.before, n.shape.rank),
                      layout{in[0].shape}, y, layout{n.shape});
    case op::pad:
      for (int i = 0; i < elements; ++i) y[i] = narrow<T>(n.value);
      return copy_box(in[0].shape, a, layout{in[0].shape},
                      y + layout{n.shape}.offset(n.before, n.shape.rank), layout{n.shape});
    case op::concat:
      copy_box(in[0].shape, a, layout{in[0].shape}, y, layout{n.shape});
      origin[static_cast<std::size_t>(n.index)] = in[0].shape[n.index];
      return copy_box(in[1].shape, b, layout{in[1].shape},
                      y + layout{n.shape}.offset(origin, n.shape.rank), layout{n.shape});
    case op::random: {
      counter_key const k{key.seed, key.step, static_cast<std::uint32_t>(n.index),
                          key.first_sample + static_cast<std::uint32_t>(sample)};
      for (int i = 0; i < elements; ++i)
        y[i] = static_cast<T>(counter_uniform(k, static_cast<std::uint32_t>(i)));
      return;
    }
    case op::iota:
      for (int i = 0; i < elements; ++i) y[i] = static_cast<T>(i % n.shape.last());
      return;
    case op::constant:
      for (int i = 0; i < elements; ++i) y[i] = narrow<T>(n.value);
      return;
    case op::batch_size: y[0] = static_cast<T>(samples); return;
    default:  // reshape, detach
      for (int i = 0; i < elements; ++i) y[i] = a[i];
  }
}

constexpr bool accumulates(op code) {
  return code == op::contract || code == op::contract_dx || code == op::contract_dw ||
         code == op::reduce || code == op::pool || code == op::pool_gradient;
}

/// Whether one result is made of all samples. The gradient dy of a value that is not batched has been
/// summed already, so contract_dw of two such operands is one product.
template <class T>
constexpr bool joins_batch(node const& n, operands<T> const& in) {
  return n.code == op::reduce ? n.over_batch
                              : n.code == op::contract_dw && (in[0].batched || in[1].batched);
}

/// The value of one node.
template <class T>
constexpr std::vector<T> compute(node const& n, operands<T> const& in, int samples, random_key key) {
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

}  // namespace reference

/// Computes every node of the graph by its definition, for a batch of `samples`; also in constant
/// evaluation. inputs[k] holds samples * elements, parameters[k] the elements of its shape, row-major.
template <std::floating_point T>
constexpr reference_result<T> evaluate(graph const& g, std::vector<std::vector<T>> const& inputs,
                                       std::vector<std::vector<T>> const& parameters, int samples = 1,
                                       random_key key = {}) {
  reference_result<T> result{samples, {}};
  result.values.reserve(g.nodes.size());
  for (node const& n : g.nodes) {
    std::size_t const index = static_cast<std::size_t>(n.index);
    reference::operands<T> in{};
    for (int i = 0; i < n.operand_count(); ++i) {
      node const& from = g[n.operand(i)];
      in[static_cast<std::size_t>(i)] = {result[n.operand(i)].data(), from.shape, from.batched};
    }
    if (n.code == op::input) result.values.push_back(inputs[index]);
    else if (n.code == op::parameter) result.values.push_back(parameters[index]);
    else result.values.push_back(reference::compute(n, in, samples, key));
    assert(result.values.back().size() == static_cast<std::size_t>(n.shape.elements()) *
                                              static_cast<std::size_t>(n.batched ? samples : 1));
  }
  return result;
}

/// The values of the graph's outputs.
template <class T>
constexpr std::vector<std::vector<T>> outputs(graph const& g, reference_result<T> const& result) {
  std::vector<std::vector<T>> values;
  for (int id : g.outputs) values.push_back(result[id]);
  return values;
}

/// For every parameter, in its shape, the sum over the batch of the nodes in g.gradients; zeros for a
/// parameter without one.
template <class T>
constexpr std::vector<std::vector<T>> parameter_gradients(graph const& g,
                                                          reference_result<T> const& result) {
  std::vector<std::vector<T>> gradients;
  for (parameter_info const& p : g.parameters)
    gradients.emplace_back(static_cast<std::size_t>(p.shape.elements()), T{});
  for (gradient_root const& root : g.gradients) {
    std::vector<T>& sum = gradients[static_cast<std::size_t>(root.parameter)];
    std::vector<T> const& value = result[root.node];
    assert(value.size() % sum.size() == 0);
    for (std::size_t i = 0; i < value.size(); ++i) sum[i % sum.size()] += value[i];
  }
  return gradients;
}

/// Parameters that stand one after the other in `flat`, as `evaluate` takes them.
template <std::floating_point T>
constexpr std::vector<std::vector<T>> split_parameters(graph const& g, std::vector<T> const& flat) {
  std::vector<std::vector<T>> parts;
  std::size_t next = 0;
  for (parameter_info const& p : g.parameters) {
    parts.emplace_back(static_cast<std::size_t>(p.shape.elements()), T{});
    for (T& value : parts.back()) value = flat[next++];
  }
  assert(next == flat.size());
  return parts;
}

/// The output of a network with one input and one output, for one sample; in a constant expression too:
/// `static_assert(run_reference<double>(graph_of(net), {1, 2}, {...})[0] > .5)`.
template <std::floating_point T>
constexpr std::vector<T> run_reference(graph const& g, std::vector<T> const& x,
                                       std::vector<std::vector<T>> const& parameters) {
  std::vector<std::vector<T>> inputs;  // not `{x}`: g++ 12 destroys the elements of such a list twice
  inputs.push_back(x);
  return evaluate<T>(g, inputs, parameters)[g.outputs[0]];
}
/// The parameters one after the other in one list.
template <std::floating_point T>
constexpr std::vector<T> run_reference(graph const& g, std::vector<T> const& x,
                                       std::vector<T> const& parameters = {}) {
  return run_reference<T>(g, x, split_parameters<T>(g, parameters));
}

}  // namespace etch
