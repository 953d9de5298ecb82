#pragma once

#include <algorithm>
#include <utility>

#include "../ir/plan.hpp"

namespace etch::passes {

namespace detail {

class placer {
 public:
  constexpr explicit placer(plan&& p) : out_(std::move(p)) { lives_.resize(out_.values.size()); }

  constexpr plan run() {
    find_lifetimes();
    if (!out_.loops.empty()) keep_steps();
    choose_strides();
    share_in_place();
    extend_shared_lives();
    assign_offsets();
    set_sizes();
    return std::move(out_);
  }

 private:
  struct life {
    int first = -1, last = -1;  // steps; -1 of what no step reads or writes
    int first_segment = -1, last_segment = -1;
    value_id shares = value_id::none;  // the value whose memory this one takes over
  };

  constexpr void find_lifetimes() {
    for (int g = 0; g < static_cast<int>(out_.segments.size()); ++g)
      for (int i = out_.segments[g].first; i < out_.segments[g].last; ++i) {
        auto const see = [&](value_id v) {
          life& l = lives_[out_.loops.empty() ? v : storage_of(out_, v)];
          if (l.first < 0) {
            l.first = i;
            l.first_segment = g;
          }
          l.last = i;
          l.last_segment = g;
        };
        for_each_read(out_, out_.steps[i], see);
        for (value_id v : results_of(out_, out_.steps[i])) see(v);
      }
    // What crosses the border of a loop over steps lives through all of them, and what is carried too.
    for (repetition const& r : out_.repetitions)
      for (std::size_t v = 0; v < lives_.size(); ++v) {
        life& l = lives_[v];
        if (l.first < 0 || l.last_segment < r.first || l.first_segment >= r.last) continue;
        bool const crosses = l.first_segment < r.first || l.last_segment >= r.last;
        if (!crosses && out_.values[v].slots == 1) continue;
        l.first_segment = std::min(l.first_segment, r.first);
        l.last_segment = std::max(l.last_segment, r.last - 1);
        l.first = std::min(l.first, out_.segments[l.first_segment].first);
        l.last = std::max(l.last, out_.segments[l.last_segment].last - 1);
      }
    // What crosses the border of a loop lives through all of its iterations.
    for (life& l : lives_) {
      if (l.first < 0 || l.first_segment == l.last_segment) continue;
      segment const& from = out_.segments[l.first_segment];
      segment const& to = out_.segments[l.last_segment];
      if (from.loops) l.first = from.first;
      if (to.loops) l.last = to.last - 1;
    }
    // So does what a loop adds up, sample by sample.
    for (step const& s : out_.steps) {
      if (!s.sums) continue;
      life& l = lives_[result_of(out_, s)];
      if (l.first < 0) continue;
      for (segment const& g : out_.segments)
        if (g.loops && l.last >= g.first && l.last < g.last) {
          l.first = std::min(l.first, g.first);
          l.last = g.last - 1;
        }
    }
  }

  /// Gives each step of a loop a copy of its own of what is also read outside of the loop. Of what is
  /// carried, and read by the loop's steps alone, there are two copies, which they use in turn.
  constexpr void keep_steps() {
    constexpr_list<char> elsewhere(out_.values.size(), false);  // not in its loop's steps alone
    for (step const& s : out_.steps) {
      auto const see = [&](value_id id) {
        value const& v = out_.values[id];
        value_id const whole = storage_of(out_, id);
        bool const at_edge =  // what is carried into the loop, or out of it
            v.pace == 0 && v.within != value_id::none && v.size == out_.values[whole].size;
        loop_id const loop = out_.values[whole].loop;
        bool const inside = v.loop == loop && s.loop == loop && s.at_once == 0;
        if (!inside && !at_edge) elsewhere[whole] = true;
      };
      for_each_read(out_, s, see);
      for (value_id v : results_of(out_, s)) see(v);
    }
    for (std::size_t i = 0; i < out_.values.size(); ++i) {
      value& v = out_.values[i];
      if (v.where == space::workspace && v.within == value_id::none && v.loop != loop_id::none &&
          v.slots == 1 && elsewhere[i]) {
        v.slots = out_.loops[v.loop].steps;
        v.pace = v.size;
      }
      if (v.within == value_id::none) continue;
      value const& whole = out_.values[v.within];
      if (whole.slots <= 2 || elsewhere[v.within]) continue;
      v.alternates = v.pace > 0;
      if (v.pace == 0) v.shift = v.shift / v.size % 2 * v.size;
    }
    for (std::size_t i = 0; i < out_.values.size(); ++i)
      if (value& v = out_.values[i]; v.slots > 2 && !elsewhere[i]) v.slots = 2;
  }

  constexpr void choose_strides() {
    for (std::size_t v = 0; v < out_.values.size(); ++v) {
      value& x = out_.values[v];
      life const& l = lives_[storage_of(out_, value_id{static_cast<int>(v)})];
      bool const one_copy = x.where == space::workspace && l.first_segment == l.last_segment &&
                            l.first_segment >= 0 && out_.segments[l.first_segment].loops &&
                            x.slots == 1;
      x.stride = x.batched && !one_copy ? x.size : 0;
      x.grows = out_.whole_batch && x.where == space::workspace && x.stride > 0;
      x.lanes = x.batched && x.where == space::workspace && l.first_segment >= 0 &&
                out_.segments[l.first_segment].lanes;
    }
  }

  /// An element-wise step may write over an operand that nothing reads later.
  constexpr void share_in_place() {
    for (int i = 0; i < static_cast<int>(out_.steps.size()); ++i) {
      step const& s = out_.steps[i];
      if (!is<steps::map>(s) && !is<steps::map_and_pad>(s)) continue;
      value_id const made = result_of(out_, s);
      value const& y = out_.values[made];
      if (y.where != space::workspace || y.within != value_id::none || lives_[made].first != i) continue;
      auto const reads = loads_of(out_, s);
      for (int k = 0; k < static_cast<int>(reads.size()); ++k) {
        value_id const v = reads[k];
        if (v == value_id::none) continue;
        value const& x = out_.values[v];
        if (x.within != value_id::none || x.pace != y.pace || x.loop != y.loop) continue;
        auto const& access = code_of(out_, s).operand(k);
        bool const whole = access.run == 1 && access.period == y.size && x.batched == y.batched;
        if (!whole || x.where != space::workspace || x.size != y.size || x.stride != y.stride ||
            x.shared != y.shared || lives_[v].last != i || is_read_otherwise(s, v))
          continue;
        lives_[made].shares = v;
        break;
      }
    }
  }
  /// Whether the step reads an element of v that is not the one it makes.
  constexpr bool is_read_otherwise(step const& s, value_id v) const {
    auto const reads = loads_of(out_, s);
    for (int k = 0; k < static_cast<int>(reads.size()); ++k)
      if (program::load const& l = code_of(out_, s).operand(k);
          reads[k] == v && (l.run != 1 || l.period != out_.values[v].size))
        return true;
    return false;
  }

  constexpr value_id owner_of(value_id v) const {
    while (lives_[v].shares != value_id::none) v = lives_[v].shares;
    return v;
  }

  /// Floats, or floats for each sample of a value that grows with the batch.
  constexpr long long footprint(value const& x) const {
    if (x.grows) return 1ll * x.size * x.slots;
    int const together = x.lanes ? most_lanes : 1;
    int const most = out_.whole_batch ? lane_copies : round_up(out_.samples, together);
    int const few = x.lanes ? std::min(lane_copies, most) : 1;
    long long const copies = x.stride > 0 ? round_up(out_.samples, together) : few;
    return (x.size * copies * x.slots + 15) / 16 * 16;
  }

  /// What shares the memory of another keeps that alive.
  constexpr void extend_shared_lives() {
    for (std::size_t v = 0; v < lives_.size(); ++v)
      if (lives_[v].shares != value_id::none)
        if (life& m = lives_[owner_of(value_id{static_cast<int>(v)})]; lives_[v].last > m.last)
          m.last = lives_[v].last;
  }

  /// Memory that a value has for itself while it lives.
  struct block {
    long long size, offset;  // as footprint says
    value_id value;
    int first, last;  // steps
  };

  constexpr void assign_offsets() {
    for (value& x : out_.values)
      if (x.where == space::derived) {
        x.offset = static_cast<int>(derived_);
        derived_ += footprint(x);
      }
    workspace_ = place_apart(false);
    batch_ = place_apart(true);
    place_shared();
    for (std::size_t v = 0; v < out_.values.size(); ++v)
      if (lives_[v].shares != value_id::none)
        out_.values[v].offset = out_.values[owner_of(value_id{static_cast<int>(v)})].offset;
    if (out_.loops.empty()) return;
    for (value& x : out_.values) {
      if (x.within == value_id::none) continue;
      value const& whole = out_.values[owner_of(x.within)];
      x.where = whole.where;
      x.index = whole.index;
      x.offset = whole.offset;
      x.grows = whole.grows;
      x.shared = whole.shared;
    }
  }

  /// Places what each thread has for itself, of the values that grow with the batch or of the
  /// others: largest first, each at the lowest offset that is free while it lives (Pisarchyk and Lee
  /// 2020). Gives the size of their memory.
  constexpr long long place_apart(bool grows) {
    constexpr_list<block> blocks;
    blocks.reserve(out_.values.size());
    for (std::size_t v = 0; v < out_.values.size(); ++v) {
      value const& x = out_.values[v];
      life const& l = lives_[v];
      if (x.where == space::workspace && x.grows == grows && l.first >= 0 && l.shares == value_id::none &&
          !x.shared)
        blocks.push_back({footprint(x), 0, value_id{static_cast<int>(v)}, l.first, l.last});
    }
    block* const all = blocks.data();
    int const count = static_cast<int>(blocks.size());
    std::sort(all, all + count, [](block const& a, block const& b) {
      return a.size != b.size ? a.size > b.size : a.value < b.value;
    });
    long long end = 0;
    // Those before `i` are placed, and in the order of their offsets.
    for (int i = 0; i < count; ++i) {
      block x = all[i];
      for (int j = 0; j < i; ++j) {
        block const& other = all[j];
        if (other.first > x.last || x.first > other.last) continue;
        if (x.offset + x.size <= other.offset) break;
        if (other.offset + other.size > x.offset) x.offset = other.offset + other.size;
      }
      out_.values[x.value].offset = static_cast<int>(x.offset);
      end = std::max(end, x.offset + x.size);
      int to = i;
      for (; to > 0 && all[to - 1].offset > x.offset; --to) all[to] = all[to - 1];
      all[to] = x;
    }
    return end;
  }

  /// Shared memory is not used again for another value: a thread may be ahead of the others.
  constexpr void place_shared() {
    for (std::size_t v = 0; v < lives_.size(); ++v) {
      value& x = out_.values[v];
      if (!x.shared || lives_[v].first < 0 || lives_[v].shares != value_id::none) continue;
      long long& end = x.grows ? batch_ : workspace_;
      x.offset = static_cast<int>(end);
      end += footprint(x);
      (x.grows ? shared_batch_ : shared_) += footprint(x);
    }
  }

  constexpr void set_sizes() {
    if (workspace_ > most_floats || batch_ > most_floats ||
        out_.parameter_floats + derived_ > most_floats) {
      out_.workspace = -1;
    } else {
      out_.workspace = static_cast<int>(workspace_);
      out_.shared = static_cast<int>(shared_);
      out_.batch = static_cast<int>(batch_);
      out_.shared_batch = static_cast<int>(shared_batch_);
      out_.derived = static_cast<int>(derived_);
    }
  }

  long long workspace_ = 0, shared_ = 0, derived_ = 0;  // floats
  long long batch_ = 0, shared_batch_ = 0;              // floats for each sample
  plan out_;
  constexpr_list<life> lives_;
};

}  // namespace detail

/// Gives every value its place: as many copies as samples where it crosses a loop's border, one
/// where it does not, in place where an operand dies, and memory that is used again as soon as it
/// is free.
constexpr plan place(plan p) { return detail::placer{std::move(p)}.run(); }

}  // namespace etch::passes
