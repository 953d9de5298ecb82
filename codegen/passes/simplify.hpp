#pragma once

#include <initializer_list>
#include <utility>

#include "../../dsl/functions.hpp"

namespace etch::passes {

namespace detail {

/// The nodes that outputs and gradients are computed from, and all inputs and parameters.
constexpr constexpr_list<char> live_nodes(graph const& g) {
  constexpr_list<char> live(g.nodes.size(), false);
  for (node_id y : g.outputs) live[y] = true;
  for (gradient_root const& r : g.gradients) live[r.node] = true;
  char* const is_live = live.data();
  node_id const* const operands = g.operand_list.data();
  for (bool again = true; again;) {
    for (int i = g.size() - 1; i >= 0; --i) {  // many: without calls
      node const& n = g.nodes[i];
      if (n.is<primitive::input>() || n.is<primitive::parameter>()) is_live[i] = true;
      if (is_live[i])
        for (int k = n.first_operand, end = k + n.operand_count; k < end; ++k)
          is_live[static_cast<int>(operands[k])] = true;
    }
    again = false;  // unless what a step gives to the next is not alive yet
    for (carried_value const& c : g.carried)
      if (live[c.value] && !live[c.next]) again = true, live[c.next] = true;
  }
  return live;
}

/// Gives all that a graph names nodes by their new numbers.
constexpr void rename_roots(graph& g, constexpr_list<node_id> const& renamed) {
  for (node_id& y : g.outputs) y = renamed[y];
  for (gradient_root& r : g.gradients) r.node = renamed[r.node];
  carried_value* kept = g.carried.begin();
  for (carried_value const& c : g.carried)
    if (renamed[c.value] != node_id::none) *kept++ = {renamed[c.value], renamed[c.next]};
  g.carried.resize(static_cast<std::size_t>(kept - g.carried.begin()));
}

class simplifier {
 public:
  constexpr explicit simplifier(graph const& from) : from_(from), to_(from) {
    to_.nodes.clear();
    to_.operand_list.clear();
    renamed_.reserve(from.nodes.size());
  }

  constexpr graph run() {
    constexpr_list<char> live = live_nodes(from_);
    hands_on_.assign(from_.carried.empty() ? 0 : from_.nodes.size(), false);
    for (carried_value const& c : from_.carried) hands_on_[c.next] = true;
    for (node_id id : from_.ids()) renamed_.push_back(live[id] ? place(id) : node_id::none);
    rename_roots(to_, renamed_);
    drop_dead();
    return std::move(to_);
  }

 private:
  /// What was folded or skipped may have left operands that nobody reads.
  constexpr void drop_dead() {
    constexpr_list<char> live = live_nodes(to_);
    renamed_.assign(to_.nodes.size(), node_id::none);
    int kept = 0;
    for (node_id id : to_.ids()) {
      if (!live[id]) continue;
      for (node_id& x : to_.operands(id)) x = renamed_[x];
      renamed_[id] = node_id{kept};
      if (node_id{kept} != id) to_.nodes[kept] = to_[id];
      ++kept;
    }
    to_.nodes.resize(static_cast<std::size_t>(kept));
    rename_roots(to_, renamed_);
  }

  constexpr bool is_constant(node_id id) const { return to_.is<primitive::constant>(id); }
  constexpr bool is_constant(node_id id, double v) const {
    return is_constant(id) && is_exactly(value_of(id), v);
  }
  constexpr double value_of(node_id id) const { return to_.get<primitive::constant>(id).value; }
  constexpr function function_of(node const& n) const {
    return to_.at<primitive::map>(n.place).fn;
  }
  constexpr bool is_identity(node_id id) const {
    return to_[id].is<primitive::map>() && function_of(to_[id]) == function{};
  }

  /// The operand that the node, the last one, leaves as it is, or none.
  constexpr node_id neutral(node const& n) const {
    if (n.operand_count == 0) return node_id::none;
    node_id const* const operand = to_.operand_list.data() + n.first_operand;
    auto const is_unchanged = [&](node_id x) {
      return to_[x].batched == n.batched && to_[x].shape == n.shape &&
             (to_[x].loop == n.loop || to_[x].is_stepped() == n.is_stepped());
    };
    node_id const a = operand[0];
    if (n.is<primitive::detach>()) return a;
    if (n.is<primitive::reshape>()) return to_[a].shape == n.shape ? a : node_id::none;
    if (n.is<primitive::element>())  // of what another loop has stacked
      return to_[a].is<primitive::stack>() && is_as_long(n.loop, to_[to_.operand(a, 0)].loop)
                 ? to_.operand(a, 0)
                 : node_id::none;
    if (n.is<primitive::stack>())
      return to_[a].is<primitive::element>() ? to_.operand(a, 0) : node_id::none;
    if (!n.is<primitive::map>()) return node_id::none;
    function const fn = function_of(n);
    if (fn == function{} && is_unchanged(a)) return a;
    if (n.operand_count != 2) return node_id::none;
    node_id const b = operand[1];
    if (is_constant(b, info(fn).right_neutral) && is_unchanged(a)) return a;
    if (is_constant(a, info(fn).left_neutral) && is_unchanged(b)) return b;
    return node_id::none;
  }

  /// What a map of constants, or a constant in another shape, gives; else NaN.
  constexpr double folded(node const& n) const {
    bool const maps = n.is<primitive::map>();
    bool const moves = n.is<primitive::reshape>() || n.is<primitive::permute>();
    if ((!maps && !moves) || n.is_stepped()) return series::nan;
    node_id const* const operand = to_.operand_list.data() + n.first_operand;
    double values[3]{};
    for (int i = 0; i < n.operand_count; ++i) {
      if (!is_constant(operand[i])) return series::nan;
      values[i] = value_of(operand[i]);
    }
    return maps ? fold(function_of(n), values[0], values[1], values[2]) : values[0];
  }

  constexpr bool is_as_long(loop_id a, loop_id b) const {
    return to_.loops[a].steps == to_.loops[b].steps;
  }

  /// Makes one permute of those that node `id`, the last one, permutes once more; where only axes of one
  /// index change their places, a reshape.
  constexpr void join_permutes(node_id id) {
    primitive::permute p = to_.get<primitive::permute>(id);
    std::size_t const rank = static_cast<std::size_t>(to_[id].shape.rank);
    node_id& x = to_.operands(id)[0];
    for (; to_.is<primitive::permute>(x); x = to_.operand(x, 0)) {
      primitive::permute const first = to_.get<primitive::permute>(x);
      for (std::size_t axis = 0; axis < rank; ++axis) {
        std::size_t const through = static_cast<std::size_t>(p.axes[axis]);
        p.axes[axis] = first.axes[through];
        p.flips[axis] ^= first.flips[through];
      }
    }
    bool moves = false;
    int last = -1;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      if (to_[id].shape[static_cast<int>(axis)] == 1) continue;
      moves = moves || p.flips[axis] != 0 || p.axes[axis] < last;
      last = p.axes[axis];
    }
    if (moves) to_.change(id, p);
    else to_.change(id, primitive::reshape{});
  }
  /// A product, node `id`, reads a matrix that is transposed before it as it was.
  constexpr void join_transposes(node_id id) {
    primitive::product p = to_.get<primitive::product>(id);
    for (int k = 0; k < 2; ++k) {
      node_id& x = to_.operands(id)[k];
      bool& transposed = k == 0 ? p.transpose_a : p.transpose_b;
      if (!transposes(x)) continue;
      x = to_.operand(x, 0);
      transposed = !transposed;
    }
    to_.change(id, p);
  }
  /// Whether node x is a permute of its last two axes.
  constexpr bool transposes(node_id x) const {
    auto const* p = to_.get_if<primitive::permute>(x);
    int const rank = to_[x].shape.rank;
    if (!p || rank < 2 || p->flips != axis_counts{}) return false;
    for (int axis = 0; axis < rank - 2; ++axis)
      if (p->axes[static_cast<std::size_t>(axis)] != axis) return false;
    return true;
  }

  constexpr node_id place(node_id old) {
    node const& from = from_[old];
    node_id const id = to_.add_node(from, from_.operands(from));
    node const& n = to_[id];
    for (node_id& x : to_.operands(n)) x = renamed_[x];
    if (n.is<primitive::permute>()) join_permutes(id);
    if (n.is<primitive::product>()) join_transposes(id);
    bool const maps = n.is<primitive::map>(), reshapes = n.is<primitive::reshape>();
    for (node_id& x : to_.operands(n)) {
      // A broadcast that is only read by a map needs no tensor of its own.
      while (maps && is_identity(x) && (!to_[x].batched || n.batched) && to_[x].shape == n.shape &&
             broadcast_access(to_[to_.operand(x, 0)].shape, n.shape).period != 0)
        x = to_.operand(x, 0);
      while (reshapes && to_.is<primitive::reshape>(x)) x = to_.operand(x, 0);
    }
    if (!hands_on_.empty() && hands_on_[old]) return handed_on(id);
    if (node_id const known = neutral(n); known != node_id::none) return drop(id), known;
    if (double const value = folded(n); !is_nan(value))
      to_.change(id, primitive::constant{value}, std::initializer_list<node_id>{});
    if (node_id const known = equal_of(id); known != node_id::none) return drop(id), known;
    note(id);
    return id;
  }
  /// What a step gives to the next lies where that reads it: a node of the loop that is nothing else
  /// that has a place of its own, or the map that was written for it.
  constexpr node_id handed_on(node_id id) {
    node_id const x = to_.operand(id, 0);
    bool is_free = static_cast<node_result const&>(to_[x]) == to_[id] &&
                   !to_.is<primitive::carry>(x) && !to_.is<primitive::element>(x) &&
                   !to_.is<primitive::reshape>(x);
    for (node_id other : handed_on_) is_free = is_free && other != x;
    if (is_free) drop(id);
    else note(id);
    handed_on_.push_back(is_free ? x : id);
    return handed_on_.back();
  }
  /// Takes back the node that was added last.
  constexpr void drop(node_id id) {
    to_.operand_list.resize(static_cast<std::size_t>(to_[id].first_operand));
    to_.nodes.resize(static_cast<std::size_t>(id));
  }

  constexpr node_id key_of(node_id id) const {
    return to_[id].operand_count > 0 ? to_.operand(id, 0) : node_id::none;
  }
  static constexpr bool may_be_merged(node const& n) {
    return !n.is<primitive::input>() && !n.is<primitive::parameter>() &&
           !n.is<primitive::random>() && !n.is<primitive::carry>();
  }
  /// An equal node that was there before, or none. Only nodes with the same first operand are
  /// compared, which keeps the search short.
  constexpr node_id equal_of(node_id id) const {
    node const& n = to_[id];
    if (!may_be_merged(n)) return node_id::none;
    if (node_id const key = key_of(id); key == node_id::none) {
      for (node_id other : leaves_)
        if (computes_the_same(to_, to_[other], to_, n)) return other;
    } else {
      for (node_id other = last_user_[key]; other != node_id::none; other = previous_user_[other])
        if (computes_the_same(to_, to_[other], to_, n)) return other;
    }
    return node_id::none;
  }
  constexpr void note(node_id id) {
    node_id const key = key_of(id);
    last_user_.push_back(node_id::none);
    previous_user_.push_back(key != node_id::none ? last_user_[key] : node_id::none);
    if (key != node_id::none) last_user_[key] = id;
    else if (may_be_merged(to_[id])) leaves_.push_back(id);
  }

  graph const& from_;
  graph to_;
  constexpr_list<node_id> renamed_;  // of from_
  constexpr_list<char> hands_on_;    // of from_: whether it is what a step gives to the next
  constexpr_list<node_id> handed_on_;
  constexpr_list<node_id> last_user_, previous_user_, leaves_;
};

}  // namespace detail

/// Drops what no output needs, computes equal nodes once, folds constants, makes one permute of several,
/// and removes detach, broadcasts, permutes and arithmetic that change nothing.
constexpr graph simplify(graph const& g) { return detail::simplifier{g}.run(); }

}  // namespace etch::passes
