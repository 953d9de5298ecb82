#pragma once

#include <utility>

#include "../ir/packing.hpp"
#include "../ir/plan.hpp"

namespace etch::passes {

namespace detail {

class lane_fuser {
 public:
  constexpr explicit lane_fuser(plan&& p) : out_(std::move(p)) {}

  constexpr plan run() {
    for (segment& part : out_.segments)
      if (part.lanes && part.loops) fuses_ = true;
    if (!fuses_) return std::move(out_);
    for (segment const& part : out_.segments)
      if (part.lanes && part.loops)
        for (int i = part.first; i < part.last; ++i) as_product(out_.steps[i]);
    fuse_maps();
    return std::move(out_);
  }

 private:
  /// The gradient dX of a matrix product is one too, of dY and the transposed weights, which the step
  /// reads in that order already.
  constexpr void as_product(step& s) {
    auto const* dx = get_if<primitive::contract_dx>(out_, s);
    if (!dx) return;
    contraction const window = transposed(canonical(dx->window));
    set_kind(out_, s, steps::contract{window});
    program const sum{.loads = 1, .load_list = {program::load{program::kind::accumulator}}};
    s.code = static_cast<int>(out_.programs.size());
    s.first_load = static_cast<int>(out_.value_list.size());
    out_.programs.push_back(sum);
    out_.value_list.push_back(value_id::none);
  }

  /// Makes a product that has no program yet and the map behind it, which alone reads it, one step. (An
  /// output is read by the caller too.)
  constexpr void fuse_maps() {
    constexpr_list<int> reads(out_.values.size(), 0);
    for (step const& s : out_.steps) for_each_read(out_, s, [&](value_id v) { ++reads[v]; });
    constexpr_list<step> const steps = std::move(out_.steps);
    out_.steps.clear();
    for (segment& part : out_.segments) {
      int const first = static_cast<int>(out_.steps.size());
      for (int i = part.first; i < part.last; ++i) {
        step s = steps[i];
        if (part.lanes && part.loops && i + 1 < part.last && is_sum(s) &&
            out_.values[result_of(out_, s)].where == space::workspace &&
            reads[result_of(out_, s)] == 1 && follows(steps[i + 1], result_of(out_, s)))
          add_map(s, steps[++i]);
        out_.steps.push_back(s);
      }
      part.first = first;
      part.last = static_cast<int>(out_.steps.size());
    }
  }
  /// Whether the step is a product and no more.
  constexpr bool is_sum(step const& s) const {
    program const& p = code_of(out_, s);
    return is<steps::contract>(s) && p.loads == 1 && p.instructions == 0;
  }
  /// Whether the step is a map that reads v element by element.
  constexpr bool follows(step const& s, value_id v) const {
    if (!is<steps::map>(s) || !out_.values[v].batched) return false;
    auto const loads = loads_of(out_, s);
    for (int k = 0; k < static_cast<int>(loads.size()); ++k)
      if (program::load const& l = code_of(out_, s).operand(k); loads[k] == v)
        return l.run == 1 && l.period == out_.values[v].size;
    return false;
  }
  constexpr void add_map(step& product, step const& map) {
    value_id const sum = result_of(out_, product);
    program p = code_of(out_, map);
    int const first = static_cast<int>(out_.value_list.size());
    for (int k = 0; k < p.loads; ++k) {
      value_id const v = loads_of(out_, map)[k];
      if (v == sum) p.load_list[static_cast<std::size_t>(k)] = {program::kind::accumulator};
      out_.value_list.push_back(v == sum ? value_id::none : v);
    }
    product.code = static_cast<int>(out_.programs.size());
    out_.programs.push_back(p);
    product.first_load = first;
    product.first_result = map.first_result;
  }

  plan out_;
  bool fuses_ = false;
};

}  // namespace detail

/// Where samples lie in the lanes of vectors, a gradient dX is a product with the transposed weights,
/// and the map behind it runs on what that holds in registers: epilogue fusion.
constexpr plan fuse_lanes(plan p) { return detail::lane_fuser{std::move(p)}.run(); }

}  // namespace etch::passes
