#pragma once

#include "../../dsl/functions.hpp"

namespace etch::passes {

namespace detail {

class simplifier {
 public:
  constexpr explicit simplifier(graph const& from) : from_(from), to_(from) {
    to_.nodes.clear();
    renamed_.reserve(from.nodes.size());
  }

  constexpr graph run() {
    mark_live(from_);
    for (int id = 0; id < from_.size(); ++id) renamed_.push_back(live_[at(id)] ? place(id) : -1);
    for (int& y : to_.outputs) y = renamed_[at(y)];
    for (gradient_root& r : to_.gradients) r.node = renamed_[at(r.node)];
    drop_dead();
    return to_;
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  constexpr void mark_live(graph const& g) {
    live_.assign(g.nodes.size(), false);
    for (int y : g.outputs) live_[at(y)] = true;
    for (gradient_root const& r : g.gradients) live_[at(r.node)] = true;
    for (int id = g.size() - 1; id >= 0; --id) {
      node const& n = g[id];
      if (n.code == op::input || n.code == op::parameter) live_[at(id)] = true;
      if (!live_[at(id)]) continue;
      for (int i = 0; i < n.operand_count(); ++i) live_[at(n.operand(i))] = true;
    }
  }

  /// What was folded or skipped may have left operands that nobody reads.
  constexpr void drop_dead() {
    mark_live(to_);
    renamed_.assign(to_.nodes.size(), -1);
    int kept = 0;
    for (int id = 0; id < to_.size(); ++id) {
      if (!live_[at(id)]) continue;
      node& n = to_[id];
      for (int i = 0; i < n.operand_count(); ++i) n.operands[at(i)] = renamed_[at(n.operand(i))];
      renamed_[at(id)] = kept;
      if (kept != id) to_[kept] = n;
      ++kept;
    }
    to_.nodes.resize(at(kept));
    for (int& y : to_.outputs) y = renamed_[at(y)];
    for (gradient_root& r : to_.gradients) r.node = renamed_[at(r.node)];
  }

  constexpr bool is_constant(int id) const { return to_[id].code == op::constant; }
  constexpr bool is_constant(int id, double v) const {
    return is_constant(id) && is_exactly(to_[id].value, v);
  }

  /// The node that already is `n`, or -1: an operand that the function leaves as it is.
  constexpr int neutral(node const& n) const {
    int const a = n.operand(0), b = n.operand(1);
    auto const same = [&](int id) {
      return to_[id].shape == n.shape && to_[id].batched == n.batched;
    };
    if (n.code == op::detach) return a;
    if (n.code == op::reshape) return to_[a].shape == n.shape ? a : -1;
    if (n.code != op::map) return -1;
    if (n.fn == function::identity && same(a)) return a;
    if (arity(n.fn) != 2) return -1;
    if (is_constant(b, info(n.fn).right_neutral) && same(a)) return a;
    if (is_constant(a, info(n.fn).left_neutral) && same(b)) return b;
    return -1;
  }

  /// What a map of constants gives, or NaN.
  constexpr double folded(node const& n) const {
    double operands[3]{};
    if (n.code != op::map) return series::nan;
    for (int i = 0; i < n.operand_count(); ++i) {
      if (!is_constant(n.operand(i))) return series::nan;
      operands[i] = to_[n.operand(i)].value;
    }
    return fold(n.fn, operands[0], operands[1], operands[2]);
  }

  constexpr int place(int id) {
    node n = from_[id];
    for (int i = 0; i < n.operand_count(); ++i) {
      int& operand = n.operands[at(i)];
      operand = renamed_[at(operand)];
      // A broadcast that is only read by a map needs no tensor of its own.
      while (n.code == op::map && to_[operand].code == op::map &&
             to_[operand].fn == function::identity && (!to_[operand].batched || n.batched) &&
             broadcast_access(to_[to_[operand].operand(0)].shape, n.shape).period != 0 &&
             (to_[operand].shape == n.shape))
        operand = to_[operand].operand(0);
      while (n.code == op::reshape && to_[operand].code == op::reshape)
        operand = to_[operand].operand(0);
    }
    if (int const known = neutral(n); known >= 0) return known;
    bool const spreads = (n.code == op::map && n.fn == function::identity) || n.code == op::reshape;
    bool const spreads_constant = spreads && is_constant(n.operand(0));
    double const value = spreads_constant ? to_[n.operand(0)].value : folded(n);
    if (!is_nan(value))
      n = {.code = op::constant,
           .batched = n.batched,
           .layer = n.layer,
           .value = value,
           .shape = n.shape};
    return unique(n);
  }

  /// An equal node that is there already, or `n` itself. Only nodes with the same first operand are
  /// compared, which keeps the search short.
  constexpr int unique(node const& n) {
    int const key = n.operand_count() > 0 ? n.operand(0) : -1;
    bool const mergeable = n.code != op::input && n.code != op::parameter && n.code != op::random;
    if (mergeable && key >= 0)
      for (int other = last_user_[at(key)]; other >= 0; other = previous_user_[at(other)])
        if (equal(to_[other], n)) return other;
    if (n.code == op::constant || n.code == op::batch_size || n.code == op::iota)
      for (int other : leaves_)
        if (equal(to_[other], n)) return other;
    to_.nodes.push_back(n);
    int const id = to_.size() - 1;
    last_user_.push_back(-1);
    previous_user_.push_back(key >= 0 ? last_user_[at(key)] : -1);
    if (key >= 0)
      last_user_[at(key)] = id;
    else if (mergeable)
      leaves_.push_back(id);
    return id;
  }

  static constexpr bool equal(node const& a, node const& b) {
    return a.code == b.code && a.fn == b.fn && a.operands == b.operands && is_exactly(a.value, b.value) &&
           a.shape == b.shape && a.batched == b.batched && a.over_batch == b.over_batch &&
           a.index == b.index && a.first == b.first && a.last == b.last && a.before == b.before &&
           a.after == b.after && a.window == b.window;
  }

  graph const& from_;
  graph to_;
  constexpr_list<char> live_;
  constexpr_list<int> renamed_;
  constexpr_list<int> last_user_, previous_user_, leaves_;
};

}  // namespace detail

/// Drops what no output needs, computes equal nodes once, folds constants, and removes detach,
/// broadcasts and arithmetic that change nothing.
constexpr graph simplify(graph const& g) { return detail::simplifier{g}.run(); }

}  // namespace etch::passes
