#pragma once

#include "../dsl/context.hpp"

/// A graph with one input, written by a function as a layer is.
template <class F>
etch::graph written(etch::tensor_shape const& input, F forward) {
  etch::graph g;
  etch::context c{g, true};
  c.enter("test");
  g.inputs.push_back(input);
  etch::tensor const x{&g, g.add({.code = etch::op::input, .batched = true, .shape = input})};
  g.outputs.push_back(forward(c, x).id);
  return g;
}
