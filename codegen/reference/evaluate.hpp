#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <vector>

#include "../../dsl/graph.hpp"
#include "../ir/counter_random.hpp"
#include "compute.hpp"

namespace etch {

/// The value of every node of a graph: its elements, or for a batched node samples * elements, one
/// sample after the other.
template <std::floating_point T>
struct reference_result {
  int samples = 1;
  std::vector<std::vector<T>> values;

  constexpr std::vector<T> const& operator[](node_id id) const {
    return values[static_cast<std::size_t>(id)];
  }
};

/// Computes every node of the graph by its definition, for a batch of `samples`; also in constant
/// evaluation, where clang's limit of 2^20 steps allows for about 10^4 parameters. inputs[k] holds
/// samples * elements, parameters[k] the elements of its shape, row-major.
template <std::floating_point T>
constexpr reference_result<T> evaluate(graph const& g, std::vector<std::vector<T>> const& inputs,
                                       std::vector<std::vector<T>> const& parameters,
                                       int samples = 1, random_key key = {}) {
  reference_result<T> result{samples, {}};
  result.values.reserve(g.nodes.size());
  for (node_id id : g.ids()) {
    if (auto const* i = g.get_if<primitive::input>(id)) {
      result.values.push_back(inputs[static_cast<std::size_t>(i->which)]);
    } else if (auto const* p = g.get_if<primitive::parameter>(id)) {
      result.values.push_back(parameters[static_cast<std::size_t>(p->which)]);
    } else {
      reference::operands<T> in;
      for (node_id x : g.operands(id))
        in.push_back({result[x].data(), g[x].shape, g[x].batched});
      result.values.push_back(reference::compute(g, id, in, samples, key));
    }
    assert(result.values.back().size() == static_cast<std::size_t>(g[id].shape.elements()) *
                                              static_cast<std::size_t>(g[id].batched ? samples : 1));
  }
  return result;
}

/// The values of the graph's outputs.
template <class T>
constexpr std::vector<std::vector<T>> outputs(graph const& g, reference_result<T> const& result) {
  std::vector<std::vector<T>> values;
  for (node_id id : g.outputs) values.push_back(result[id]);
  return values;
}

/// For every parameter, in its shape, the sum over the batch of the nodes in g.gradients; zeros for
/// a parameter without one.
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

/// The output of a network with one input and one output, for one sample; in a constant expression
/// too: `static_assert(run_reference<double>(graph_of(net), {1, 2}, {...})[0] > .5)`.
template <std::floating_point T>
constexpr std::vector<T> run_reference(graph const& g, std::vector<T> const& x,
                                       std::vector<std::vector<T>> const& parameters) {
  std::vector<std::vector<T>> inputs;  // not `{x}`: g++ 12 destroys such a list's elements twice
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
