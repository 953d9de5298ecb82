#pragma once

#include "../ir/plan.hpp"
#include "select/gradients.hpp"
#include "select/map.hpp"

namespace etch::kernels {

/// The kernel for what is asked, on that machine.
constexpr kernel_choice choose(machine const& m, kernel_request const& r) {
  if (r.what == contract_product::none) return {};
  if (r.lanes) return {.which = contract_kernel::lanes};
  return r.what == contract_product::forward ? choose_forward(m, r)
         : r.what == contract_product::dx    ? choose_dx(m, r)
                                             : choose_dw(m, r);
}

}  // namespace etch::kernels

namespace etch::passes {

/// Whether step `i` of a plan runs with samples in the lanes of vectors.
template <class Plan>
constexpr bool in_lanes(Plan const& p, int i) {
  for (segment const& g : p.segments)
    if (g.first <= i && i < g.last)
      return g.lanes && (g.loops || p.steps[static_cast<std::size_t>(i)].batched);
  return false;
}

/// What step `i` of a plan, or of a frozen one, asks for.
template <class Plan>
constexpr kernel_request request_of(Plan const& p, int i) {
  step const& s = p.steps[static_cast<std::size_t>(i)];
  bool const pools = s.what == step_kind::contract_max_pool;
  kernel_request r;
  if (pools || s.what == step_kind::contract) r.what = contract_product::forward;
  else if (s.what == step_kind::contract_dx) r.what = contract_product::dx;
  else if (s.what == step_kind::contract_dw) r.what = contract_product::dw;
  else return r;
  r.lanes = in_lanes(p, i);
  r.window = window_of(p, s);
  r.pooled = pools || s.operands[2] >= 0;
  if (pools) r.pool = {s.pool_height, s.pool_width};
  if (canonical(r.window).pointwise() && r.window.out_height() * r.window.out_width() == 1) {
    r.one_row = !s.batched || (p.samples == 1 && !p.whole_batch);
    r.inlines = p.steps.size() <= inlining_steps;
  }
  return r;
}

/// The kernel of step `i` on that machine.
template <class Plan>
constexpr kernel_choice choice_of(Plan const& p, int i, machine const& m) {
  step const& s = p.steps[static_cast<std::size_t>(i)];
  kernel_choice k = kernels::choose(m, request_of(p, i));
  if (s.what != step_kind::map || s.by_row != 0 || in_lanes(p, i)) return k;
  map_spec const spec{code_of(p, s), p.values[static_cast<std::size_t>(s.result)].size, s.batched};
  k.map = s.box > 0 ? kernels::choose_map(m, spec, box_of(p, s)) : kernels::choose_map(m, spec);
  return k;
}

/// The kernels of all steps, in their order.
template <class Plan>
constexpr constexpr_list<kernel_choice> select(Plan const& p, machine const& m) {
  constexpr_list<kernel_choice> all;
  for (int i = 0; i < static_cast<int>(p.steps.size()); ++i)
    all.push_back(choice_of(p, i, m));
  return all;
}

}  // namespace etch::passes
