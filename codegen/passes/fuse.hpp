#pragma once

#include <utility>

#include "../ir/plan.hpp"
#include "group.hpp"

namespace etch::passes {

namespace detail {

class fuser {
 public:
  constexpr explicit fuser(graph const& g) : g_(g), uses_(g) {
    absorbed_.assign(g.nodes.size(), false);
  }

  constexpr plan run() {
    // Backwards, so that a consumer takes its operands into its program before they become steps.
    for (int id = g_.size() - 1; id >= 0; --id)
      if (!absorbed_[at(id)] && uses_.is_used(id)) visit(id);
    for (std::size_t i = 0, j = out_.steps.size(); i + 1 < j; ++i) {
      step const last = out_.steps[--j];
      out_.steps[j] = out_.steps[i];
      out_.steps[i] = last;
    }
    return std::move(out_);
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  constexpr void absorb(grouping::group const& all) {
    for (int m : all.members)
      absorbed_[at(m)] = m == all.members.front() || uses_.take(m, all.members);
  }

  // --- steps ----------------------------------------------------------------------------------

  /// The index of an entry that equals `x`, which is added if there is none.
  template <class T>
  static constexpr int index_in(constexpr_list<T>& table, T const& x) {
    T const* const entries = table.data();
    int const count = static_cast<int>(table.size());
    for (int i = 0; i < count; ++i)
      if (entries[i] == x) return i;
    table.push_back(x);
    return count;
  }

  constexpr step begin(step_kind what, int id) {
    step s;
    s.what = what;
    s.result = id;
    s.layer = g_[id].layer;
    s.batched = g_[id].batched || g_[id].over_batch;
    s.sums = g_[id].over_batch;
    s.window = index_in(out_.windows, g_[id].window);
    s.pool_height = g_[id].pool_height;
    s.pool_width = g_[id].pool_width;
    s.fn = g_[id].fn;
    s.index = g_[id].index;
    s.operands = g_[id].operands;
    return s;
  }
  /// The step runs the group's program.
  constexpr void set_program(step& s, grouping::group const& all, tensor_shape const& shape,
                             int accumulator = -1) {
    set_program(s, uses_.program_of(all, shape, accumulator), all, accumulator);
  }
  constexpr void set_program(step& s, program const& code, grouping::group const& all,
                             int accumulator) {
    s.code = index_in(out_.programs, code);
    s.loads = static_cast<int>(out_.loads.size());
    for (int leaf : all.leaves)
      out_.loads.push_back(leaf == accumulator || g_[leaf].code == op::constant ? -1 : leaf);
  }
  /// The step copies `leaf`, or what the kernel holds of it.
  constexpr void set_identity(step& s, int leaf, bool is_accumulator) {
    set_program(s, grouping::only(leaf), g_[leaf].shape, is_accumulator ? leaf : -1);
  }
  constexpr void finish(step const& s) { out_.steps.push_back(s); }

  /// A leaf of the group that is a contraction, or a sum of windows, and read by nothing else: the
  /// program is its epilogue.
  constexpr int accumulator_of(grouping::group const& all, int root) const {
    for (int leaf : all.leaves) {
      node const& n = g_[leaf];
      bool const sums = n.code == op::contract || (n.code == op::pool && n.fn == function::add);
      if (!sums || uses_.is_kept(leaf) || n.shape != g_[root].shape ||
          n.batched != g_[root].batched)
        continue;
      bool inside = true;
      for (int u : uses_.users(leaf)) inside = inside && grouping::contains(all.members, u);
      if (inside && epilogue_fits(all, leaf)) return leaf;
    }
    return -1;
  }

  constexpr bool epilogue_fits(grouping::group const& all, int contract) const {
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

  /// The max pooling that alone, but for its index, reads `id` and drops no pixel twice, or -1.
  constexpr int pooled_by(int id) const {
    if (uses_.is_kept(id)) return -1;
    int pool = -1;
    for (int user : uses_.users(id)) {
      node const& p = g_[user];
      contraction const& w = p.window;
      bool const fits = w.kernel_height == w.stride_height && w.kernel_width == w.stride_width &&
                        w.dilation_height == 1 && w.dilation_width == 1 && !w.pointwise();
      bool const is_pool = p.code == op::pool && p.fn == function::maximum && pool < 0;
      if (!fits || (!is_pool && user != index_of(id))) return -1;
      if (is_pool) pool = user;
    }
    int const index = index_of(id);
    return pool >= 0 && (index < 0 || g_[index].window == g_[pool].window) ? pool : -1;
  }
  /// The index of the maximum that reads `id`, or -1.
  constexpr int index_of(int id) const {
    for (int user : uses_.users(id))
      if (g_[user].code == op::pool_index) return user;
    return -1;
  }

  /// A pool takes the contraction before it, with its program, into its own step.
  constexpr bool fuse_into_pool(int id) {
    grouping::group all;
    int const contract = contraction_before(id, all), x = g_[id].operand(0);
    if (contract < 0) return false;
    step s = begin(step_kind::contract_max_pool, contract);
    s.result = id;
    s.also = index_of(x);
    s.pool_height = g_[id].window.kernel_height;
    s.pool_width = g_[id].window.kernel_width;
    if (all.members.empty())
      set_identity(s, contract, true);
    else
      set_program(s, all, g_[x].shape, contract);
    absorb(all);
    absorbed_[at(contract)] = true;
    finish(s);
    return true;
  }

  /// The contraction that a pool can take in, with the maps between, or -1.
  constexpr int contraction_before(int id, grouping::group& all) const {
    int const x = g_[id].operand(0);
    if (absorbed_[at(x)] || pooled_by(x) != id) return -1;
    int contract = x;
    if (g_[x].code == op::map) {
      all = uses_.gather(x);
      contract = accumulator_of(all, x);
      if (contract < 0 || g_[contract].code != op::contract) return -1;
      for (int leaf : all.leaves)  // an operand for every pixel would be read out of order
        if (leaf != contract &&
            broadcast_access(g_[leaf].shape, g_[x].shape).period > g_[contract].window.filters)
          return -1;
    } else if (g_[x].code != op::contract) {
      return -1;
    }
    contraction const& made = g_[contract].window;  // whose image may have been given another shape
    contraction const& taken = g_[id].window;
    bool const fits = !made.depthwise() && made.out_height() == taken.height &&
                      made.out_width() == taken.width;
    return fits ? contract : -1;
  }

  constexpr void visit(int id) {
    node const& n = g_[id];
    switch (n.code) {
      case op::input:
      case op::parameter:
      case op::detach:
      case op::reshape:
        break;
      case op::constant:
        visit_constant(id);
        break;
      case op::map:
        visit_map(id);
        break;
      case op::reduce:
        visit_reduce(id);
        break;
      case op::contract: {
        step s = begin(step_kind::contract, id);
        set_identity(s, id, true);
        finish(s);
        break;
      }
      case op::pool:
        if (!fuse_into_pool(id)) {
          step s = begin(step_kind::pool, id);
          set_identity(s, id, true);
          finish(s);
        }
        break;
      case op::pad:
        visit_pad(id);
        break;
      case op::slice:
        visit_slice(id);
        break;
      case op::concat:
        visit_concat(id);
        break;
      case op::contract_dx:
        finish(begin(step_kind::contract_dx, id));
        break;
      case op::contract_dw:
        visit_contract_dw(id);
        break;
      case op::pool_index: {
        int const pool = pooled_by(n.operand(0));
        grouping::group all;
        if (pool >= 0 && contraction_before(pool, all) >= 0) break;  // it comes with the pooling
        finish(begin(step_kind::pool_index, id));
        break;
      }
      case op::pool_gradient:
        finish(begin(step_kind::pool_gradient, id));
        break;
      case op::pack:
        finish(begin(step_kind::pack, id));
        break;
      case op::unpack:
        finish(begin(step_kind::unpack, id));
        break;
      case op::transpose: {
        step s = begin(step_kind::transpose, id);
        if (n.index == packed_weights) s.window = index_in(out_.windows, transposed(n.window));
        finish(s);
        break;
      }
      case op::random:
        finish(begin(step_kind::random, id));
        break;
      case op::iota:
        finish(begin(step_kind::iota, id));
        break;
      case op::batch_size:
        finish(begin(step_kind::batch_size, id));
        break;
    }
  }

  constexpr void visit_constant(int id) {  // programs hold constants; others need a tensor
    bool needed = uses_.is_kept(id);
    for (int u : uses_.users(id))
      needed = needed || (g_[u].code != op::map && g_[u].code != op::reduce);
    if (!needed) return;
    step s = begin(step_kind::map, id);
    set_identity(s, id, false);
    finish(s);
  }

  constexpr void visit_contract_dw(int id) {
    step s = begin(step_kind::contract_dw, id);
    s.batched = g_[g_[id].operand(0)].batched;  // else dy is the sum over the samples already
    finish(s);
  }

  constexpr void visit_map(int id) {
    grouping::group all = uses_.gather(id);
    int const sum = accumulator_of(all, id);
    step s = begin(step_kind::map, id);
    if (sum >= 0) {
      s.what = g_[sum].code == op::pool ? step_kind::pool : step_kind::contract;
      s.window = index_in(out_.windows, g_[sum].window);
      s.fn = function::add;
      s.layer = g_[sum].layer;
      s.operands = g_[sum].operands;
      absorbed_[at(sum)] = true;
    } else {
      s.operands.fill(-1);
    }
    set_program(s, all, g_[id].shape, sum);
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
    if (g_[x].code == op::map && uses_.only_user(x, id)) {
      grouping::group all = uses_.gather(x);
      program const code = uses_.program_of(all, shape, -1);
      int const row = common_row(code, shape.elements());
      int const wanted = s.inner == 1 ? s.reduced : s.inner;
      if (row >= wanted && row % wanted == 0) {
        absorb(all);
        set_program(s, code, all, -1);
        finish(s);
        return;
      }
    }
    set_identity(s, x, false);
    finish(s);
  }

  /// A number for each axis, and `fill` for the axes in front of them.
  static constexpr std::array<int, 4> widened(std::array<int, 4> const& axes, int rank, int fill) {
    std::array<int, 4> result{fill, fill, fill, fill};
    for (int i = 0; i < rank; ++i) result[at(4 - rank + i)] = axes[at(i)];
    return result;
  }

  constexpr copy_spec box_of(int id, int from) const {
    copy_spec box;
    box.from_shape = widened(g_[from].shape.extent, g_[from].shape.rank, 1);
    box.to_shape = widened(g_[id].shape.extent, g_[id].shape.rank, 1);
    box.shared = (g_[id].batched || g_[id].over_batch) && !g_[from].batched;
    return box;
  }
  constexpr void finish_copy(int id, int from, copy_spec const& box) {
    step s = begin(step_kind::copy, id);
    s.operands = {from, -1, -1};
    s.box = index_in(out_.boxes, box);
    finish(s);
  }
  constexpr void visit_pad(int id) {
    copy_spec box = box_of(id, g_[id].operand(0));
    box.size = box.from_shape;
    box.to_origin = widened(g_[id].before, g_[id].shape.rank, 0);
    box.fills = true;
    box.fill_bits = program::constant_load(g_[id].value).bits;
    finish_copy(id, g_[id].operand(0), box);
  }
  constexpr void visit_slice(int id) {
    copy_spec box = box_of(id, g_[id].operand(0));
    box.size = box.to_shape;
    box.from_origin = widened(g_[id].before, g_[id].shape.rank, 0);
    finish_copy(id, g_[id].operand(0), box);
  }
  constexpr void visit_concat(int id) {  // backwards: the second operand first
    for (int which : {1, 0}) {
      copy_spec box = box_of(id, g_[id].operand(which));
      box.size = box.from_shape;
      if (which == 1)
        box.to_origin[at(4 - g_[id].shape.rank + g_[id].index)] =
            g_[g_[id].operand(0)].shape[g_[id].index];
      finish_copy(id, g_[id].operand(which), box);
    }
  }

  graph const& g_;
  grouping uses_;
  plan out_;
  constexpr_list<char> absorbed_;
};

}  // namespace detail

/// From nodes to kernel calls: element-wise chains become one program, which runs as the epilogue of
/// the contraction or sum of windows before it where there is one; a max pooling takes the
/// contraction before it in; a reduction evaluates the program before it. Reshapes vanish. The steps
/// are in an order that works. Their operands and results are still nodes.
constexpr plan fuse(graph const& g) { return detail::fuser{g}.run(); }

}  // namespace etch::passes
