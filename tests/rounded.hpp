#pragma once

#include "../codegen/passes/simplify.hpp"

/// The simplified graph with every constant as a float holds it, as programs do: it can then be
/// compared with its plan in double.
inline etch::graph rounded(etch::graph const& g) {
  etch::graph r = g;
  for (bool changed = true; changed;) {
    etch::graph next = etch::passes::simplify(r);
    for (etch::primitive::constant& c : next.table<etch::primitive::constant>())
      c.value = static_cast<double>(static_cast<float>(c.value));
    for (etch::primitive::pad& p : next.table<etch::primitive::pad>())
      p.value = static_cast<double>(static_cast<float>(p.value));
    changed = !etch::compute_the_same(next, r);
    r = next;
  }
  return r;
}
