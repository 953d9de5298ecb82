#pragma once

#include <utility>

#include "../ir/plan.hpp"
#include "loop_rows.hpp"

namespace etch::passes::detail {

/// Who reads each node of a graph, dead nodes left out, and how maps that are read by one another
/// alone become one program.
class grouping {
 public:
  constexpr explicit grouping(graph const& g) : g_(g), at_once_(all_steps_at_once(g)) {
    kept_.assign(g.nodes.size(), false);
    for (carried_value const& c : g.carried) kept_[c.next] = true;
    for (node_id y : g.outputs) kept_[y] = true;
    for (gradient_root const& r : g.gradients) kept_[r.node] = true;
    constexpr_list<int> count(g.nodes.size(), 0);
    for (int i = g.size() - 1; i >= 0; --i)
      if (node_id const id{i}; kept_[id] || count[id] > 0)
        for (node_id x : g.operands(id)) ++count[x];
    first_.reserve(g.nodes.size() + 1);
    first_.push_back(0);
    for (int n : count) first_.push_back(first_.back() + n);
    users_.assign(static_cast<std::size_t>(first_.back()), node_id::none);
    taken_.assign(users_.size(), false);
    for (int i = g.size() - 1; i >= 0; --i)
      if (node_id const id{i}; is_used(id))
        for (node_id x : g.operands(id)) users_[end_of(x) - count[x]--] = id;
  }

  /// An output or the root of a gradient: it must be stored.
  constexpr bool is_kept(node_id id) const { return kept_[id]; }
  /// Whether the node leaves its loop: see all_steps_at_once.
  constexpr bool is_at_once(node_id id) const { return !at_once_.empty() && at_once_[id]; }
  /// Whether two nodes are computed in the same steps of the same loop, or in none.
  constexpr bool are_together(node_id a, node_id b) const {
    return at_once_.empty() || (g_[a].loop == g_[b].loop && at_once_[a] == at_once_[b]);
  }
  constexpr list_view<node_id const> users(node_id id) const {
    return {users_.data() + first_[id], users_.data() + end_of(id)};
  }
  constexpr bool is_used(node_id id) const { return kept_[id] || end_of(id) > first_[id]; }
  constexpr bool only_user(node_id id, node_id user) const {
    if (is_kept(id)) return false;
    for (node_id u : users(id))
      if (u != user) return false;
    return true;
  }

  /// A difference from a mean, say, that costs no more to compute again in each map that reads it
  /// than to load: one operand of its size, which lies in memory for a reduction, and a broadcast.
  /// What is trained keeps it for the gradient, unless all samples have one mean.
  constexpr bool is_repeated(node_id id) const {
    auto const* m = g_.get_if<primitive::map>(id);
    bool const cheap = m && (m->fn == function::add || m->fn == function::subtract ||
                             m->fn == function::multiply);
    if (!cheap || is_kept(id)) return false;
    node const& n = g_[id];
    node_id const x = g_.operand(id, 0), other = g_.operand(id, 1);
    if (!g_.gradients.empty() && g_[other].batched) return false;
    bool const fits = g_[x].shape == n.shape && g_[x].batched == n.batched &&
                      !g_.is<primitive::constant>(x) && g_[other].shape != n.shape;
    bool stored = false;
    for (node_id u : users(x)) stored = stored || g_.is<primitive::reduce>(u);
    if (!fits || !stored) return false;
    for (node_id u : users(id))
      if (!g_.is<primitive::map>(u) || g_[u].shape != n.shape || g_[u].batched != n.batched ||
          !are_together(u, id))
        return false;
    return true;
  }

  /// The maps that run in one program with `root`: those whose every user is in it, and what is
  /// repeated.
  struct group {
    constexpr_list<node_id> members;  // descending
    constexpr_list<node_id> leaves;   // what is loaded
  };

  static constexpr bool contains(constexpr_list<node_id> const& list, node_id id) {
    for (node_id x : list)
      if (x == id) return true;
    return false;
  }

  /// Notes that the program of `members` computes `id`; whether all who read it have it then.
  constexpr bool take(node_id id, constexpr_list<node_id> const& members) {
    bool all = true;
    for (int i = first_[id]; i < end_of(id); ++i) {
      if (contains(members, users_[i])) taken_[i] = true;
      all = all && taken_[i];
    }
    return all;
  }

  /// The largest group whose last member is `root`, within the limits of a program.
  constexpr group gather(node_id root) const {
    group all;
    all.members.push_back(root);
    for (node_id x : g_.operands(root))
      if (!contains(all.leaves, x)) all.leaves.push_back(x);
    for (bool grown = true; grown;) {
      grown = false;
      for (std::size_t l = 0; l < all.leaves.size() && !grown; ++l) {
        node_id const id = all.leaves[l];
        if (!joins(id, root, all.members) || all.members.size() == program::max_instructions)
          continue;
        constexpr_list<node_id> leaves = all.leaves;
        leaves.erase(leaves.begin() + static_cast<std::ptrdiff_t>(l));
        for (node_id x : g_.operands(id))
          if (!contains(leaves, x) && !contains(all.members, x)) leaves.push_back(x);
        if (leaves.size() > program::max_loads) continue;
        all.leaves = leaves;
        all.members.push_back(id);
        grown = true;
      }
    }
    for (std::size_t i = 1; i < all.members.size(); ++i)  // descending
      for (std::size_t j = i; j > 0 && all.members[j] > all.members[j - 1]; --j)
        std::swap(all.members[j], all.members[j - 1]);
    return all;
  }

  /// The group as a program; `accumulator` is the leaf that the kernel holds, or none.
  constexpr program program_of(group const& all, tensor_shape const& shape,
                               node_id accumulator) const {
    program p;
    constexpr_list<node_id> owner = all.leaves;
    for (node_id leaf : all.leaves) {
      auto& l = p.load_list[static_cast<std::size_t>(p.loads)];
      if (leaf == accumulator) {
        l.from = program::kind::accumulator;
      } else if (auto const* c = g_.get_if<primitive::constant>(leaf)) {
        l = program::constant_load(c->value);
      } else {
        access const a = broadcast_access(g_[leaf].shape, shape);
        l.batched = g_[leaf].batched;
        l.run = a.run;
        l.period = a.period;
      }
      ++p.loads;
    }
    auto const index_of = [&](node_id id) {
      for (std::size_t i = 0; i < owner.size(); ++i)
        if (owner[i] == id) return static_cast<signed char>(i);
      return static_cast<signed char>(0);
    };
    for (std::size_t m = all.members.size(); m-- > 0;) {
      node_id const id = all.members[m];
      auto& instruction = p.code[static_cast<std::size_t>(p.instructions++)];
      instruction.fn = g_.get<primitive::map>(id).fn;
      p.fast = p.fast || (g_.fast && has_fast_form(instruction.fn));
      int const count = g_[id].operand_count;
      instruction.a = index_of(g_.operand(id, 0));
      if (count > 1) instruction.b = index_of(g_.operand(id, 1));
      if (count > 2) instruction.c = index_of(g_.operand(id, 2));
      owner.push_back(id);
    }
    return p;
  }

  /// What is read alone, to be copied.
  static constexpr group only(node_id leaf) {
    group alone;
    alone.leaves.push_back(leaf);
    return alone;
  }

 private:
  constexpr int end_of(node_id id) const { return first_[static_cast<int>(id) + 1]; }

  constexpr bool joins(node_id id, node_id root, constexpr_list<node_id> const& members) const {
    if (!g_.is<primitive::map>(id) || is_kept(id) || g_[id].batched != g_[root].batched ||
        g_[id].shape != g_[root].shape || !are_together(id, root))
      return false;
    bool inside = true;
    for (node_id u : users(id)) inside = inside && contains(members, u);
    return inside || is_repeated(id);
  }

  graph const& g_;
  constexpr_list<char> at_once_;
  constexpr_list<node_id> users_;  // of each node, one after the other, from first_ on
  constexpr_list<int> first_;
  constexpr_list<char> kept_;
  constexpr_list<char> taken_;  // of users_: those whose program computes the node
};

}  // namespace etch::passes::detail
