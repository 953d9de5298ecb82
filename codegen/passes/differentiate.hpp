#pragma once

#include "../../dsl/expression.hpp"

namespace etch {

namespace faults {
template <op Code>
void operation_has_no_gradient_rule() {}
}  // namespace faults

namespace passes {

namespace detail {

/// Reverse-mode differentiation (Griewank and Walther 2008, chapter 3): walks the nodes backwards
/// and adds to each operand what its result's adjoint contributes.
class differentiator {
 public:
  constexpr differentiator(graph& g, bool inputs) : g_(g), count_(g.size()) {
    contributions_.resize(static_cast<std::size_t>(count_));
    needed_.assign(static_cast<std::size_t>(count_), 0);
    for (int id = 0; id < count_; ++id) needed_[at(id)] = needs(id, inputs);
  }

  /// The adjoint of every node, or -1.
  constexpr constexpr_list<int> run(int loss) {
    constexpr_list<int> adjoints(at(count_), -1);
    tensor const seed{&g_, g_.add({.code = op::constant, .value = 1})};
    contribute(loss, seed);
    for (int id = count_ - 1; id >= 0; --id) {
      if (!needed_[at(id)] || contributions_[at(id)].empty()) continue;
      node const n = g_[id];
      if (n.code == op::parameter) {
        for (int c : contributions_[at(id)]) g_.gradients.push_back({n.index, c});
        continue;
      }
      g_.adding_for = n.layer;
      tensor dy{&g_, contributions_[at(id)][0]};
      for (std::size_t i = 1; i < contributions_[at(id)].size(); ++i)
        dy = dy + tensor{&g_, contributions_[at(id)][i]};
      adjoints[at(id)] = dy.id;
      if (n.code == op::map)
        map_rule(n, {&g_, id}, dy);
      else
        rule(n, {&g_, id}, dy);
    }
    g_.adding_for = -1;
    return adjoints;
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  constexpr bool needs(int id, bool inputs) const {
    node const& n = g_[id];
    if (n.code == op::parameter) return g_.parameters[at(n.index)].trainable;
    if (n.code == op::input) return inputs;
    if (n.code == op::detach) return false;
    for (int i = 0; i < n.operand_count(); ++i)
      if (needed_[at(n.operand(i))]) return true;
    return false;
  }

  /// The value in the shape of node `id`, one a sample if that has one a sample.
  constexpr tensor expand(tensor d, int id) {
    node const& n = g_[id];
    if (d.shape() == n.shape && d.get().batched == n.batched) return d;
    return etch::detail::emit(
        d, {.code = op::map, .batched = n.batched, .shape = n.shape, .operands = {d.id, -1, -1}});
  }

  constexpr void contribute(int id, tensor d) {
    if (needed_[at(id)]) contributions_[at(id)].push_back(expand(d, id).id);
  }

  /// What a reduction n gave, in a shape that broadcasts to its operand's. Axes in the middle do
  /// not; the gradient of the sum of a window over them repeats along them.
  constexpr tensor spread(tensor d, node const& n) {
    tensor_shape const shape = g_[n.operand(0)].shape;
    if (broadcast_access(d.shape(), shape).period != 0) return d;
    int const inner = shape.elements(n.last, shape.rank), reduced = shape.elements(n.first, n.last);
    contraction const window{.height = shape.elements(0, n.first),
                             .width = reduced,
                             .channels = inner,
                             .kernel_width = reduced,
                             .stride_width = reduced,
                             .filters = inner};
    return etch::detail::emit(d, {.code = op::pool_gradient,
                                  .fn = function::add,
                                  .batched = d.get().batched,
                                  .shape = shape,
                                  .operands = {d.id, -1, -1},
                                  .window = window});
  }

  /// Sums d, in the shape of a result, over everything along which the operand was broadcast.
  constexpr void unbroadcast(int id, tensor d) {
    if (!needed_[at(id)]) return;
    node const n = g_[id];
    tensor_shape const from = n.shape;
    int const rank = d.shape().rank;
    bool const over_batch = d.get().batched && !n.batched;
    auto const kept = [&](int axis) {  // the operand's extent along an axis of the result
      int const own = axis - (rank - from.rank);
      return own < 0 ? 1 : from[own];
    };
    int lead = 0, tail = rank;
    while (lead < rank && kept(lead) == 1) ++lead;
    while (tail > lead && kept(tail - 1) == 1) --tail;
    if (d.shape().elements(0, lead) > 1 || over_batch)
      d = reduce(function::add, d, 0, lead, over_batch);
    if (d.shape().elements(tail, rank) > 1) d = reduce(function::add, d, tail, rank);
    contribute(id, math::reshape(d, from));
  }

  constexpr void map_rule(node const& n, tensor y, tensor dy) {
    mapped const at_hand{{&g_, n.operand(0)}, {&g_, n.operand(1)}, {&g_, n.operand(2)}, y, dy};
    for (int i = 0; i < n.operand_count(); ++i) {
      gradient_form const gradient = info(n.fn).gradient[i];
      if (gradient && needed_[at(n.operand(i))])
        unbroadcast(n.operand(i), expand(gradient(at_hand), y.id));
    }
  }

  constexpr void rule(node const& n, tensor y, tensor dy) {
    tensor const a{&g_, n.operand(0)};
    auto const emit = [&](node made) { return etch::detail::emit(dy, made); };
    bool const first = n.operand_count() > 0 && needed_[at(a.id)];
    switch (n.code) {
      case op::contract: {
        tensor const w{&g_, n.operand(1)};
        if (needed_[at(w.id)])
          contribute(w.id, emit({.code = op::contract_dw,
                                 .over_batch = true,
                                 .shape = w.shape(),
                                 .operands = {a.id, dy.id, -1},
                                 .window = n.window}));
        if (first)
          contribute(a.id, emit({.code = op::contract_dx,
                                 .batched = n.batched,
                                 .shape = a.shape(),
                                 .operands = {dy.id, w.id, -1},
                                 .window = n.window}));
        break;
      }
      case op::reduce:
        if (!first) break;
        if (n.fn == function::maximum) {  // equal ones share
          tensor const largest = math::equal(a, spread(y, n));
          contribute(a.id, largest * spread(dy / math::sum(largest, n.first, n.last), n));
        } else {
          bool const repeated = n.over_batch && !a.get().batched;
          contribute(a.id, spread(repeated ? dy * emit({.code = op::batch_size}) : dy, n));
        }
        break;
      case op::pool: {
        if (!first) break;
        node gradient{.code = op::pool_gradient,
                      .fn = n.fn,
                      .batched = n.batched,
                      .shape = a.shape(),
                      .operands = {dy.id, -1, -1},
                      .window = n.window};
        if (n.fn == function::maximum) {
          tensor const index = emit({.code = op::pool_index,
                                     .batched = n.batched,
                                     .shape = n.shape,
                                     .operands = {a.id, -1, -1},
                                     .window = n.window});
          gradient.operands = {index.id, dy.id, -1};
        }
        contribute(a.id, emit(gradient));
        break;
      }
      case op::reshape:
        if (first) contribute(a.id, math::reshape(dy, a.shape()));
        break;
      case op::pad:
        if (first) contribute(a.id, slice(dy, n.before, n.after));
        break;
      case op::slice:
        if (first) contribute(a.id, pad(dy, n.before, n.after));
        break;
      case op::concat: {
        tensor const b{&g_, n.operand(1)};
        std::array<int, 4> cut{};
        auto const axis = at(n.index);
        cut[axis] = b.shape()[n.index];
        if (first) unbroadcast(a.id, slice(dy, {}, cut));
        cut[axis] = a.shape()[n.index];
        if (needed_[at(b.id)]) unbroadcast(b.id, slice(dy, cut, {}));
        break;
      }
      case op::detach:
      case op::input:
      case op::parameter:
      case op::constant:
      case op::iota:
      case op::batch_size:
      case op::random:
      case op::map:
        break;  // no operand, or none whose gradient is wanted; map_rule
      case op::contract_dx:
        faults::operation_has_no_gradient_rule<op::contract_dx>();
        break;
      case op::contract_dw:
        faults::operation_has_no_gradient_rule<op::contract_dw>();
        break;
      case op::pool_index:
        faults::operation_has_no_gradient_rule<op::pool_index>();
        break;
      case op::pool_gradient:
        faults::operation_has_no_gradient_rule<op::pool_gradient>();
        break;
      case op::pack:
      case op::unpack:
      case op::transpose:
        faults::operation_has_no_gradient_rule<op::transpose>();
        break;
    }
  }

  graph& g_;
  int count_;
  constexpr_list<constexpr_list<int>> contributions_;
  constexpr_list<char> needed_;
};

}  // namespace detail

/// Adds the nodes that compute the gradient of `loss`, one scalar a sample, and lists in
/// `graph::gradients` what each trainable parameter's gradient is the sum of. Gives the adjoint of
/// each node that was there before (-1 where there is none); with `inputs`, those of the inputs
/// too.
constexpr constexpr_list<int> differentiate(graph& g, int loss, bool inputs = false) {
  g.whole_batch = measures_batch(g);  // while no sum over the batch is a gradient
  return detail::differentiator{g, inputs}.run(loss);
}

}  // namespace passes
}  // namespace etch
