#pragma once

#include <utility>

#include "../ir/plan.hpp"

namespace etch::passes {

/// In a plan that trains, marks the steps that a team of threads computes together: matrix products
/// with at least `heavy` weights, whose gradients would take longer to add up than to compute, and
/// whose weights are too many for each thread to read all of them. What such a step reads and
/// writes of samples becomes shared.
constexpr plan split_products(plan p, int heavy) {
  bool trains = false;
  for (value const& v : p.values) trains = trains || v.where == space::gradients;
  if (!trains || p.samples == 1) return p;
  // The threads have copies of what depends on samples but is not batched, and these may differ.
  auto const is_same_for_all = [&](value_id v) {
    value const& x = p.values[v];
    return x.batched || x.where == space::parameters || x.where == space::derived;
  };
  auto const is_heavy = [&](step const& s) {
    if (!is_product(s) || !s.batched || s.operand_count > 2 || s.loop != loop_id::none) return false;
    contraction const& w = window_of(p, s);
    if (w.groups != 1 || packed_size(w) < heavy) return false;
    if (is<primitive::contract_dw>(s)) {  // nor what each thread adds to for its own samples
      value_id const y = result_of(p, s);
      int writers = 0;
      for (step const& other : p.steps) writers += result_of(p, other) == y;
      if (writers > 1 || p.values[y].where != space::gradients) return false;
    }
    bool same = p.values[operands_of(p, s)[0]].batched;
    for_each_read(p, s, [&](value_id v) { same = same && is_same_for_all(v); });
    return same;
  };
  auto const share = [&](value_id v) {
    value& x = p.values[v];
    if (x.batched && x.where == space::workspace) x.shared = true;
  };
  for (int g = p.prologue; g < static_cast<int>(p.segments.size()); ++g) {
    if (p.segments[g].loops || p.segments[g].lanes) continue;
    for (int i = p.segments[g].first; i < p.segments[g].last; ++i) {
      step& s = p.steps[i];
      if (!is_heavy(s)) continue;
      s.team = true;
      share(result_of(p, s));
      for_each_read(p, s, share);
    }
  }
  return p;
}

/// Whether all that is added to the gradients at `place` is added by steps of a team.
template <class Plan>
constexpr bool is_summed_together(Plan const& p, parameter_place const& place) {
  bool found = false;
  for (step const& s : p.steps) {
    value const& v = p.values[result_of(p, s)];
    if (v.where != space::gradients || v.offset != place.offset) continue;
    if (!s.team) return false;
    found = true;
  }
  return found;
}

}  // namespace etch::passes
