#pragma once

#include <vector>

#include "../plan.hpp"
#include "group.hpp"

namespace etch::passes {

namespace detail {

class binder {
 public:
  constexpr explicit binder(graph const& g) : g_(g), uses_(g) {
    value_of_.assign(g.nodes.size(), -1);
    out_.places = parameter_places(g);
    for (parameter_place const& p : out_.places) out_.parameter_floats = p.offset + p.size;
  }

  constexpr plan run(std::vector<step> const& steps) {
    bind_steps(steps);
    bind_gradients();
    for (std::size_t i = 0; i < g_.outputs.size(); ++i)
      bind_output(g_.outputs[i], static_cast<int>(i));
    return out_;
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  constexpr int size_of(int id) const {
    node const& n = g_[id];
    switch (n.code) {
      case op::parameter:
        return out_.places[at(n.index)].size;
      case op::pack:
      case op::contract_dw:
        return packed_size(n.window);
      case op::transpose:
        return transposed_size(n.window);
      default:
        return n.shape.elements();
    }
  }

  constexpr int value_of(int id) {
    while (g_[id].code == op::reshape) id = g_[id].operand(0);
    if (value_of_[at(id)] >= 0) return value_of_[at(id)];
    node const& n = g_[id];
    value v{n.shape, size_of(id), n.batched};
    if (n.code == op::input) {
      v.where = space::input;
      v.index = n.index;
    } else if (n.code == op::parameter) {
      v.where = space::parameters;
      v.offset = out_.places[at(n.index)].offset;
    }
    out_.values.push_back(v);
    return value_of_[at(id)] = static_cast<int>(out_.values.size()) - 1;
  }

  constexpr void bind_steps(std::vector<step> const& steps) {
    for (step s : steps) {
      bool const summing = s.sums;
      s.result = value_of(s.result);
      for (int& x : s.operands) x = x >= 0 ? value_of(x) : -1;
      for (int& x : s.loads) x = x >= 0 ? value_of(x) : -1;
      if (summing) {  // what is added to must begin at zero
        step zero;
        zero.what = step_kind::zero;
        zero.batched = false;
        zero.result = s.result;
        zero.layer = s.layer;
        zero.loads.fill(-1);
        out_.steps.push_back(zero);
      }
      out_.steps.push_back(s);
    }
  }

  /// Whether the value is one parameter's gradient and nothing else that is asked for.
  constexpr bool wanted_once(int v) {
    int wanted = 0;
    for (gradient_root const& root : g_.gradients) wanted += value_of(root.node) == v;
    for (int y : g_.outputs) wanted += value_of(y) == v;
    return wanted == 1;
  }

  /// Results that are a parameter's gradient go where gradients are; a sum is added there at once.
  constexpr void bind_gradients() {
    for (gradient_root const& root : g_.gradients) {
      int node = root.node;
      bool alone = uses_.users(node).empty();
      while (g_[node].code == op::reshape && alone) {
        node = g_[node].operand(0);
        alone = uses_.users(node).size() == 1;
      }
      int const v = value_of(node);
      parameter_place const& place = out_.places[at(root.parameter)];
      value target = out_.values[at(v)];
      target.where = space::gradients;
      target.offset = place.offset;
      target.batched = false;
      if (g_[node].over_batch && alone && wanted_once(v) &&
          out_.values[at(v)].where == space::workspace) {
        out_.values[at(v)] = target;
        for (std::size_t i = 0; i < out_.steps.size(); ++i)
          if (out_.steps[i].what == step_kind::zero && out_.steps[i].result == v) {
            out_.steps.erase(out_.steps.begin() + static_cast<std::ptrdiff_t>(i));
            break;
          }
        continue;
      }
      out_.values.push_back(target);
      int const destination = static_cast<int>(out_.values.size()) - 1;
      int const elements = place.packed ? place.size : out_.values[at(v)].size;
      step add;
      add.what = step_kind::map;
      add.batched = false;
      add.result = destination;
      add.layer = g_.parameters[at(root.parameter)].layer;
      add.loads.fill(-1);
      add.code.loads = 2;
      add.code.instructions = 1;
      for (std::size_t l : {std::size_t{0}, std::size_t{1}})
        add.code.load_list[l] = {.run = 1, .period = elements};
      add.loads[0] = destination;
      add.loads[1] = v;
      add.code.code[0] = {function::add, 0, 1, 0};
      out_.values[at(destination)].size = elements;
      out_.steps.push_back(add);
    }
  }

  /// A result is written where the caller wants it; an input, a parameter or a second output is
  /// copied.
  constexpr void bind_output(int id, int index) {
    int const v = value_of(id);
    if (out_.values[at(v)].where == space::workspace && out_.values[at(v)].batched) {
      out_.values[at(v)].where = space::output;
      out_.values[at(v)].index = index;
      return;
    }
    value target = out_.values[at(v)];
    target.where = space::output;
    target.index = index;
    target.offset = 0;
    target.batched = true;
    out_.values.push_back(target);
    step copy;
    copy.what = step_kind::map;
    copy.result = static_cast<int>(out_.values.size()) - 1;
    copy.layer = g_[id].layer;
    copy.loads.fill(-1);
    copy.loads[0] = v;
    copy.code.loads = 1;
    copy.code.load_list[0] = {
        .batched = out_.values[at(v)].batched, .run = 1, .period = target.shape.elements()};
    out_.steps.push_back(copy);
  }

  graph const& g_;
  grouping uses_;
  plan out_;
  std::vector<int> value_of_;
};

}  // namespace detail

/// Gives the steps values to read and write instead of nodes: reshapes share one, results that are
/// outputs or gradients go where those are, and sums over the samples begin at zero.
constexpr plan bind(graph const& g, std::vector<step> const& steps) {
  return detail::binder{g}.run(steps);
}

}  // namespace etch::passes
