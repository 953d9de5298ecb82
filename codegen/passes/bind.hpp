#pragma once

#include <utility>

#include "../ir/plan.hpp"
#include "group.hpp"

namespace etch::passes {

namespace detail {

class binder {
 public:
  constexpr binder(graph const& g, plan&& fused) : g_(g), uses_(g), out_(std::move(fused)) {
    value_of_.assign(g.nodes.size(), -1);
    out_.places = parameter_places(g);
    out_.whole_batch = g.whole_batch;
    out_.least_samples = g.least_samples;
    for (parameter_place const& p : out_.places) out_.parameter_floats = p.offset + p.size;
  }

  constexpr plan run() {
    bind_steps();
    bind_gradients();
    begin_sums();
    if (g_.whole_batch) reduce_over_threads();
    for (std::size_t i = 0; i < g_.outputs.size(); ++i)
      bind_output(g_.outputs[i], static_cast<int>(i));
    return std::move(out_);
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  constexpr int size_of(int id) const {
    node const& n = g_[id];
    bool const dw_is_transposed = n.operand_count() == 3 && skips_zeros(n.window);
    if (n.code == op::parameter) return out_.places[at(n.index)].size;
    if ((n.code == op::contract_dw && dw_is_transposed) ||
        (n.code == op::transpose && n.index != packed_weights))
      return transposed_size(n.window);
    if (n.code == op::contract_dw || n.code == op::transpose || n.code == op::pack)
      return packed_size(n.window);
    return n.shape.elements();
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

  constexpr void bind_steps() {
    constexpr_list<step> fused = std::move(out_.steps);
    out_.steps.clear();
    out_.steps.reserve(fused.size() + out_.places.size());
    for (step const& from : fused) {
      int const result = value_of(from.result);
      out_.steps.push_back(from);
      step& s = out_.steps.back();
      s.result = result;
      if (s.also >= 0) s.also = value_of(s.also);
      for (int& x : s.operands) x = x >= 0 ? value_of(x) : -1;
      for (int k = 0; k < code_of(out_, s).loads; ++k)
        if (int& x = out_.loads[at(s.loads + k)]; x >= 0) x = value_of(x);
    }
  }

  /// A map of the loads that are given, which it reads as `code` says. One that `sums` reads its
  /// result too.
  constexpr void add_map(int result, int layer, bool batched, bool sums, program const& code,
                         std::initializer_list<int> loads) {
    out_.steps.push_back({.what = step_kind::map,
                          .batched = batched,
                          .sums = sums,
                          .result = result,
                          .layer = layer,
                          .code = static_cast<int>(out_.programs.size()),
                          .loads = static_cast<int>(out_.loads.size())});
    out_.programs.push_back(code);
    for (int v : loads) out_.loads.push_back(v);
  }

  /// Whether the value is one parameter's gradient and nothing else that is asked for.
  constexpr bool wanted_once(int v) {
    int wanted = 0;
    for (gradient_root const& root : g_.gradients) wanted += value_of(root.node) == v;
    for (int y : g_.outputs) wanted += value_of(y) == v;
    return wanted == 1;
  }

  /// Results that are a parameter's gradient go where gradients are; a sum is made there at once.
  /// All that contributes to a gradient is added to one value.
  constexpr void bind_gradients() {
    constexpr_list<int> gradient_of(out_.places.size(), -1);
    for (gradient_root const& root : g_.gradients) {
      int node = root.node;
      bool alone = uses_.users(node).empty();
      while (g_[node].code == op::reshape && alone) {
        node = g_[node].operand(0);
        alone = uses_.users(node).size() == 1;
      }
      int const v = value_of(node);
      parameter_place const& place = out_.places[at(root.parameter)];
      int& destination = gradient_of[at(root.parameter)];
      value target = out_.values[at(v)];
      target.where = space::gradients;
      target.offset = place.offset;
      target.batched = false;
      if (g_[node].over_batch && alone && wanted_once(v) &&
          out_.values[at(v)].where == space::workspace) {
        out_.values[at(v)] = target;
        if (destination < 0) destination = v;
        for (step& s : out_.steps)
          if (s.result == v) s.result = destination;
        continue;
      }
      int const elements = place.packed ? place.size : out_.values[at(v)].size;
      if (destination < 0) {
        destination = static_cast<int>(out_.values.size());
        out_.values.push_back(target);
      }
      program add{.loads = 2, .instructions = 1};
      add.load_list[0] = add.load_list[1] = {.run = 1, .period = elements};
      add.code[0] = {function::add, 0, 1, 0};
      out_.values[at(destination)].size = elements;
      add_map(destination, g_.parameters[at(root.parameter)].layer, false, true, add,
              {destination, v});
    }
  }

  /// The first step that adds to a sum begins it; the others wait for that.
  constexpr void begin_sums() {
    constexpr_list<char> begun(out_.values.size(), false);
    for (step& s : out_.steps)
      if (s.sums) {
        s.begins = !begun[at(s.result)];
        begun[at(s.result)] = true;
      }
  }

  /// Each thread of a team sums over its own samples. Who reads the sum means that of the whole
  /// batch: a step behind it adds up what the threads have.
  constexpr void reduce_over_threads() {
    constexpr_list<step> steps = std::move(out_.steps);
    out_.steps.clear();
    out_.steps.reserve(2 * steps.size());
    for (step s : steps) {
      int const total = s.result;
      if (!s.sums || !s.batched || out_.values[at(total)].where != space::workspace) {
        out_.steps.push_back(s);
        continue;
      }
      value part = out_.values[at(total)];
      part.shared = true;
      s.result = static_cast<int>(out_.values.size());
      out_.values.push_back(part);
      out_.steps.push_back(s);
      out_.steps.push_back({.what = step_kind::all_reduce,
                            .batched = false,
                            .result = total,
                            .layer = s.layer,
                            .operands = {s.result, -1, -1}});
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
    program copy{.loads = 1};
    copy.load_list[0] = {
        .batched = out_.values[at(v)].batched, .run = 1, .period = target.shape.elements()};
    add_map(static_cast<int>(out_.values.size()) - 1, g_[id].layer, true, false, copy, {v});
  }

  graph const& g_;
  grouping uses_;
  plan out_;
  constexpr_list<int> value_of_;
};

}  // namespace detail

/// Gives the steps values to read and write instead of nodes: reshapes share one, results that are
/// outputs or gradients go where those are, and one step begins each sum over the samples.
constexpr plan bind(graph const& g, plan fused) {
  return detail::binder{g, std::move(fused)}.run();
}

}  // namespace etch::passes
