#pragma once

#include <span>

#include "../ir/plan.hpp"

namespace etch::passes::detail {

/// Who reads each node of a graph, dead nodes left out, and how maps that are read by one another
/// alone become one program.
class grouping {
 public:
  constexpr explicit grouping(graph const& g) : g_(g) {
    kept_.assign(g.nodes.size(), false);
    for (int y : g.outputs) kept_[at(y)] = true;
    for (gradient_root const& r : g.gradients) kept_[at(r.node)] = true;
    constexpr_list<int> count(g.nodes.size(), 0);
    for (int id = g.size() - 1; id >= 0; --id)
      if (kept_[at(id)] || count[at(id)] > 0)
        for (int x : g[id].operands)
          if (x >= 0) ++count[at(x)];
    first_.reserve(g.nodes.size() + 1);
    first_.push_back(0);
    for (int n : count) first_.push_back(first_.back() + n);
    users_.assign(at(first_.back()), -1);
    taken_.assign(at(first_.back()), false);
    for (int id = g.size() - 1; id >= 0; --id)
      if (is_used(id))
        for (int x : g[id].operands)
          if (x >= 0) users_[at(first_[at(x + 1)] - count[at(x)]--)] = id;
  }

  /// An output or the root of a gradient: it must be stored.
  constexpr bool is_kept(int id) const { return kept_[at(id)]; }
  constexpr std::span<int const> users(int id) const {
    return {users_.data() + first_[at(id)], users_.data() + first_[at(id + 1)]};
  }
  constexpr bool is_used(int id) const {
    return kept_[at(id)] || first_[at(id + 1)] > first_[at(id)];
  }
  constexpr bool only_user(int id, int user) const {
    if (is_kept(id)) return false;
    for (int u : users(id))
      if (u != user) return false;
    return true;
  }

  /// A difference from a mean, say, that costs no more to compute again in each map that reads it
  /// than to load: one operand of its size, which lies in memory for a reduction, and a broadcast.
  /// What is trained keeps it for the gradient, unless all samples have one mean.
  constexpr bool is_repeated(int id) const {
    node const& n = g_[id];
    bool const cheap = n.code == op::map && (n.fn == function::add || n.fn == function::subtract ||
                                             n.fn == function::multiply);
    if (!cheap || is_kept(id)) return false;
    if (!g_.gradients.empty() && g_[n.operand(1)].batched) return false;
    int const x = n.operand(0);
    bool const fits = g_[x].shape == n.shape && g_[x].batched == n.batched &&
                      g_[x].code != op::constant && g_[n.operand(1)].shape != n.shape;
    bool stored = false;
    for (int u : users(x)) stored = stored || g_[u].code == op::reduce;
    if (!fits || !stored) return false;
    for (int u : users(id)) {
      node const& user = g_[u];
      if (user.code != op::map || user.shape != n.shape || user.batched != n.batched) return false;
    }
    return true;
  }

  /// The maps that run in one program with `root`: those whose every user is in it, and what is
  /// repeated.
  struct group {
    constexpr_list<int> members;  // descending
    constexpr_list<int> leaves;   // what is loaded
  };

  static constexpr bool contains(constexpr_list<int> const& list, int id) {
    for (int x : list)
      if (x == id) return true;
    return false;
  }

  /// Notes that the program of `members` computes `id`; whether all who read it have it then.
  constexpr bool take(int id, constexpr_list<int> const& members) {
    bool all = true;
    for (int i = first_[at(id)]; i < first_[at(id + 1)]; ++i) {
      if (contains(members, users_[at(i)])) taken_[at(i)] = true;
      all = all && taken_[at(i)];
    }
    return all;
  }

  /// The largest group whose last member is `root`, within the limits of a program.
  constexpr group gather(int root) const {
    group all;
    all.members.push_back(root);
    for (int i = 0; i < g_[root].operand_count(); ++i)
      if (!contains(all.leaves, g_[root].operand(i))) all.leaves.push_back(g_[root].operand(i));
    for (bool grown = true; grown;) {
      grown = false;
      for (std::size_t l = 0; l < all.leaves.size() && !grown; ++l) {
        int const id = all.leaves[l];
        if (!joins(id, g_[root], all.members) || all.members.size() == program::max_instructions)
          continue;
        constexpr_list<int> leaves = all.leaves;
        leaves.erase(leaves.begin() + static_cast<std::ptrdiff_t>(l));
        for (int i = 0; i < g_[id].operand_count(); ++i)
          if (!contains(leaves, g_[id].operand(i)) && !contains(all.members, g_[id].operand(i)))
            leaves.push_back(g_[id].operand(i));
        if (leaves.size() > program::max_loads) continue;
        all.leaves = leaves;
        all.members.push_back(id);
        grown = true;
      }
    }
    for (std::size_t i = 1; i < all.members.size(); ++i)  // descending
      for (std::size_t j = i; j > 0 && all.members[j] > all.members[j - 1]; --j) {
        int const t = all.members[j];
        all.members[j] = all.members[j - 1];
        all.members[j - 1] = t;
      }
    return all;
  }

  /// The group as a program; `accumulator` is the leaf that the kernel holds, or -1.
  constexpr program program_of(group const& all, tensor_shape const& shape, int accumulator) const {
    program p;
    constexpr_list<int> owner = all.leaves;
    for (int leaf : all.leaves) {
      auto& l = p.load_list[at(p.loads)];
      node const& n = g_[leaf];
      if (leaf == accumulator) {
        l.from = program::kind::accumulator;
      } else if (n.code == op::constant) {
        l = program::constant_load(n.value);
      } else {
        access const a = broadcast_access(n.shape, shape);
        l.batched = n.batched;
        l.run = a.run;
        l.period = a.period;
      }
      ++p.loads;
    }
    auto const index_of = [&](int id) {
      for (std::size_t i = 0; i < owner.size(); ++i)
        if (owner[i] == id) return static_cast<signed char>(i);
      return static_cast<signed char>(0);
    };
    for (std::size_t m = all.members.size(); m-- > 0;) {
      node const& n = g_[all.members[m]];
      auto& instruction = p.code[at(p.instructions++)];
      instruction.fn = n.fn;
      p.fast = p.fast || (g_.fast && has_fast_form(n.fn));
      instruction.a = index_of(n.operand(0));
      if (arity(n.fn) > 1) instruction.b = index_of(n.operand(1));
      if (arity(n.fn) > 2) instruction.c = index_of(n.operand(2));
      owner.push_back(all.members[m]);
    }
    return p;
  }

  /// What is read alone, to be copied.
  static constexpr group only(int leaf) {
    group alone;
    alone.leaves.push_back(leaf);
    return alone;
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  constexpr bool joins(int id, node const& root, constexpr_list<int> const& members) const {
    node const& n = g_[id];
    if (n.code != op::map || is_kept(id) || n.batched != root.batched || n.shape != root.shape)
      return false;
    bool inside = true;
    for (int u : users(id)) inside = inside && contains(members, u);
    return inside || is_repeated(id);
  }

  graph const& g_;
  constexpr_list<int> users_;  // of each node, one after the other, from first_ on
  constexpr_list<int> first_;
  constexpr_list<char> kept_;
  constexpr_list<char> taken_;  // of users_: those whose program computes the node
};

}  // namespace etch::passes::detail
