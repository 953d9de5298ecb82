#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

#include "../../dsl/graph.hpp"
#include "../ir/counter_random.hpp"
#include "compute.hpp"

namespace etch {

/// The value of every node of a graph: its elements, or for a batched node samples * elements, one
/// sample after the other; of a node of a loop, this of every step.
template <std::floating_point T>
struct reference_result {
  int samples = 1;
  std::vector<std::vector<T>> values;

  constexpr std::vector<T> const& operator[](node_id id) const {
    return values[static_cast<std::size_t>(id)];
  }
};

/// Computes the nodes of a graph by their definitions, at run time or in constant evaluation.
/// `leaf(id, step)` gives the values of an input or a parameter, `finished(id, values)` is told of each
/// node when it is computed: one of a loop has the values of each step, one step behind the other.
template <std::floating_point T, class Graph, class Leaf, class Finished>
class graph_evaluation {
 public:
  constexpr graph_evaluation(Graph const& g, int samples, random_key key, Leaf leaf, Finished finished)
      : g_(g), samples_(samples), key_(key), leaf_(leaf), finished_(finished) {
    values_.resize(g.nodes.size());
    done_.assign(g.nodes.size(), false);
  }

  /// Gives up what is no longer read, outside of loops.
  constexpr void forget() {
    uses_.assign(g_.nodes.size(), 0);
    for (node_id id : g_.ids())
      for (node_id x : g_.operands(id)) ++uses_[x];
  }

  /// Nodes in their order; a loop as soon as all is there that it reads from outside of it.
  constexpr void run() {
    for (std::size_t left = g_.nodes.size(), before = 0; left > 0 && left != before;) {
      before = left;
      for (node_id id : g_.ids()) {
        loop_id const loop = g_[id].loop;
        if (done_[id]) continue;
        if (loop == loop_id::none && is_ready(id)) {
          compute(id, 0);
          finish(id);
          --left;
        } else if (loop != loop_id::none && is_ready(loop)) {
          left -= run_loop(loop);
        }
      }
      assert(left != before && "a graph that can be computed");
    }
  }
  constexpr std::vector<std::vector<T>>& values() { return values_; }

 private:
  constexpr void finish(node_id id) {
    done_[id] = true;
    finished_(id, values_[at(id)]);
    if (uses_.empty()) return;
    for (node_id x : g_.operands(id))
      if (--uses_[x] == 0 && g_[x].loop == loop_id::none) values_[at(x)] = {};
  }

  /// Whether all is computed that the node reads, but for nodes of its loop.
  constexpr bool is_ready(node_id id) const {
    loop_id const loop = g_[id].loop;
    for (node_id x : g_.operands(id))
      if (!done_[x] && (loop == loop_id::none || g_[x].loop != loop)) return false;
    return true;
  }
  constexpr bool is_ready(loop_id loop) const {
    for (node_id id : g_.ids())
      if (g_[id].loop == loop && !is_ready(id)) return false;
    return true;
  }

  /// Gives the number of its nodes.
  constexpr std::size_t run_loop(loop_id loop) {
    loop_info const how = g_.loops[loop];
    std::size_t nodes = 0;
    for (int k = 0; k < how.steps; ++k)
      for (node_id id : g_.ids())
        if (g_[id].loop == loop) compute(id, how.step(k));
    for (node_id id : g_.ids())
      if (g_[id].loop == loop) finish(id), ++nodes;
    return nodes;
  }

  static constexpr std::size_t at(node_id id) { return static_cast<std::size_t>(id); }
  constexpr std::size_t size_of(node const& n) const {
    return static_cast<std::size_t>(n.shape.elements() * (n.batched ? samples_ : 1));
  }
  /// What a node gives in a step, or once.
  constexpr T const* value(node_id id, int step) const {
    node const& n = g_[id];
    return values_[at(id)].data() +
           (n.is_stepped() ? static_cast<std::size_t>(step) * size_of(n) : 0);
  }

  /// What a node of a loop gives in all steps, sample by sample.
  constexpr std::vector<T> stacked(node_id of) const {
    node const& n = g_[of];
    std::size_t const one = static_cast<std::size_t>(n.shape.elements());
    std::vector<T> all;
    for (std::size_t s = 0; s < size_of(n) / one; ++s)
      for (int k = 0; k < g_.loops[n.loop].steps; ++k)
        for (std::size_t i = 0; i < one; ++i) all.push_back(value(of, k)[s * one + i]);
    return all;
  }
  constexpr std::vector<T> element(node_id id, int step) const {
    node const& n = g_[id];
    std::size_t const one = static_cast<std::size_t>(n.shape.elements());
    std::size_t const steps = static_cast<std::size_t>(g_.loops[n.loop].steps);
    T const* const from = value(g_.operand(id, 0), 0);
    std::vector<T> part;
    for (std::size_t s = 0; s < size_of(n) / one; ++s)
      for (std::size_t i = 0; i < one; ++i)
        part.push_back(from[(s * steps + static_cast<std::size_t>(step)) * one + i]);
    return part;
  }
  /// In the first step of a loop what it begins with, in any other what the step before has given.
  constexpr T const* carried(node_id id, int step) const {
    loop_info const how = g_.loops[g_[id].loop];
    if (step == how.step(0)) return value(g_.operand(id, 0), 0);
    return value(next_of(id), how.backwards ? step + 1 : step - 1);
  }
  constexpr node_id next_of(node_id carried) const {
    for (carried_value const& c : g_.carried)
      if (c.value == carried) return c.next;
    return node_id::none;
  }
  constexpr T const* last(node_id carried) const {
    loop_info const how = g_.loops[g_[carried].loop];
    return value(next_of(carried), how.step(how.steps - 1));
  }

  constexpr std::vector<T> value_of(node_id id, int step) const {
    node const& n = g_[id];
    auto const copy = [&](T const* from) { return std::vector<T>(from, from + size_of(n)); };
    if (n.template is<primitive::input>() || n.template is<primitive::parameter>()) return leaf_(id, step);
    if (n.template is<primitive::element>()) return element(id, step);
    if (n.template is<primitive::carry>()) return copy(carried(id, step));
    if (n.template is<primitive::stack>()) return stacked(g_.operand(id, 0));
    if (n.template is<primitive::last>()) return copy(last(g_.operand(id, 0)));
    reference::operands<T> in;
    for (node_id x : g_.operands(id)) in.push_back({value(x, step), g_[x].shape, g_[x].batched});
    return reference::compute(g_, id, in, samples_, in_step(key_, step));
  }
  /// Computes a node, in a step of its loop.
  constexpr void compute(node_id id, int step) {
    node const& n = g_[id];
    std::vector<T> made = value_of(id, step);
    assert(made.size() == size_of(n));
    std::vector<T>& all = values_[at(id)];
    if (n.loop == loop_id::none) {
      all = std::move(made);
      return;
    }
    all.resize(size_of(n) * static_cast<std::size_t>(n.is_stepped() ? g_.loops[n.loop].steps : 1));
    std::size_t const first = n.is_stepped() ? static_cast<std::size_t>(step) * size_of(n) : 0;
    for (std::size_t i = 0; i < made.size(); ++i)
      all[first + i] = n.over_steps ? all[first + i] + made[i] : made[i];
  }

  Graph const& g_;
  int samples_;
  random_key key_;
  Leaf leaf_;
  Finished finished_;
  std::vector<std::vector<T>> values_;
  constexpr_list<char> done_;
  constexpr_list<int> uses_;  // that are to come
};

/// Which parameter of the model that is, in a step of the loop that it is in.
template <class How>
constexpr std::size_t parameter_index(graph_lists<How> const& g, node_id id, int step) {
  int const first = static_cast<int>(g.template get<primitive::parameter>(id).which);
  loop_id const loop = g[id].loop;
  return static_cast<std::size_t>(first + (loop == loop_id::none ? 0 : step * g.loops[loop].parameters));
}

/// Computes every node of the graph by its definition, for a batch of `samples`; also in constant
/// evaluation, where clang's limit of 2^20 steps allows for about 10^4 parameters. inputs[k] holds
/// samples * elements, parameters[k] the elements of its shape, row-major.
template <std::floating_point T>
constexpr reference_result<T> evaluate(graph const& g, std::vector<std::vector<T>> const& inputs,
                                       std::vector<std::vector<T>> const& parameters,
                                       int samples = 1, random_key key = {}) {
  auto const leaf = [&](node_id id, int step) {
    if (auto const* i = g.get_if<primitive::input>(id)) return inputs[static_cast<std::size_t>(i->which)];
    return parameters[parameter_index(g, id, step)];
  };
  graph_evaluation<T, graph, decltype(leaf), void (*)(node_id, std::vector<T> const&)> all{
      g, samples, key, leaf, [](node_id, std::vector<T> const&) {}};
  all.run();
  return {samples, std::move(all.values())};
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
    node const& n = g[root.node];
    std::vector<T> const& value = result[root.node];
    std::size_t const steps = static_cast<std::size_t>(n.is_stepped() ? g.loops[n.loop].steps : 1);
    std::size_t const apart = n.is_stepped() ? static_cast<std::size_t>(g.loops[n.loop].parameters) : 0;
    for (std::size_t k = 0; k < steps; ++k) {
      std::vector<T>& sum = gradients[static_cast<std::size_t>(root.parameter) + k * apart];
      std::size_t const size = value.size() / steps;
      assert(size % sum.size() == 0);
      for (std::size_t i = 0; i < size; ++i) sum[i % sum.size()] += value[k * size + i];
    }
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
