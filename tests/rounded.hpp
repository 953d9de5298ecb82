#pragma once

#include "../codegen/passes/simplify.hpp"

/// The simplified graph with every constant as a float holds it, as programs do: it can then be
/// compared with its plan in double.
inline etch::graph rounded(etch::graph const& g) {
  etch::graph r = g;
  for (bool changed = true; changed;) {
    etch::graph next = etch::passes::simplify(r);
    for (etch::node& n : next.nodes) n.value = static_cast<double>(static_cast<float>(n.value));
    changed = next.nodes != r.nodes;
    r = next;
  }
  return r;
}
