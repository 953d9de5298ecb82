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
  etch::node_id loss = etch::node_id::none;
};

constexpr probed probe_graph(etch::graph const& training) {
  probed p{training};
  etch::graph& g = p.graph;
  etch::context c{g, true};
  std::size_t const inputs = g.inputs.size();
  etch::tensor total{};
  for (etch::node_id id : training.outputs) {
    etch::tensor const target = etch::detail::add_input(g, g[id].shape);
    etch::tensor const loss = probe::forward(c, {&g, id}, target);
    total = total.owner == nullptr ? loss : total + loss;
  }
  p.loss = total.id;
  g.outputs.push_back(p.loss);
  etch::constexpr_list<etch::node_id> adjoints = etch::passes::differentiate(g, p.loss, true);
  for (int i = 0; i < static_cast<int>(inputs); ++i)
    for (etch::node_id id : etch::id_range<etch::node_id>{static_cast<int>(adjoints.size())})
      if (auto const* in = g.get_if<etch::primitive::input>(id); in && in->which == i)
        g.outputs.push_back(adjoints[id] != etch::node_id::none
                                ? adjoints[id]
                                : g.add(etch::primitive::constant{}, {g[id].shape, true}));
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
