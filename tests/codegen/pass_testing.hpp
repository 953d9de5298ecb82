#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "../../codegen/lower/compiled.hpp"
#include "../../codegen/report/print.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../written.hpp"

/// What the tests of passes have in common.
namespace pass_testing {

using etch::graph;
using etch::node_id;
using etch::plan;
using etch::tensor;
using etch::value_id;
namespace m = etch::math;
namespace primitive = etch::primitive;
namespace steps = etch::steps;

template <class Kind>
int count(plan const& p) {
  return static_cast<int>(std::count_if(p.steps.begin(), p.steps.end(), etch::is<Kind>));
}
template <class Kind>
int count(graph const& g) {
  int n = 0;
  for (node_id id : g.ids()) n += g.is<Kind>(id);
  return n;
}
using names = std::vector<std::string>;
/// The kinds of the steps, in their order; of a loop over rows, those of its stages.
inline names kinds(plan const& p) {
  names all;
  for (etch::step const& s : p.steps)
    if (auto const* loop = etch::get_if<steps::row_loop>(p, s))
      for (steps::row_stage const& stage : etch::stages_of(p, *loop))
        all.emplace_back(stage.reduces ? "reduce" : "map");
    else
      all.emplace_back(etch::name_of(p, s));
  return all;
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
