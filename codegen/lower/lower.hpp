#pragma once

#include "../../dsl/network.hpp"
#include "../passes/bind.hpp"
#include "../passes/differentiate.hpp"
#include "../passes/fuse.hpp"
#include "../passes/fuse_lanes.hpp"
#include "../passes/fuse_padding.hpp"
#include "../passes/fuse_rows.hpp"
#include "../passes/layout.hpp"
#include "../passes/place.hpp"
#include "../passes/pool_first.hpp"
#include "../passes/rematerialise.hpp"
#include "../passes/schedule.hpp"
#include "../passes/simplify.hpp"
#include "../passes/split_products.hpp"
#include "../ir/plan.hpp"

namespace etch {

/// A graph as kernel calls for up to `samples` samples at once. With a prologue, what depends on
/// the parameters alone is set apart, to run only when they change. In training, threads work
/// together on contractions of at least `heavy` weights.
constexpr plan lower(graph const& g, int samples, bool prologue, int heavy = team_weights) {
  graph const simple = passes::simplify(g);
  plan p;
  if (parameter_places(simple).size() < simple.parameters.size()) {
    p.parameter_floats = -1;
    return p;
  }
  graph const laid_out = passes::layout(simple);
  p = passes::bind(laid_out, passes::fuse(laid_out, samples), samples);
  p = passes::schedule(std::move(p), samples, prologue);
  p = passes::fuse_lanes(std::move(p));
  p = passes::rematerialise(std::move(p));
  p = passes::fuse_padding(std::move(p));
  p = passes::split_products(std::move(p), heavy);
  p = passes::fuse_rows(std::move(p));
  return passes::place(std::move(p));
}

/// The network as it computes while it trains, with the loss behind it: its inputs are followed by
/// the target, its outputs by the loss of each sample.
template <class Network, class Loss>
constexpr graph loss_graph(Network net, Loss) {
  graph g = graph_of(net, true);
  context c{g, true};
  tensor const prediction{&g, g.outputs[0]};
  tensor_shape const shape = Loss::target_rule(prediction.shape()).shape;
  tensor const target = detail::add_input(g, shape);
  g.outputs.push_back(Loss::forward(c, prediction, target).id);
  return g;
}

/// The same, where it gives the gradients of the parameters too; with `inputs`, a third output is the
/// gradient of each sample's loss by its input.
template <class Network, class Loss>
constexpr graph training_graph(Network net, Loss, bool inputs = false) {
  graph g = loss_graph(net, Loss{});
  passes::pool_first(g);
  constexpr_list<node_id> const adjoints = passes::differentiate(g, g.outputs[1], inputs);
  if (inputs) {
    tensor const x{&g, node_id{0}};  // the first node
    tensor const by_x{&g, adjoints[0]};
    tensor const none = detail::adjoint::expand(math::filled(x, 0, x.shape()), x);
    g.outputs.push_back(adjoints[0] == node_id::none ? none.id : by_x.id);
  }
  passes::pool_last(g);
  passes::through_pooling(g);
  return g;
}

}  // namespace etch
