#pragma once

#include <vector>

#include "../plan.hpp"

namespace etch::passes {

namespace detail {

class fuser {
 public:
  constexpr explicit fuser(graph const& g) : g_(g) {
    count_uses();
    value_of_.assign(g.nodes.size(), -1);
    absorbed_.assign(g.nodes.size(), false);
  }

  constexpr plan run() {
    out_.places = parameter_places(g_);
    for (parameter_place const& p : out_.places) out_.parameter_floats = p.offset + p.size;
    // Backwards, so that a consumer takes its operands into its program before they become steps.
    for (int id = g_.size() - 1; id >= 0; --id)
      if (!absorbed_[at(id)]) visit(id);
    for (std::size_t i = 0, j = out_.steps.size(); i + 1 < j; ++i) {
      --j;
      step const s = out_.steps[i];
      out_.steps[i] = out_.steps[j];
      out_.steps[j] = s;
    }
    bind_values();
    return out_;
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  constexpr void count_uses() {
    users_.resize(g_.nodes.size());
    for (int id = 0; id < g_.size(); ++id)
      for (int i = 0; i < g_[id].operand_count(); ++i) users_[at(g_[id].operand(i))].push_back(id);
    kept_.assign(g_.nodes.size(), false);
    for (int y : g_.outputs) kept_[at(y)] = true;
    for (gradient_root const& r : g_.gradients) kept_[at(r.node)] = true;
  }

  constexpr bool only_user(int id, int user) const {
    if (kept_[at(id)]) return false;
    for (int u : users_[at(id)])
      if (u != user) return false;
    return true;
  }

  // --- programs -------------------------------------------------------------------------------

  /// The maps that run in one program with `root`: those whose every user is in it.
  struct group {
    std::vector<int> members;  // descending
    std::vector<int> leaves;   // what is loaded
  };

  static constexpr bool contains(std::vector<int> const& list, int id) {
    for (int x : list)
      if (x == id) return true;
    return false;
  }

  constexpr bool joins(int id, node const& root, std::vector<int> const& members) const {
    node const& n = g_[id];
    if (n.code != op::map || kept_[at(id)] || n.batched != root.batched || n.shape != root.shape)
      return false;
    for (int u : users_[at(id)])
      if (!contains(members, u)) return false;
    return true;
  }

  constexpr group gather(int root) const {
    group all;
    all.members.push_back(root);
    for (int i = 0; i < g_[root].operand_count(); ++i)
      if (!contains(all.leaves, g_[root].operand(i))) all.leaves.push_back(g_[root].operand(i));
    for (bool grown = true; grown;) {
      grown = false;
      for (std::size_t l = 0; l < all.leaves.size() && !grown; ++l) {
        int const id = all.leaves[l];
        if (!joins(id, g_[root], all.members) ||
            all.members.size() == program::max_instructions)
          continue;
        std::vector<int> leaves = all.leaves;
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

  /// Writes the group as a program; `accumulator` is the leaf that the kernel holds, or -1.
  constexpr void write_program(group const& all, tensor_shape const& shape, int accumulator, step& s) {
    program& p = s.code;
    std::vector<int> owner = all.leaves;
    for (int leaf : all.leaves) {
      auto& l = p.load_list[at(p.loads)];
      s.loads[at(p.loads)] = -1;
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
        s.loads[at(p.loads)] = leaf;
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
      instruction.a = index_of(n.operand(0));
      if (arity(n.fn) > 1) instruction.b = index_of(n.operand(1));
      if (arity(n.fn) > 2) instruction.c = index_of(n.operand(2));
      owner.push_back(all.members[m]);
    }
  }

  constexpr void write_identity(int leaf, bool is_accumulator, step& s) {
    group alone;
    alone.leaves.push_back(leaf);
    write_program(alone, g_[leaf].shape, is_accumulator ? leaf : -1, s);
  }

  constexpr void absorb(group const& all) {
    for (int m : all.members) absorbed_[at(m)] = true;
  }

  // --- steps ----------------------------------------------------------------------------------

  constexpr step begin(step_kind what, int id) const {
    step s;
    s.what = what;
    s.result = id;
    s.layer = g_[id].layer;
    s.batched = g_[id].batched || g_[id].over_batch;
    s.sums = g_[id].over_batch;
    s.window = g_[id].window;
    s.fn = g_[id].fn;
    s.index = g_[id].index;
    s.operands = g_[id].operands;
    s.loads.fill(-1);
    return s;
  }
  constexpr void finish(step const& s) { out_.steps.push_back(s); }

  /// A leaf of the group that is a contraction read by nothing else: the program is its epilogue.
  constexpr int accumulator_of(group const& all, int root) const {
    for (int leaf : all.leaves) {
      node const& n = g_[leaf];
      if (n.code != op::contract || kept_[at(leaf)] || n.shape != g_[root].shape ||
          n.batched != g_[root].batched)
        continue;
      bool inside = true;
      for (int u : users_[at(leaf)]) inside = inside && contains(all.members, u);
      if (inside && epilogue_fits(all, leaf)) return leaf;
    }
    return -1;
  }

  constexpr bool epilogue_fits(group const& all, int contract) const {
    int const filters = g_[contract].window.filters;
    for (int leaf : all.leaves) {
      if (leaf == contract || g_[leaf].code == op::constant) continue;
      access const a = broadcast_access(g_[leaf].shape, g_[contract].shape);
      bool const vector = a.run == 1 && (a.period == 1 || a.period % filters == 0);
      bool const row = a.run == filters;
      if (!vector && !row) return false;
    }
    return true;
  }

  /// The max pooling that alone reads `id` and drops no pixel twice, or -1.
  constexpr int pooled_by(int id) const {
    if (kept_[at(id)] || users_[at(id)].size() != 1) return -1;
    int const user = users_[at(id)][0];
    node const& p = g_[user];
    contraction const& w = p.window;
    bool const fits = p.code == op::pool && p.fn == function::maximum &&
                      w.kernel_height == w.stride_height && w.kernel_width == w.stride_width &&
                      w.dilation_height == 1 && w.dilation_width == 1;
    return fits ? user : -1;
  }

  /// A pool takes the contraction before it, with its program, into its own step.
  constexpr bool fuse_into_pool(int id) {
    int const x = g_[id].operand(0);
    if (absorbed_[at(x)] || pooled_by(x) != id) return false;
    group all;
    int contract = x;
    if (g_[x].code == op::map) {
      all = gather(x);
      contract = accumulator_of(all, x);
      if (contract < 0) return false;
      for (int leaf : all.leaves)  // an operand for every pixel would be read out of order
        if (leaf != contract && broadcast_access(g_[leaf].shape, g_[x].shape).period >
                                    g_[contract].window.filters)
          return false;
    } else if (g_[x].code != op::contract) {
      return false;
    }
    if (g_[contract].window.depthwise()) return false;
    step s = begin(step_kind::contract_max_pool, contract);
    s.result = id;
    s.pool_height = g_[id].window.kernel_height;
    s.pool_width = g_[id].window.kernel_width;
    if (all.members.empty()) write_identity(contract, true, s);
    else write_program(all, g_[x].shape, contract, s);
    absorb(all);
    absorbed_[at(contract)] = true;
    finish(s);
    return true;
  }

  constexpr void visit(int id) {
    node const& n = g_[id];
    switch (n.code) {
      case op::input: case op::parameter: case op::detach: case op::reshape: break;
      case op::constant: visit_constant(id); break;
      case op::map: visit_map(id); break;
      case op::reduce: visit_reduce(id); break;
      case op::contract: {
        step s = begin(step_kind::contract, id);
        write_identity(id, true, s);
        finish(s);
        break;
      }
      case op::pool:
        if (!fuse_into_pool(id)) finish(begin(step_kind::pool, id));
        break;
      case op::pad: visit_pad(id); break;
      case op::slice: visit_slice(id); break;
      case op::concat: visit_concat(id); break;
      case op::contract_dx: finish(begin(step_kind::contract_dx, id)); break;
      case op::contract_dw: finish(begin(step_kind::contract_dw, id)); break;
      case op::pool_gradient: finish(begin(step_kind::pool_gradient, id)); break;
      case op::pack: finish(begin(step_kind::pack, id)); break;
      case op::unpack: finish(begin(step_kind::unpack, id)); break;
      case op::transpose: finish(begin(step_kind::transpose, id)); break;
      case op::random: finish(begin(step_kind::random, id)); break;
      case op::iota: finish(begin(step_kind::iota, id)); break;
      case op::batch_size: finish(begin(step_kind::batch_size, id)); break;
    }
  }

  constexpr void visit_constant(int id) {  // programs hold constants; others need a tensor
    bool needed = kept_[at(id)];
    for (int u : users_[at(id)])
      needed = needed || (g_[u].code != op::map && g_[u].code != op::reduce);
    if (!needed) return;
    step s = begin(step_kind::map, id);
    write_identity(id, false, s);
    finish(s);
  }

  constexpr void visit_map(int id) {
    group all = gather(id);
    int const contract = accumulator_of(all, id);
    step s = begin(contract >= 0 ? step_kind::contract : step_kind::map, id);
    if (contract >= 0) {
      s.window = g_[contract].window;
      s.operands = g_[contract].operands;
      absorbed_[at(contract)] = true;
    } else {
      s.operands.fill(-1);
    }
    write_program(all, g_[id].shape, contract, s);
    absorb(all);
    finish(s);
  }

  constexpr void visit_reduce(int id) {
    node const& n = g_[id];
    int const x = n.operand(0);
    step s = begin(step_kind::reduce, id);
    s.operands.fill(-1);
    tensor_shape const& shape = g_[x].shape;
    s.outer = shape.elements(0, n.first);
    s.reduced = shape.elements(n.first, n.last);
    s.inner = shape.elements(n.last, shape.rank);
    s.batched = n.batched || n.over_batch;
    // A trailing reduction's rows are `reduced` long, any other's `inner`.
    if (g_[x].code == op::map && only_user(x, id)) {
      group all = gather(x);
      step trial = s;
      write_program(all, shape, -1, trial);
      int const row = common_row(trial.code, shape.elements());
      int const wanted = s.inner == 1 ? s.reduced : s.inner;
      if (row >= wanted && row % wanted == 0) {
        absorb(all);
        finish(trial);
        return;
      }
    }
    write_identity(x, false, s);
    finish(s);
  }

  static constexpr std::array<int, 4> widened(tensor_shape const& shape, int fill,
                                              std::array<int, 4> const* of = nullptr) {
    std::array<int, 4> result{fill, fill, fill, fill};
    for (int i = 0; i < shape.rank; ++i)
      result[at(4 - shape.rank + i)] = of != nullptr ? (*of)[at(i)] : shape[i];
    return result;
  }

  constexpr step box_step(int id, int from) const {
    step s = begin(step_kind::copy, id);
    s.operands = {from, -1, -1};
    s.box.from_shape = widened(g_[from].shape, 1);
    s.box.to_shape = widened(g_[id].shape, 1);
    return s;
  }
  constexpr void visit_pad(int id) {
    step s = box_step(id, g_[id].operand(0));
    s.box.size = s.box.from_shape;
    s.box.to_origin = widened(g_[id].shape, 0, &g_[id].before);
    s.box.fills = true;
    s.box.fill_bits = program::constant_load(g_[id].value).bits;
    finish(s);
  }
  constexpr void visit_slice(int id) {
    step s = box_step(id, g_[id].operand(0));
    s.box.size = s.box.to_shape;
    s.box.from_origin = widened(g_[id].shape, 0, &g_[id].before);
    finish(s);
  }
  constexpr void visit_concat(int id) {  // backwards: the second operand first
    for (int which : {1, 0}) {
      step s = box_step(id, g_[id].operand(which));
      s.box.size = s.box.from_shape;
      if (which == 1)
        s.box.to_origin[at(4 - g_[id].shape.rank + g_[id].index)] =
            g_[g_[id].operand(0)].shape[g_[id].index];
      finish(s);
    }
  }

  // --- values ---------------------------------------------------------------------------------

  constexpr int size_of(int id) const {
    node const& n = g_[id];
    switch (n.code) {
      case op::parameter: return out_.places[at(n.index)].size;
      case op::pack: case op::contract_dw: return packed_size(n.window);
      case op::transpose: return transposed_size(n.window);
      default: return n.shape.elements();
    }
  }

  constexpr int value_of(int id) {
    while (g_[id].code == op::reshape) id = g_[id].operand(0);
    if (value_of_[at(id)] >= 0) return value_of_[at(id)];
    node const& n = g_[id];
    value v{n.shape, size_of(id), n.batched};
    if (n.code == op::input) {
      v.where = space::input;
      v.index = n.index;
    } else if (n.code == op::parameter) {
      v.where = space::parameters;
      v.offset = out_.places[at(n.index)].offset;
    }
    out_.values.push_back(v);
    return value_of_[at(id)] = static_cast<int>(out_.values.size()) - 1;
  }

  constexpr void bind_values() {
    std::vector<step> const steps = out_.steps;
    out_.steps.clear();
    for (step s : steps) {
      bool const summing = s.sums;
      s.result = value_of(s.result);
      for (int& x : s.operands) x = x >= 0 ? value_of(x) : -1;
      for (int& x : s.loads) x = x >= 0 ? value_of(x) : -1;
      if (summing) {  // what is added to must begin at zero
        step zero;
        zero.what = step_kind::zero;
        zero.batched = false;
        zero.result = s.result;
        zero.layer = s.layer;
        zero.loads.fill(-1);
        out_.steps.push_back(zero);
      }
      out_.steps.push_back(s);
    }
    bind_gradients();
    for (std::size_t i = 0; i < g_.outputs.size(); ++i) bind_output(g_.outputs[i], static_cast<int>(i));
  }

  /// Results that are a parameter's gradient go where gradients are; a sum is added there at once.
  constexpr void bind_gradients() {
    for (gradient_root const& root : g_.gradients) {
      int node = root.node;
      bool alone = users_[at(node)].empty();
      while (g_[node].code == op::reshape && alone) {
        node = g_[node].operand(0);
        alone = users_[at(node)].size() == 1;
      }
      int const v = value_of(node);
      parameter_place const& place = out_.places[at(root.parameter)];
      value target = out_.values[at(v)];
      target.where = space::gradients;
      target.offset = place.offset;
      target.batched = false;
      if (g_[node].over_batch && alone &&
          out_.values[at(v)].where == space::workspace) {
        out_.values[at(v)] = target;
        for (std::size_t i = 0; i < out_.steps.size(); ++i)
          if (out_.steps[i].what == step_kind::zero && out_.steps[i].result == v) {
            out_.steps.erase(out_.steps.begin() + static_cast<std::ptrdiff_t>(i));
            break;
          }
        continue;
      }
      out_.values.push_back(target);
      int const destination = static_cast<int>(out_.values.size()) - 1;
      int const elements = place.packed ? place.size : out_.values[at(v)].size;
      step add;
      add.what = step_kind::map;
      add.batched = false;
      add.result = destination;
      add.layer = g_.parameters[at(root.parameter)].layer;
      add.loads.fill(-1);
      add.code.loads = 2;
      add.code.instructions = 1;
      for (std::size_t l : {std::size_t{0}, std::size_t{1}})
        add.code.load_list[l] = {.run = 1, .period = elements};
      add.loads[0] = destination;
      add.loads[1] = v;
      add.code.code[0] = {function::add, 0, 1, 0};
      out_.values[at(destination)].size = elements;
      out_.steps.push_back(add);
    }
  }

  /// A result is written where the caller wants it; an input, a parameter or a second output is copied.
  constexpr void bind_output(int id, int index) {
    int const v = value_of(id);
    if (out_.values[at(v)].where == space::workspace && out_.values[at(v)].batched) {
      out_.values[at(v)].where = space::output;
      out_.values[at(v)].index = index;
      return;
    }
    value target = out_.values[at(v)];
    target.where = space::output;
    target.index = index;
    target.offset = 0;
    target.batched = true;
    out_.values.push_back(target);
    step copy;
    copy.what = step_kind::map;
    copy.result = static_cast<int>(out_.values.size()) - 1;
    copy.layer = g_[id].layer;
    copy.loads.fill(-1);
    copy.loads[0] = v;
    copy.code.loads = 1;
    copy.code.load_list[0] = {.batched = out_.values[at(v)].batched, .run = 1, .period = target.shape.elements()};
    out_.steps.push_back(copy);
  }

  graph const& g_;
  plan out_;
  std::vector<std::vector<int>> users_;
  std::vector<char> kept_, absorbed_;
  std::vector<int> value_of_;
};

}  // namespace detail

/// From nodes to kernel calls: element-wise chains become one program, which runs as the epilogue of
/// the contraction before it where there is one; a max pooling takes the contraction before it in; a
/// reduction evaluates the program before it. Reshapes vanish. The steps are in an order that works.
constexpr plan fuse(graph const& g) { return detail::fuser{g}.run(); }

}  // namespace etch::passes
