#pragma once

#include <algorithm>

#include "../../codegen/lower/compiled.hpp"
#include "../../codegen/report/print.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../written.hpp"

/// What the tests of passes have in common.
namespace pass_testing {

using etch::graph;
using etch::op;
using etch::plan;
using etch::step_kind;
using etch::tensor;
namespace m = etch::math;

inline int count(plan const& p, step_kind what) {
  return static_cast<int>(
      std::count_if(p.steps.begin(), p.steps.end(), [&](auto& s) { return s.what == what; }));
}
inline int count(graph const& g, op code) {
  return static_cast<int>(
      std::count_if(g.nodes.begin(), g.nodes.end(), [&](auto& n) { return n.code == code; }));
}
template <class Network>
plan inference(Network net, int samples = 1) {
  return etch::lower(etch::graph_of(net), samples, true);
}

inline constexpr auto mnist_cnn =
    etch::input<28, 28, 1> | etch::conv2d<32, 3> | etch::relu | etch::max_pool2d<2> |
    etch::conv2d<64, 3> | etch::relu | etch::max_pool2d<2> | etch::conv2d<64, 3> | etch::relu |
    etch::flatten | etch::dense<64> | etch::relu | etch::dense<10>;

}  // namespace pass_testing
