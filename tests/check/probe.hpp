#pragma once

#include "../../codegen/lower/compiled.hpp"
#include "../../dsl/losses/loss_base.hpp"
#include "../../dsl/network.hpp"

namespace check {

/// The sum over the elements of prediction * target: the target is the gradient with respect to the
/// prediction, so that random targets exercise any output gradient.
struct probe : etch::loss {
  static constexpr std::string_view kind = "probe";
  static constexpr etch::verdict target_rule(etch::tensor_shape const& prediction) {
    return etch::accept(prediction);
  }
  static constexpr etch::tensor forward(etch::context&, etch::tensor prediction,
                                        etch::tensor target) {
    return etch::math::reshape(etch::math::sum(prediction * target), {});
  }
};

/// A network while it learns, with the probe behind every output. Inputs: the network's, then a
/// target for each output. Outputs: the network's, the loss, then the gradient of each of the
/// network's inputs.
struct probed {
  etch::graph graph;
  int loss = -1;
};

constexpr probed probe_graph(etch::graph const& training) {
  probed p{training};
  etch::graph& g = p.graph;
  etch::context c{g, true};
  std::size_t const inputs = g.inputs.size();
  etch::tensor total{};
  for (int id : training.outputs) {
    etch::tensor_shape const shape = g[id].shape;
    g.inputs.push_back(shape);
    etch::tensor const target{&g, g.add({.code = etch::op::input,
                                         .batched = true,
                                         .index = static_cast<int>(g.inputs.size()) - 1,
                                         .shape = shape})};
    etch::tensor const loss = probe::forward(c, {&g, id}, target);
    total = total.id < 0 ? loss : total + loss;
  }
  p.loss = total.id;
  g.outputs.push_back(p.loss);
  etch::constexpr_list<int> const adjoints = etch::passes::differentiate(g, p.loss, true);
  for (std::size_t i = 0; i < inputs; ++i)
    for (std::size_t id = 0; id < adjoints.size(); ++id)
      if (g.nodes[id].code == etch::op::input && g.nodes[id].index == static_cast<int>(i))
        g.outputs.push_back(
            adjoints[id] >= 0
                ? adjoints[id]
                : g.add({.code = etch::op::constant, .batched = true, .shape = g.nodes[id].shape}));
  return p;
}

/// That graph as kernel calls.
template <auto Net, int Samples>
struct probe_plan {
  static constexpr etch::plan make() {
    return etch::lower(probe_graph(etch::graph_of(Net, true)).graph, Samples, false);
  }
  static constexpr auto value = etch::freeze<probe_plan>();
};

}  // namespace check
