#pragma once

#include "../ir/plan.hpp"
#include "select/gradients.hpp"

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
  for (segment const& g : p.segments)
    if (g.first <= i && i < g.last) r.lanes = g.lanes && (g.loops || s.batched);
  r.window = window_of(p, s);
  r.pooled = pools || s.operands[2] >= 0;
  if (pools) r.pool = {s.pool_height, s.pool_width};
  if (canonical(r.window).pointwise() && r.window.out_height() * r.window.out_width() == 1) {
    r.one_row = !s.batched || (p.samples == 1 && !p.whole_batch);
    r.inlines = p.steps.size() <= inlining_steps;
  }
  return r;
}

/// The kernels of all steps, in their order.
template <class Plan>
constexpr constexpr_list<kernel_choice> select(Plan const& p, machine const& m) {
  constexpr_list<kernel_choice> all;
  for (int i = 0; i < static_cast<int>(p.steps.size()); ++i)
    all.push_back(kernels::choose(m, request_of(p, i)));
  return all;
}

}  // namespace etch::passes
