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

/// Whether the gradient of each node is asked for: of what computes with parameters that are
/// trained and not frozen or, with `inputs`, with inputs.
constexpr constexpr_list<char> nodes_with_gradient(graph const& g, bool inputs) {
  constexpr_list<char> needed(g.nodes.size(), false);
  for (bool again = true; again;) {
    for (node_id id : g.ids()) {
      char& need = needed[id];
      if (auto const* p = g.get_if<primitive::parameter>(id)) {
        parameter_info const& info = g.parameters[p->which];
        need = info.trainable && !info.frozen;
      } else if (g.is<primitive::input>(id)) {
        need = inputs && g[id].element == element_type::float32;  // of tokens there is no gradient
      } else if (!g.is<primitive::detach>(id)) {
        for (node_id x : g.operands(id)) need = need || needed[x];
      }
    }
    again = false;  // unless what a step gives to the next makes a difference
    for (carried_value const& c : g.carried)
      if (needed[c.next] && !needed[c.value]) again = true, needed[c.value] = true;
  }
  return needed;
}

/// Makes the loop that goes back through `loop`, whose nodes are about to be differentiated: what a
/// step has carried to the next gets its gradient from there, from the loop's result at first.
constexpr void begin_reverse(graph& g, loop_id loop, loop_id reverse, constexpr_list<char> const& needed,
                             etch::detail::adjoint::contributions& contributions,
                             constexpr_list<node_id>& carried_back) {
  for (std::size_t i = 0; i < carried_back.size(); ++i) {
    carried_value const c = g.carried[i];
    if (g[c.value].loop != loop || !needed[c.value]) continue;
    tensor const value{&g, c.value};
    tensor from_result = math::filled(value, 0, value.shape());
    constexpr_list<node_id> of_steps;  // where all that was carried is read, too
    for (node_id d : contributions[c.value])
      if (g[d].is_stepped()) of_steps.push_back(d);
      else from_result = from_result + tensor{&g, d};
    contributions[c.value] = of_steps;
    tensor const back = etch::detail::carry(from_result, reverse);
    carried_back[i] = back.id;
    contributions[c.next].push_back(back.id);
  }
}

/// Hands the gradient `d` of a carried value to the step before, and that of the first step to what it
/// was carried from.
constexpr void carry_back(graph& g, node_id value, tensor d, constexpr_list<char> const& needed,
                          etch::detail::adjoint::contributions& contributions,
                          constexpr_list<node_id> const& carried_back) {
  for (std::size_t i = 0; i < carried_back.size(); ++i) {
    if (g.carried[i].value != value) continue;
    tensor const back{&g, carried_back[i]};
    etch::detail::carry_on(back, d);
    node_id const initial = g.operand(value, 0);
    if (needed[initial]) contributions[initial].push_back(etch::detail::last(back).id);
  }
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
  constexpr_list<node_id> carried_back(g.carried.size(), node_id::none);
  constexpr_list<loop_id> reverse(g.loops.size(), loop_id::none);
  constexpr_list<char> begun(g.loops.size(), false);
  int const count = g.size();
  tensor const one{&g, g.add(primitive::constant{1}, {})};
  if (needed[loss])
    contributions[loss].push_back(etch::detail::adjoint::expand(one, {&g, loss}).id);
  for (int i = count - 1; i >= 0; --i) {
    node_id const id{i};
    loop_id const loop = g[id].loop;
    g.adding_in = loop_id::none;
    g.adding_for = g[id].layer;
    if (loop != loop_id::none) {
      loop_id const back = etch::detail::adjoint::reverse_of(g, reverse, loop);
      if (!begun[loop])
        detail::begin_reverse(g, loop, back, needed, contributions, carried_back);
      begun[loop] = true;
      g.adding_in = back;
    }
    bool const is_carried = g.is<primitive::carry>(id) && needed[id];
    if (!is_carried && (!needed[id] || contributions[id].empty())) continue;
    if (auto const* p = g.get_if<primitive::parameter>(id)) {
      for (node_id c : contributions[id]) g.gradients.push_back({p->which, c});
      continue;
    }
    if (contributions[id].empty())  // of a carried value that no step reads
      contributions[id].push_back(math::filled({&g, id}, 0, g[id].shape).id);
    tensor dy{&g, contributions[id].front()};
    for (node_id const& c : contributions[id])
      if (&c != &contributions[id].front()) dy = dy + tensor{&g, c};
    adjoints[id] = dy.id;
    if (is_carried) {
      g.adding_in = loop_id::none;
      detail::carry_back(g, id, dy, needed, contributions, carried_back);
      continue;
    }
    etch::detail::adjoint const here({&g, id}, dy, needed, contributions, reverse);
    g.visit(id, [&](auto const& kind) {
      if constexpr (requires { gradient(kind, here); }) gradient(kind, here);
      else if (!needed.empty())  // always: g++ says one error more of what is called for certain
        faults::operation_has_no_gradient_rule<std::remove_cvref_t<decltype(kind)>>();
    });
  }
  g.adding_in = loop_id::none;
  g.adding_for = layer_id::none;
  return adjoints;
}

}  // namespace passes
}  // namespace etch
