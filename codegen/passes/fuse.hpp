#pragma once

#include <initializer_list>
#include <utility>

#include "../ir/plan.hpp"
#include "group.hpp"
#include "moved_place.hpp"

namespace etch::passes {

/// Steps that still name nodes: where a step's lists point to in the plan, these have the node.
struct fused_steps {
  plan steps;
  constexpr_list<node_id> nodes;  // as plan::value_list; none where a load is no value
};

namespace detail {

/// Whether the elements of a sequence, or those that are stacked to one, are copied: in a loop they lie
/// step by step, outside sample by sample.
constexpr bool is_copied(graph const& g, node_id id, int samples) {
  return (samples > 1 || g.whole_batch) && g[id].batched;
}

class fuser {
 public:
  constexpr fuser(graph const& g, int samples) : g_(g), uses_(g), samples_(samples) {
    absorbed_.assign(g.nodes.size(), false);
  }

  constexpr fused_steps run();

 private:
  /// A primitive that is a step as it is.
  template <class Kind>
  constexpr void visit(node_id id, Kind const& kind) {
    finish_like(begin(kind, id), id);
  }

  constexpr void absorb(grouping::group const& all) {
    for (node_id m : all.members)
      absorbed_[m] = m == all.members.front() || uses_.take(m, all.members);
  }

  // --- steps ----------------------------------------------------------------------------------

  /// A step of this kind that makes `result`, perhaps with the program of a group of maps, as whose
  /// layer and extent it counts.
  template <class Kind>
  constexpr step begin(Kind const& kind, node_id result) {
    step s;
    set_kind(out_.steps, s, kind);
    s.layer = g_[result].layer;
    s.batched = g_[result].batched || g_[result].over_batch;
    s.sums = g_[result].over_batch;
    s.loop = g_[result].loop;
    if (uses_.is_at_once(result)) s.at_once = g_.loops[s.loop].steps;
    return s;
  }
  constexpr int listed(std::initializer_list<node_id> nodes) {
    int const first = static_cast<int>(out_.nodes.size());
    for (node_id n : nodes) out_.nodes.push_back(n);
    return first;
  }
  constexpr void set_operands(step& s, node_id like) {
    s.first_operand = static_cast<int>(out_.nodes.size());
    s.operand_count = g_[like].operand_count;
    for (node_id x : g_.operands(like)) out_.nodes.push_back(x);
  }
  constexpr void set_results(step& s, node_id result, node_id second = node_id::none) {
    s.first_result = listed({result});
    s.result_count = second == node_id::none ? 1 : 2;
    if (s.result_count == 2) out_.nodes.push_back(second);
  }
  constexpr void set_program(step& s, program const& code, grouping::group const& all,
                             node_id accumulator) {
    constexpr_list<program>& programs = out_.steps.programs;
    s.code = 0;
    for (program const& p : programs) {
      if (p == code) break;
      ++s.code;
    }
    if (s.code == static_cast<int>(programs.size())) programs.push_back(code);
    s.first_load = static_cast<int>(out_.nodes.size());
    for (node_id leaf : all.leaves)
      out_.nodes.push_back(leaf == accumulator || g_.is<primitive::constant>(leaf) ? node_id::none
                                                                                   : leaf);
  }
  /// The step runs the group's program, along tensors of this shape.
  constexpr void set_program(step& s, grouping::group const& all, tensor_shape const& shape,
                             node_id accumulator = node_id::none) {
    set_program(s, uses_.program_of(all, shape, accumulator), all, accumulator);
  }
  /// The step copies `leaf`, or what the kernel holds of it.
  constexpr void set_identity(step& s, node_id leaf, bool is_accumulator) {
    set_program(s, grouping::only(leaf), g_[leaf].shape, is_accumulator ? leaf : node_id::none);
  }
  constexpr void finish(step const& s) { out_.steps.steps.push_back(s); }
  /// The step reads what the node reads, and makes what it makes.
  constexpr void finish_like(step s, node_id id) {
    set_operands(s, id);
    set_results(s, id);
    finish(s);
  }
  /// The same of a step that sums and runs no more on it, so far.
  constexpr void finish_sum(step s, node_id id) {
    set_operands(s, id);
    set_results(s, id);
    set_identity(s, id, true);
    finish(s);
  }

  // --- epilogues ------------------------------------------------------------------------------

  /// Whether the group, of which `root` is the result, reads a leaf element by element, and alone.
  constexpr bool is_read_by(grouping::group const& all, node_id leaf, node_id root) const {
    bool inside = !uses_.is_kept(leaf) && g_[leaf].shape == g_[root].shape &&
                  g_[leaf].batched == g_[root].batched && uses_.are_together(leaf, root);
    for (node_id u : uses_.users(leaf)) inside = inside && grouping::contains(all.members, u);
    return inside;
  }
  /// A leaf of the group that is a contraction, a product or a sum of windows, and read by nothing
  /// else: the program is its epilogue.
  constexpr node_id accumulator_of(grouping::group const& all, node_id root) const {
    for (node_id leaf : all.leaves) {
      auto const* pool = g_.get_if<primitive::pool>(leaf);
      bool const sums = g_.is<primitive::contract>(leaf) || (pool && pool->fn == function::add) ||
                        (g_.is<primitive::product>(leaf) && !g_[leaf].over_batch);
      if (sums && is_read_by(all, leaf, root) && epilogue_fits(all, leaf)) return leaf;
    }
    return node_id::none;
  }

  /// Of a contraction, a pooling or the index of one.
  constexpr contraction const& window_of(node_id id) const {
    if (auto const* c = g_.get_if<primitive::contract>(id)) return c->window;
    if (auto const* p = g_.get_if<primitive::pool>(id)) return p->window;
    return g_.get<primitive::pool_index>(id).window;
  }

  constexpr bool epilogue_fits(grouping::group const& all, node_id sum) const {
    int const filters = g_.is<primitive::product>(sum) ? g_[sum].shape.last() : window_of(sum).filters;
    for (node_id leaf : all.leaves) {
      if (leaf == sum || g_.is<primitive::constant>(leaf)) continue;
      access const a = broadcast_access(g_[leaf].shape, g_[sum].shape);
      bool const vector = a.run == 1 && (a.period == 1 || a.period % filters == 0);
      bool const row = a.run == filters;
      if (!vector && !row) return false;
    }
    return true;
  }

  // --- pooling --------------------------------------------------------------------------------

  /// The max pooling that alone, but for its index, reads `id` and drops no pixel twice, or none.
  constexpr node_id pooled_by(node_id id) const {
    if (uses_.is_kept(id)) return node_id::none;
    node_id const index = index_of(id);
    node_id pool = node_id::none;
    for (node_id user : uses_.users(id)) {
      auto const* p = g_.get_if<primitive::pool>(user);
      bool const is_pool = p && p->fn == function::maximum && pool == node_id::none;
      if (!is_pool && user != index) return node_id::none;
      contraction const& w = window_of(user);
      if (w.kernel_height != w.stride_height || w.kernel_width != w.stride_width ||
          w.dilation_height != 1 || w.dilation_width != 1 || w.pointwise())
        return node_id::none;
      if (is_pool) pool = user;
    }
    bool const agree = index == node_id::none || pool == node_id::none ||
                       window_of(index) == window_of(pool);
    return agree ? pool : node_id::none;
  }
  /// The index of the maximum that reads `id`, or none.
  constexpr node_id index_of(node_id id) const {
    for (node_id user : uses_.users(id))
      if (g_.is<primitive::pool_index>(user)) return user;
    return node_id::none;
  }

  /// A pool takes the contraction before it, with its program, into its own step.
  constexpr bool fuse_into_pool(node_id id) {
    grouping::group all;
    node_id const contract = contraction_before(id, all), x = g_.operand(id, 0);
    if (contract == node_id::none) return false;
    contraction const& w = window_of(id);
    step s = begin(steps::contract_max_pool{window_of(contract), {w.kernel_height, w.kernel_width}},
                   contract);
    set_operands(s, contract);
    set_results(s, id, index_of(x));
    if (all.members.empty())
      set_identity(s, contract, true);
    else
      set_program(s, all, g_[x].shape, contract);
    absorb(all);
    absorbed_[contract] = true;
    finish(s);
    return true;
  }

  /// The contraction that a pool can take in, with the maps between, or none.
  constexpr node_id contraction_before(node_id id, grouping::group& all) const {
    node_id const x = g_.operand(id, 0);
    if (absorbed_[x] || pooled_by(x) != id) return node_id::none;
    node_id contract = x;
    if (g_.is<primitive::map>(x)) {
      all = uses_.gather(x);
      contract = accumulator_of(all, x);
      if (contract == node_id::none || !g_.is<primitive::contract>(contract)) return node_id::none;
      for (node_id leaf : all.leaves)  // an operand for every pixel would be read out of order
        if (leaf != contract &&
            broadcast_access(g_[leaf].shape, g_[x].shape).period > window_of(contract).filters)
          return node_id::none;
    } else if (!g_.is<primitive::contract>(x)) {
      return node_id::none;
    }
    contraction const& made = window_of(contract);  // whose image may have been given another shape
    contraction const& taken = window_of(id);
    bool const fits = !made.depthwise() && made.out_height() == taken.height &&
                      made.out_width() == taken.width && uses_.are_together(contract, id);
    return fits ? contract : node_id::none;
  }

  // --- nodes ----------------------------------------------------------------------------------

  // What needs no step.
  constexpr void visit(node_id, primitive::input const&) {}
  constexpr void visit(node_id, primitive::parameter const&) {}
  constexpr void visit(node_id, primitive::detach const&) {}
  constexpr void visit(node_id, primitive::reshape const&) {}
  constexpr void visit(node_id, primitive::last const&) {}

  constexpr void visit(node_id id, primitive::transpose const& t) {
    bool const back = t.to == primitive::transpose::target::packed;
    step s = begin(primitive::transpose{back ? transposed(t.window) : t.window, t.to}, id);
    finish_like(s, id);
  }

  constexpr void visit(node_id id, primitive::contract_dw const& dw) {
    step s = begin(dw, id);
    s.batched = g_[g_.operand(id, 0)].batched;  // else dy is the sum over the samples already
    finish_like(s, id);
  }

  constexpr void visit(node_id id, primitive::contract const& c) {
    finish_sum(begin(steps::contract{c.window}, id), id);
  }

  constexpr void visit(node_id id, primitive::product const& p) {
    finish_sum(begin(p, id), id);
  }

  constexpr void visit(node_id id, primitive::pool const& p) {
    if (fuse_into_pool(id)) return;
    finish_sum(begin(p, id), id);
  }

  constexpr void visit(node_id id, primitive::pool_index const& p) {
    node_id const pool = pooled_by(g_.operand(id, 0));
    grouping::group all;
    if (pool != node_id::none && contraction_before(pool, all) != node_id::none)
      return;  // it comes with the pooling
    finish_like(begin(p, id), id);
  }

  constexpr void visit(node_id id, primitive::constant const&) {
    bool needed = uses_.is_kept(id);  // programs hold constants; others need a tensor
    for (node_id u : uses_.users(id))
      needed = needed || (!g_.is<primitive::map>(u) && !g_.is<primitive::reduce>(u));
    if (!needed) return;
    step s = begin(steps::map{}, id);
    set_results(s, id);
    set_identity(s, id, false);
    finish(s);
  }

  constexpr void visit(node_id id, primitive::map const&) {
    grouping::group all = uses_.gather(id);
    node_id const sum = accumulator_of(all, id);
    if (node_id const moved = permute_of(all, id); sum == node_id::none && moved != node_id::none)
      return map_permuted(id, all, moved);
    step s = begin(steps::map{}, id);
    if (sum != node_id::none) {
      if (auto const* p = g_.get_if<primitive::pool>(sum)) set_kind(out_.steps, s, *p);
      else if (auto const* m = g_.get_if<primitive::product>(sum)) set_kind(out_.steps, s, *m);
      else set_kind(out_.steps, s, steps::contract{window_of(sum)});
      s.layer = g_[sum].layer;
      set_operands(s, sum);
      absorbed_[sum] = true;
    }
    set_results(s, id);
    set_program(s, all, g_[id].shape, sum);
    absorb(all);
    finish(s);
  }

  constexpr void visit(node_id id, primitive::reduce const& r) {
    node_id const x = g_.operand(id, 0);
    tensor_shape const& shape = g_[x].shape;
    steps::reduce const kind{r.fn, shape.elements(0, r.first), shape.elements(r.first, r.last),
                             shape.elements(r.last, shape.rank)};
    step s = begin(kind, id);
    set_results(s, id);
    // A trailing reduction's rows are `reduced` long, any other's `inner`.
    if (g_.is<primitive::map>(x) && uses_.only_user(x, id) && uses_.are_together(x, id)) {
      grouping::group all = uses_.gather(x);
      program const code = uses_.program_of(all, shape, node_id::none);
      int const row = common_row(code, shape.elements());
      int const wanted = kind.inner == 1 ? kind.reduced : kind.inner;
      if (row >= wanted && row % wanted == 0) {
        absorb(all);
        set_program(s, code, all, node_id::none);
        finish(s);
        return;
      }
    }
    set_identity(s, x, false);
    finish(s);
  }

  // --- loops ----------------------------------------------------------------------------------

  /// Samples and steps change places, unless there is one sample.
  constexpr void visit(node_id id, primitive::element const& e) {
    if (!is_copied(g_, id, samples_)) return;
    step s = begin(e, id);
    s.at_once = g_.loops[s.loop].steps;
    finish_like(s, id);
  }
  constexpr void visit(node_id id, primitive::stack const& all) {
    if (is_copied(g_, id, samples_)) finish_like(begin(all, id), id);
  }
  /// A copy of what the loop begins with, made before it.
  constexpr void visit(node_id id, primitive::carry const&) {
    step s = begin(steps::map{}, id);
    s.loop = loop_id::none;
    set_results(s, id);
    set_identity(s, g_.operand(id, 0), false);
    finish(s);
  }

  // --- copies ---------------------------------------------------------------------------------

  /// Where the elements of x lie for `reader`. What is only permuted or sliced, and for it alone, it reads
  /// where that comes from, to which x is set.
  constexpr strided_place read_through(node_id& x, node_id reader) {
    bool const moved = g_.is<primitive::permute>(x) || g_.is<primitive::slice>(x);
    if (!moved || !uses_.only_user(x, reader) || !uses_.are_together(x, reader))
      return place_in(g_[x].shape);
    node_id const through = x;
    absorbed_[through] = true;
    x = g_.operand(through, 0);
    strided_place const from = read_through(x, through);
    return moved_place(g_, through, from);
  }
  /// A copy step of a box, from its place in x to that in the node.
  constexpr step copy_step(node_id id, node_id x, tensor_shape const& box,
                           strided_place const& from, strided_place const& to,
                           primitive::pad const* pad = nullptr) {
    copy_spec moves{.axes = box.rank, .extent = box.extent, .from = from, .to = to};
    moves.shared = (g_[id].batched || g_[id].over_batch) && !g_[x].batched;
    if (pad) {
      moves.fills = true;
      moves.fill_bits = program::constant_load(pad->value).bits;
    }
    step s = begin(steps::copy{moves}, id);
    s.first_operand = listed({x});
    s.operand_count = 1;
    set_results(s, id);
    return s;
  }
  /// Operand `which` of a node becomes a box of it, whose first element has these indices.
  constexpr void copy_into(node_id id, axis_counts const& first, int which = 0,
                           primitive::pad const* pad = nullptr) {
    node_id x = g_.operand(id, which);
    tensor_shape const& box = g_[x].shape;
    strided_place const from = read_through(x, id);
    finish(copy_step(id, x, box, from, place_in(g_[id].shape, first), pad));
  }
  constexpr void visit(node_id id, primitive::pad const& p) { copy_into(id, p.before, 0, &p); }
  constexpr void visit(node_id id, primitive::concat const& c) {
    axis_counts before{};
    before[static_cast<std::size_t>(c.axis)] = g_[g_.operand(id, 0)].shape[c.axis];
    copy_into(id, before, 1);  // backwards: the second operand first
    copy_into(id, {}, 0);
  }
  /// The copy step of a permute or a slice.
  constexpr step moved_step(node_id id, node_id x, node_id reader) {
    strided_place const from = read_through(x, reader);
    return copy_step(id, x, g_[id].shape, moved_place(g_, id, from), place_in(g_[id].shape));
  }
  constexpr void visit(node_id id, primitive::slice const&) {
    finish(moved_step(id, g_.operand(id, 0), id));
  }
  constexpr void visit(node_id id, primitive::permute const&) {
    node_id const x = g_.operand(id, 0);
    grouping::group all;
    node_id const leaf = mapped_alone(x, id, all);
    if (leaf == node_id::none) return finish(moved_step(id, x, id));
    step s = moved_step(id, leaf, x);
    set_program(s, all, g_[id].shape, leaf);
    absorb(all);
    finish(s);
  }
  /// A map whose operand is permuted runs on what the copy holds in registers.
  constexpr void map_permuted(node_id id, grouping::group const& all, node_id moved) {
    absorbed_[moved] = true;
    step s = moved_step(moved, g_.operand(moved, 0), moved);
    set_results(s, id);
    set_program(s, all, g_[id].shape, moved);
    absorb(all);
    finish(s);
  }
  /// A permute that the group alone reads.
  constexpr node_id permute_of(grouping::group const& all, node_id root) const {
    for (node_id leaf : all.leaves)
      if (g_.is<primitive::permute>(leaf) && is_read_by(all, leaf, root)) return leaf;
    return node_id::none;
  }
  /// The one operand of the maps that make x for the permute alone, where their program is the same for
  /// every element, so that it may run on what is permuted; else none. A contraction runs them itself.
  constexpr node_id mapped_alone(node_id x, node_id permute, grouping::group& all) const {
    if (!g_.is<primitive::map>(x) || !uses_.only_user(x, permute) || !uses_.are_together(x, permute))
      return node_id::none;
    all = uses_.gather(x);
    if (accumulator_of(all, x) != node_id::none) return node_id::none;
    node_id found = node_id::none;
    for (node_id leaf : all.leaves) {
      if (g_.is<primitive::constant>(leaf) || g_[leaf].shape.elements() == 1) continue;
      bool const fits = g_[leaf].shape == g_[x].shape && g_[leaf].batched == g_[x].batched;
      if (!fits || found != node_id::none) return node_id::none;
      found = leaf;
    }
    return found;
  }

  graph const& g_;
  grouping uses_;
  int samples_;
  fused_steps out_;
  constexpr_list<char> absorbed_;
};

// Behind the class, for clang: what the visits call is then known.
constexpr fused_steps fuser::run() {
  // Backwards, so that a consumer takes its operands into its program before they become steps.
  for (int i = g_.size() - 1; i >= 0; --i)
    if (node_id const id{i}; !absorbed_[id] && uses_.is_used(id))
      g_.visit(id, [&](auto const& kind) { visit(id, kind); });
  constexpr_list<step>& steps = out_.steps.steps;
  for (std::size_t i = 0, j = steps.size(); i + 1 < j; ++i) std::swap(steps[i], steps[--j]);
  return std::move(out_);
}

}  // namespace detail

/// From nodes to kernel calls: element-wise chains become one program, which runs as the epilogue of
/// the contraction, product or sum of windows before it where there is one; a max pooling takes the
/// contraction before it in; a reduction evaluates the program before it. Reshapes vanish. The steps
/// are in an order that works. Their operands and results are still nodes. Up to `samples` samples
/// run at once.
constexpr fused_steps fuse(graph const& g, int samples) { return detail::fuser{g, samples}.run(); }

}  // namespace etch::passes
