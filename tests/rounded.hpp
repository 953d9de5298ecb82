#pragma once

#include "../codegen/passes/simplify.hpp"

/// The simplified graph with every constant as a float holds it, as programs do: it can then be
/// compared with its plan in double.
inline etch::graph rounded(etch::graph const& g) {
  etch::graph r = g;
  for (bool changed = true; changed;) {
    etch::graph next = etch::passes::simplify(r);
    auto const round = [](double x) { return static_cast<double>(static_cast<float>(x)); };
    for (etch::node_id id : next.ids())
      if (auto const* c = next.get_if<etch::primitive::constant>(id)) {
        next.change(id, etch::primitive::constant{round(c->value)});
      } else if (auto const* p = next.get_if<etch::primitive::pad>(id)) {
        etch::primitive::pad rounded = *p;
        rounded.value = round(p->value);
        next.change(id, rounded);
      }
    changed = !etch::compute_the_same(next, r);
    r = next;
  }
  return r;
}
