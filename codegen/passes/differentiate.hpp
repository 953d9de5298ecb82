#pragma once

#include <type_traits>

#include "../../dsl/expression.hpp"
#include "../../dsl/gradient.hpp"

namespace etch {

namespace faults {
template <class Primitive>
void operation_has_no_gradient_rule() {}
}  // namespace faults

namespace passes {

namespace detail {

/// Whether the gradient of each node is asked for: of what computes with trained parameters or, with
/// `inputs`, with inputs.
constexpr constexpr_list<char> nodes_with_gradient(graph const& g, bool inputs) {
  constexpr_list<char> needed(g.nodes.size(), false);
  for (node_id id : g.ids()) {
    char& need = needed[id];
    if (auto const* p = g.get_if<primitive::parameter>(id)) need = g.parameters[p->which].trainable;
    else if (g.is<primitive::input>(id)) need = inputs;
    else if (!g.is<primitive::detach>(id))
      for (node_id x : g.operands(id)) need = need || needed[x];
  }
  return needed;
}

}  // namespace detail

/// Adds the nodes that compute the gradient of `loss`, one scalar a sample, and lists in
/// `graph::gradients` what each trainable parameter's gradient is the sum of. Gives the adjoint of
/// each node that was there before (none where there is none); with `inputs`, those of the inputs too.
/// Reverse-mode differentiation (Griewank and Walther 2008, chapter 3): it walks the nodes backwards
/// and adds to the gradient of each operand what the primitive's rule says.
constexpr constexpr_list<node_id> differentiate(graph& g, node_id loss, bool inputs = false) {
  g.whole_batch = measures_batch(g);  // while no sum over the batch is a gradient
  constexpr_list<char> needed = detail::nodes_with_gradient(g, inputs);
  etch::detail::adjoint::contributions contributions(g.nodes.size());
  constexpr_list<node_id> adjoints(g.nodes.size(), node_id::none);
  int const count = g.size();
  tensor const one{&g, g.add(primitive::constant{1}, {})};
  if (needed[loss])
    contributions[loss].push_back(etch::detail::adjoint::expand(one, {&g, loss}).id);
  for (int i = count - 1; i >= 0; --i) {
    node_id const id{i};
    if (!needed[id] || contributions[id].empty()) continue;
    if (auto const* p = g.get_if<primitive::parameter>(id)) {
      for (node_id c : contributions[id]) g.gradients.push_back({p->which, c});
      continue;
    }
    g.adding_for = g[id].layer;
    tensor dy{&g, contributions[id].front()};
    for (node_id const& c : contributions[id])
      if (&c != &contributions[id].front()) dy = dy + tensor{&g, c};
    adjoints[id] = dy.id;
    etch::detail::adjoint const here({&g, id}, dy, needed, contributions);
    g.visit(id, [&](auto const& kind) {
      if constexpr (requires { gradient(kind, here); }) gradient(kind, here);
      else if (!needed.empty())  // always: g++ says one error more of what is called for certain
        faults::operation_has_no_gradient_rule<std::remove_cvref_t<decltype(kind)>>();
    });
  }
  g.adding_for = layer_id::none;
  return adjoints;
}

}  // namespace passes
}  // namespace etch
