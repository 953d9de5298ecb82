#pragma once

#include "primitives/map.hpp"
#include "primitives/move.hpp"
#include "primitives/reduce.hpp"
#include "primitives/scan.hpp"

namespace etch::detail {

/// One node while the graph is walked backwards: its operands, what it gives (y), the gradient of the
/// loss with respect to that (dy), and the contributions to the gradients of all nodes. A primitive's
/// rule is `gradient(kind, adjoint)`, in the primitive's file.
class adjoint {
 public:
  using contributions = constexpr_list<constexpr_list<node_id>>;  // of each node

  constexpr adjoint(tensor result, tensor by_result, constexpr_list<char> const& needed,
                    contributions& to, constexpr_list<loop_id>& reverse)
      : y(result), dy(by_result), needed_(needed), to_(to), reverse_(reverse) {}

  tensor y, dy;

  constexpr tensor operand(int i) const { return {y.owner, y.owner->operand(y.id, i)}; }
  /// Whether anything is asked of the gradient of operand i.
  constexpr bool needs(int i) const { return needed_[operand(i).id]; }

  /// The loop that goes through the steps of `loop` in the opposite order, with their gradients.
  constexpr loop_id reverse(loop_id loop) const { return reverse_of(*y.owner, reverse_, loop); }
  static constexpr loop_id reverse_of(graph& g, constexpr_list<loop_id>& known, loop_id loop) {
    loop_id& found = known[loop];
    if (found == loop_id::none) {
      loop_info back = g.loops[loop];
      back.backwards = !back.backwards;
      g.loops.push_back(back);
      found = loop_id{static_cast<int>(g.loops.size()) - 1};
    }
    return found;
  }

  /// Adds `d` to the gradient of operand i, which has its shape, or one that d is broadcast to.
  constexpr void add(int i, tensor d) const { add_to(operand(i), d); }
  /// The same of d in the shape of y, to which operand i was broadcast: d is summed over all along
  /// which it was.
  constexpr void add_unbroadcast(int i, tensor d) const {
    if (!needs(i)) return;
    tensor const x = operand(i);
    d = expand(d, y);
    int const rank = d.shape().rank, own_rank = x.shape().rank;
    bool const over_batch = d.batched() && !x.batched();
    auto const kept = [&](int axis) {  // the operand's extent along an axis of the result
      int const own = axis - (rank - own_rank);
      return own < 0 ? 1 : x.shape()[own];
    };
    int lead = 0, tail = rank;
    while (lead < rank && kept(lead) == 1) ++lead;
    while (tail > lead && kept(tail - 1) == 1) --tail;
    if (d.shape().elements(0, lead) > 1 || over_batch)
      d = math::reduce(function::add, d, 0, lead, over_batch);
    if (d.shape().elements(tail, rank) > 1) d = math::reduce(function::add, d, tail, rank);
    add_to(x, math::reshape(d, x.shape()));
  }

  /// The value in the shape of x, one a sample if that has one a sample.
  static constexpr tensor expand(tensor d, tensor x) {
    if (d.shape() == x.shape() && d.batched() == x.batched()) return d;
    return emit(d, primitive::map{}, {x.shape(), x.batched()}, {d.id});
  }

 private:
  constexpr void add_to(tensor x, tensor d) const {
    if (!needed_[x.id]) return;
    d = expand(d, x);
    if (d.get().is_stepped() && !x.get().is_stepped()) d = sum_of_steps(d);
    to_[x.id].push_back(d.id);
  }

  /// The sum of what d gives in each step of its loop. A sum over the samples, which has been written
  /// for this alone, is made one over the steps too.
  static constexpr tensor sum_of_steps(tensor d) {
    graph& g = *d.owner;
    node_id sum = d.id;
    while (g.is<primitive::reshape>(sum)) sum = g.operand(sum, 0);
    if (g[sum].over_batch) {
      for (node_id id = d.id; id != sum; id = g.operand(id, 0)) g[id].loop = loop_id::none;
      g[sum].over_steps = true;
      return d;
    }
    tensor_shape const shape = d.shape();  // d moves when others are added
    tensor const all = stack(math::reshape(d, {shape.elements()}));
    return math::reshape(math::reduce(function::add, all, 0, 1), shape);
  }

  constexpr_list<char> const& needed_;
  contributions& to_;
  constexpr_list<loop_id>& reverse_;
};

}  // namespace etch::detail
