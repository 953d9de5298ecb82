#pragma once

#include <algorithm>

#include "../../codegen/compiled.hpp"
#include "../../codegen/print.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../written.hpp"

/// What the tests of passes have in common.
namespace pass_testing {

using etch::graph;
using etch::plan;
using etch::step_kind;
using etch::tensor;
namespace m = etch::math;

inline int count(plan const& p, step_kind what) {
  return static_cast<int>(
      std::count_if(p.steps.begin(), p.steps.end(), [&](auto& s) { return s.what == what; }));
}
template <class Network>
plan inference(Network net, int samples = 1) {
  return etch::lower(etch::graph_of(net), samples, true);
}

}  // namespace pass_testing
