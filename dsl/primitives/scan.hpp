#pragma once

#include <initializer_list>

#include "move.hpp"
#include "reduce.hpp"

/// A scan: a body that is run along the first axis of tensors, with values that each step hands to the
/// next. Source: ONNX Scan; functional languages call it scan or mapAccum.
namespace etch {

namespace faults {
inline void scan_has_no_sequence() {}
inline void scan_takes_sequences_of_one_length() {}
inline void a_scan_stands_inside_another() {}
inline void the_step_of_a_scan_gives_fewer_values_than_are_carried() {}
inline void a_carried_value_changes_its_shape() {}
}  // namespace faults

namespace detail {

/// The shape of one step of x.
constexpr tensor_shape step_shape(tensor_shape const& x) {
  tensor_shape one;
  for (int axis = 1; axis < x.rank; ++axis) one[one.rank++] = x[axis];
  return one;
}
constexpr tensor_shape stacked_shape(tensor_shape const& one, int steps) {
  tensor_shape all;
  all.rank = one.rank + 1;
  all[0] = steps;
  for (int axis = 0; axis < one.rank; ++axis) all[axis + 1] = one[axis];
  return all;
}

/// x[i] in step i of the loop.
constexpr tensor element(tensor x, loop_id loop) {
  return emit(x, primitive::element{},
              {.shape = step_shape(x.shape()), .batched = x.batched(), .loop = loop}, {x.id});
}
/// What all steps of the loop that y is in give, along a new first axis.
constexpr tensor stack(tensor y) {
  if (y.shape().rank == tensor_shape::max_rank) faults::axis_is_outside_the_shape();
  int const steps = y.owner->loops[y.get().loop].steps;
  return emit(y, primitive::stack{}, {stacked_shape(y.shape(), steps), y.batched()}, {y.id});
}
/// The value of the loop that is `initial` in the first step: one a sample.
constexpr tensor carry(tensor initial, loop_id loop) {
  initial = for_each_sample(initial);
  return emit(initial, primitive::carry{}, {.shape = initial.shape(), .batched = true, .loop = loop},
              {initial.id});
}
/// Says what `carried` is in the next step, as a node that is there for this.
constexpr tensor carry_on(tensor carried, tensor next) {
  if (next.shape() != carried.shape()) faults::a_carried_value_changes_its_shape();
  next = emit(carried, primitive::map{}, carried.get(), {next.id});
  carried.owner->carried.push_back({carried.id, next.id});
  return next;
}
/// What a carried value is behind the loop.
constexpr tensor last(tensor carried) {
  return emit(carried, primitive::last{}, {carried.shape(), true}, {carried.id});
}

}  // namespace detail

namespace math {

/// What a scan gives: of each carried value what the last step says, and of all values that a step
/// gives, the carried ones first, those of all steps along a new first axis.
struct scanned {
  constexpr_list<tensor> last, all;
};

/// In which order a scan goes through its sequences. Steps are stacked in the order of the sequence
/// either way.
enum class direction : unsigned char { forwards, backwards };

/// For each i along the first axis of the sequences, which have one length, in their order or
/// backwards:
///
///   (carried, others) = step({sequence[i] of each}, carried), from carried = initial
///
/// `step(elements, carried)` takes two lists of tensors, and gives one: what is carried on, in the
/// shapes of `initial`, then what else is wanted of each step. It is called once, to be written. What
/// in it depends on the elements alone is computed for all steps at once.
template <class Step>
constexpr scanned scan(constexpr_list<tensor> const& sequences, constexpr_list<tensor> const& initial,
                       Step step, direction order = direction::forwards) {
  if (sequences.empty()) faults::scan_has_no_sequence();
  graph& g = *sequences[0].owner;
  int const steps = sequences[0].shape()[0];
  for (tensor const& x : sequences)
    if (x.shape().rank == 0 || x.shape()[0] != steps) faults::scan_takes_sequences_of_one_length();
  loop_id const outside = g.adding_in;
  if (outside != loop_id::none && g.loops[outside].parameters == 0)
    faults::a_scan_stands_inside_another();
  g.loops.push_back({steps, order == direction::backwards});
  loop_id const loop{static_cast<int>(g.loops.size()) - 1};
  constexpr_list<tensor> elements, carried;
  for (tensor const& x : sequences) elements.push_back(etch::detail::element(x, loop));
  for (tensor const& x : initial) carried.push_back(etch::detail::carry(x, loop));
  g.adding_in = loop;
  constexpr_list<tensor> given = step(elements, carried);
  if (given.size() < carried.size())
    faults::the_step_of_a_scan_gives_fewer_values_than_are_carried();
  scanned result;
  for (std::size_t i = 0; i < given.size(); ++i) {
    bool const is_carried = i < carried.size();
    if (is_carried) given[i] = etch::detail::carry_on(carried[i], given[i]);
    else if (!given[i].get().is_stepped())  // the same in each
      given[i] = etch::detail::emit(
          given[i], primitive::map{},
          {.shape = given[i].shape(), .batched = given[i].batched(), .loop = loop}, {given[i].id});
  }
  g.adding_in = outside;
  for (tensor const& c : carried) result.last.push_back(etch::detail::last(c));
  for (tensor const& y : given) result.all.push_back(etch::detail::stack(y));
  return result;
}

}  // namespace math

namespace primitive {

constexpr void gradient(element const&, auto const& d) {
  if (!d.needs(0)) return;
  tensor all = etch::detail::stack(d.dy);
  if (all.batched() && !d.operand(0).batched()) all = math::reduce(function::add, all, 0, 0, true);
  d.add(0, all);
}
constexpr void gradient(stack const&, auto const& d) {
  if (d.needs(0)) d.add(0, etch::detail::element(d.dy, d.reverse(d.operand(0).get().loop)));
}
/// It is what the gradient of the carried value is in the first step back.
constexpr void gradient(last const&, auto const& d) { d.add(0, d.dy); }
/// `differentiate` carries the gradient from step to step.
constexpr void gradient(carry const&, auto const&) {}

}  // namespace primitive
}  // namespace etch
