#pragma once

#include "../ir/plan.hpp"
#include "select/copy.hpp"
#include "select/gradients.hpp"
#include "select/map.hpp"

namespace etch::kernels {

/// The kernel for what is asked, on that machine.
constexpr kernel_choice choose(machine const& m, kernel_request const& r) {
  if (r.what == contract_product::none) return {};
  if (r.lanes) return {.which = contract_kernel::lanes};
  if (r.what == contract_product::activations) return choose_activations(m, r.window, r.turned);
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
    if (g.first <= i && i < g.last) return g.lanes && (g.loops || p.steps[i].batched);
  return false;
}

/// One of the matrices of a product of activations, as a window. (Operands may have been reshaped,
/// results not.)
template <class Plan>
constexpr contraction matrix_of(Plan const& p, step const& s) {
  tensor_shape const& y = p.values[result_of(p, s)].shape;
  int const rows = y.elements(0, y.rank - 1);  // of all matrices
  return {.width = y[y.rank - 2],
          .channels = p.values[operands_of(p, s)[0]].shape.elements() / rows,
          .filters = y.last()};
}

/// What step `i` of a plan, or of a frozen one, asks for.
template <class Plan>
constexpr kernel_request request_of(Plan const& p, int i) {
  step const& s = p.steps[i];
  if (is<primitive::product>(s))
    return {.what = contract_product::activations,
            .window = matrix_of(p, s),
            .turned = get<primitive::product>(p, s).transpose_b};
  if (!multiplies(s)) return {};
  kernel_request r{.what = is<primitive::contract_dx>(s)   ? contract_product::dx
                           : is<primitive::contract_dw>(s) ? contract_product::dw
                                                           : contract_product::forward,
                   .window = window_of(p, s),
                   .pooled = s.operand_count == 3,
                   .lanes = in_lanes(p, i)};
  if (is<steps::contract_max_pool>(s)) {
    r.pooled = true;
    r.pool = get<steps::contract_max_pool>(p, s).pooled;
  }
  if (canonical(r.window).pointwise() && r.window.out_height() * r.window.out_width() == 1) {
    r.one_row = !s.batched || (p.samples == 1 && !p.whole_batch && s.at_once <= 1);
    r.inlines = p.steps.size() <= inlining_steps;
  }
  return r;
}

/// The kernel of step `i` on that machine.
template <class Plan>
constexpr kernel_choice choice_of(Plan const& p, int i, machine const& m) {
  step const& s = p.steps[i];
  kernel_choice k = kernels::choose(m, request_of(p, i));
  map_spec const spec{code_of(p, s), p.values[result_of(p, s)].size, s.batched};
  if (is<steps::map_and_pad>(s))
    k.map = kernels::choose_map(m, spec, get<steps::map_and_pad>(p, s).image);
  else if (is<steps::map>(s) && !in_lanes(p, i))
    k.map = kernels::choose_map(m, spec);
  else if (is<steps::copy>(s))
    k.copy = kernels::choose_copy(as_loops(get<steps::copy>(p, s).moves));
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
