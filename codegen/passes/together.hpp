#pragma once

#include <utility>

#include "../ir/plan.hpp"

namespace etch::passes {

/// In a plan that trains, marks the steps that a team of threads computes together: matrix products
/// with at least `heavy` weights, whose gradients would take longer to add up than to compute, and
/// whose weights are too many for each thread to read all of them. What such a step reads and
/// writes of samples becomes shared.
constexpr plan together(plan p, int heavy) {
  auto const at = [](int id) { return static_cast<std::size_t>(id); };
  bool trains = false;
  for (value const& v : p.values) trains = trains || v.where == space::gradients;
  if (!trains || p.samples == 1) return p;
  // The threads have copies of what depends on samples but is not batched, and these may differ.
  auto const is_same_for_all = [&](int v) {
    value const& x = p.values[at(v)];
    return x.batched || x.where == space::parameters || x.where == space::derived;
  };
  auto const is_heavy = [&](step const& s) {
    if (!is_product(s.what) || !s.batched || s.operands[2] >= 0 || window_of(p, s).groups != 1 ||
        packed_size(window_of(p, s)) < heavy)
      return false;
    if (s.what == step_kind::contract_dw) {  // nor what each thread adds to for its own samples
      int writers = 0;
      for (step const& other : p.steps) writers += other.result == s.result;
      if (writers > 1 || p.values[at(s.result)].where != space::gradients) return false;
    }
    bool same = is_same_for_all(s.operands[0]) && is_same_for_all(s.operands[1]);
    for (int k = 0; k < code_of(p, s).loads; ++k)
      if (int const v = load_of(p, s, k); v >= 0) same = same && is_same_for_all(v);
    return same && p.values[at(s.operands[0])].batched;
  };
  auto const share = [&](int v) {
    if (v < 0) return;
    value& x = p.values[at(v)];
    if (x.batched && x.where == space::workspace) x.shared = true;
  };
  for (std::size_t g = at(p.prologue); g < p.segments.size(); ++g) {
    if (p.segments[g].loops || p.segments[g].lanes) continue;
    for (int i = p.segments[g].first; i < p.segments[g].last; ++i) {
      step& s = p.steps[at(i)];
      if (!is_heavy(s)) continue;
      s.team = true;
      share(s.result);
      for (int v : s.operands) share(v);
      for (int k = 0; k < code_of(p, s).loads; ++k) share(load_of(p, s, k));
    }
  }
  return p;
}

/// Whether all that is added to the gradients at `place` is added by steps of a team.
template <class Plan>
constexpr bool is_summed_together(Plan const& p, parameter_place const& place) {
  bool found = false;
  for (step const& s : p.steps) {
    value const& v = p.values[static_cast<std::size_t>(s.result)];
    if (v.where != space::gradients || v.offset != place.offset) continue;
    if (!s.team) return false;
    found = true;
  }
  return found;
}

}  // namespace etch::passes
