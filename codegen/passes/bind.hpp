#pragma once

#include <initializer_list>
#include <utility>

#include "fuse.hpp"

namespace etch::passes {

namespace detail {

class binder {
 public:
  constexpr binder(graph const& g, fused_steps&& fused, int samples)
      : g_(g),
        uses_(g),
        samples_(samples),
        nodes_(std::move(fused.nodes)),
        out_(std::move(fused.steps)) {
    value_of_.assign(g.nodes.size(), value_id::none);
    out_.loops = g.loops;
    for (carried_value const& c : g.carried) add_carried(c);
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
    for (value& v : out_.values)
      if (v.within != value_id::none) {
        v.where = out_.values[v.within].where;
        v.index = out_.values[v.within].index;
      }
    return std::move(out_);
  }

 private:
  /// Floats of what a node gives.
  constexpr int size_of(node_id id) const {
    if (auto const* p = g_.get_if<primitive::parameter>(id)) return out_.places[p->which].size;
    if (auto const* dw = g_.get_if<primitive::contract_dw>(id))
      return makes_transposed(*dw) ? transposed_size(dw->window) : packed_size(dw->window);
    if (auto const* t = g_.get_if<primitive::transpose>(id))
      return t->to == primitive::transpose::target::packed ? packed_size(t->window)
                                                           : transposed_size(t->window);
    if (auto const* p = g_.get_if<primitive::pack>(id)) return packed_size(p->window);
    return g_[id].shape.elements();
  }

  constexpr value_id add_value(value const& v) {
    out_.values.push_back(v);
    return value_id{static_cast<int>(out_.values.size()) - 1};
  }
  /// A value that lies in the memory of another, so many floats behind its beginning.
  constexpr value_id add_view(value v, value_id of, int shift, int pace) {
    value const& whole = out_.values[of];
    v.within = whole.within != value_id::none ? whole.within : of;
    v.shift = whole.shift + shift;
    v.pace = pace;
    return add_value(v);
  }
  /// Of a carried value there are as many copies as steps, and one: each step reads one and writes the
  /// next.
  constexpr void add_carried(carried_value const& c) {
    node const& n = g_[c.value];
    loop_info const& loop = g_.loops[n.loop];
    value v{n.shape, size_of(c.value), n.batched};
    v.loop = n.loop;
    value_id const all = add_value(v);
    out_.values[all].slots = loop.steps + 1;
    value_of_[c.value] = add_view(v, all, loop.backwards ? v.size : 0, v.size);
    value_of_[c.next] = add_view(v, all, loop.backwards ? 0 : v.size, v.size);
  }
  /// What a carried value is before the loop, or behind it.
  constexpr value_id edge_of(node_id carry, bool behind) {
    node const& n = g_[carry];
    loop_info const& loop = g_.loops[n.loop];
    value const v{n.shape, size_of(carry), n.batched};
    value_id const all = out_.values[value_of_[carry]].within;
    return add_view(v, all, loop.backwards != behind ? loop.steps * v.size : 0, 0);
  }
  /// What lies in the memory of something else, or none.
  constexpr value_id view_of(node_id id) {
    value const v{g_[id].shape, size_of(id), g_[id].batched};
    if (g_.is<primitive::last>(id)) return edge_of(g_.operand(id, 0), true);
    if (is_copied(g_, id, samples_)) return value_id::none;
    if (g_.is<primitive::element>(id)) {
      value part = v;
      part.loop = g_[id].loop;
      return add_view(part, value_of(g_.operand(id, 0)), 0, v.size);
    }
    if (!g_.is<primitive::stack>(id)) return value_id::none;
    return add_view(v, value_of(g_.operand(id, 0)), 0, 0);
  }

  constexpr value_id value_of(node_id id) {
    while (g_.is<primitive::reshape>(id)) id = g_.operand(id, 0);
    if (value_of_[id] != value_id::none) return value_of_[id];
    if (!g_.loops.empty())
      if (value_id const view = view_of(id); view != value_id::none) return value_of_[id] = view;
    value v{g_[id].shape, size_of(id), g_[id].batched};
    v.element = g_[id].element;
    if (!g_[id].over_steps) v.loop = g_[id].loop;
    if (auto const* in = g_.get_if<primitive::input>(id)) {
      v.where = space::input;
      v.index = in->which;
    } else if (auto const* p = g_.get_if<primitive::parameter>(id)) {
      v.where = space::parameters;
      v.offset = out_.places[p->which].offset;
      v.pace = floats_apart(p->which, v.loop);
    }
    return value_of_[id] = add_value(v);
  }

  /// Floats from a parameter of a block that is repeated in a loop to that of the next repetition.
  constexpr int floats_apart(parameter_id which, loop_id loop) const {
    if (loop == loop_id::none) return 0;
    int const first = static_cast<int>(which), next = first + g_.loops[loop].parameters;
    return out_.places[next].offset - out_.places[first].offset;
  }

  constexpr void bind_steps() {
    out_.value_list.assign(nodes_.size(), value_id::none);
    auto const bind = [&](int first, int count) {
      for (int k = first; k < first + count; ++k)
        if (nodes_[k] != node_id::none) out_.value_list[k] = value_of(nodes_[k]);
    };
    for (step const& s : out_.steps) {
      bind(s.first_result, s.result_count);
      if (node_id const made = nodes_[s.first_result]; g_.is<primitive::carry>(made))
        out_.value_list[s.first_result] = edge_of(made, false);
      bind(s.first_operand, s.operand_count);
      bind(s.first_load, code_of(out_, s).loads);
    }
  }

  /// A value of the same shape with memory of its own.
  constexpr value alone_like(value_id v) const {
    value const& x = out_.values[v];
    value alone{x.shape, x.size, x.batched, x.where, x.index};
    alone.loop = x.loop;
    return alone;
  }

  constexpr int listed(std::initializer_list<value_id> values) {
    int const first = static_cast<int>(out_.value_list.size());
    for (value_id v : values) out_.value_list.push_back(v);
    return first;
  }

  /// A map of the loads that are given, which it reads as `code` says. One that `sums` reads its
  /// result too.
  constexpr void add_map(value_id result, layer_id layer, bool batched, bool sums,
                         program const& code, std::initializer_list<value_id> loads) {
    step s{.kind = step_kinds::number<steps::map>, .batched = batched, .sums = sums, .layer = layer};
    s.loop = out_.values[result].loop;
    s.first_result = listed({result});
    s.code = static_cast<int>(out_.programs.size());
    s.first_load = listed(loads);
    out_.programs.push_back(code);
    out_.steps.push_back(s);
  }

  /// Whether the value is one parameter's gradient and nothing else that is asked for.
  constexpr bool wanted_once(value_id v) {
    int wanted = 0;
    for (gradient_root const& root : g_.gradients) wanted += value_of(root.node) == v;
    for (node_id y : g_.outputs) wanted += value_of(y) == v;
    return wanted == 1;
  }

  /// Results that are a parameter's gradient go where gradients are; a sum is made there at once.
  /// All that contributes to a gradient is added to one value.
  constexpr void bind_gradients() {
    constexpr_list<value_id> gradient_of(out_.places.size(), value_id::none);
    for (gradient_root const& root : g_.gradients) {
      node_id node = root.node;
      bool alone = uses_.users(node).empty();
      while (g_.is<primitive::reshape>(node) && alone) {
        node = g_.operand(node, 0);
        alone = uses_.users(node).size() == 1;
      }
      value_id const v = value_of(node);
      parameter_place const& place = out_.places[root.parameter];
      value_id& destination = gradient_of[root.parameter];
      value target = alone_like(v);
      target.where = space::gradients;
      target.offset = place.offset;
      target.pace = floats_apart(root.parameter, target.loop);
      target.batched = false;
      if (g_[node].over_batch && alone && wanted_once(v) &&
          out_.values[v].where == space::workspace) {
        out_.values[v] = target;
        if (destination == value_id::none) destination = v;
        for (step const& s : out_.steps)
          for (value_id& made : results_of(out_, s))
            if (made == v) made = destination;
        continue;
      }
      int const elements = place.packed ? place.size : out_.values[v].size;
      if (destination == value_id::none) destination = add_value(target);
      program add{.loads = 2, .instructions = 1};
      add.load_list[0] = add.load_list[1] = {.run = 1, .period = elements};
      add.code[0] = {function::add, 0, 1, 0};
      out_.values[destination].size = elements;
      add_map(destination, g_.parameters[root.parameter].layer, false, true, add,
              {destination, v});
    }
  }

  /// The first step that adds to a sum begins it; the others wait for that.
  constexpr void begin_sums() {
    constexpr_list<char> begun(out_.values.size(), false);
    for (step& s : out_.steps)
      if (s.sums) s.begins = !std::exchange(begun[result_of(out_, s)], true);
  }

  /// Each thread of a team sums over its own samples. Who reads the sum means that of the whole
  /// batch: a step behind it adds up what the threads have.
  constexpr void reduce_over_threads() {
    constexpr_list<step> steps = std::move(out_.steps);
    out_.steps.clear();
    out_.steps.reserve(2 * steps.size());
    for (step const& s : steps) {
      out_.steps.push_back(s);
      value_id const total = result_of(out_, s);
      if (!s.sums || !s.batched || out_.values[total].where != space::workspace) continue;
      value part = out_.values[total];
      part.shared = true;
      value_id const own = add_value(part);
      out_.value_list[s.first_result] = own;
      step all{.kind = step_kinds::number<steps::all_reduce>, .batched = false, .layer = s.layer};
      all.loop = out_.values[total].loop;
      all.first_result = listed({total});
      all.first_operand = listed({own});
      all.operand_count = 1;
      out_.steps.push_back(all);
    }
  }

  /// A result is written where the caller wants it; an input, a parameter or a second output is
  /// copied.
  constexpr void bind_output(node_id id, int index) {
    value_id const v = value_of(id);
    if (out_.values[v].where == space::workspace && out_.values[v].batched &&
        out_.values[v].within == value_id::none) {
      out_.values[v].where = space::output;
      out_.values[v].index = index;
      return;
    }
    value target = alone_like(v);
    target.where = space::output;
    target.index = index;
    target.offset = 0;
    target.batched = true;
    program copy{.loads = 1};
    copy.load_list[0] = {
        .batched = out_.values[v].batched, .run = 1, .period = target.shape.elements()};
    add_map(add_value(target), g_[id].layer, true, false, copy, {v});
  }

  graph const& g_;
  grouping uses_;
  int samples_;
  constexpr_list<node_id> nodes_;
  plan out_;
  constexpr_list<value_id> value_of_;
};

}  // namespace detail

/// Gives the steps values to read and write instead of nodes: reshapes share one, results that are
/// outputs or gradients go where those are, and one step begins each sum over the samples. Up to
/// `samples` samples run at once.
constexpr plan bind(graph const& g, fused_steps fused, int samples) {
  return detail::binder{g, std::move(fused), samples}.run();
}

}  // namespace etch::passes
