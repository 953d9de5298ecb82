#pragma once

#include <algorithm>
#include <utility>

#include "../ir/plan.hpp"

namespace etch::passes {

namespace detail {

class row_fuser {
 public:
  constexpr explicit row_fuser(plan&& p) : out_(std::move(p)) {}

  constexpr plan run() {
    for (int g = out_.prologue; g < static_cast<int>(out_.segments.size()); ++g)
      if (!out_.segments[g].lanes) find_groups(out_.segments[g]);
    if (!groups_.empty()) fuse();
    return std::move(out_);
  }

 private:
  static constexpr int most_steps = 16;  // of a loop

  /// The steps [first, last), which have the same rows.
  struct group {
    int first, last, rows, length;
  };

  constexpr void find_groups(segment const& part) {
    int const samples = part.loops ? 1 : out_.samples;
    int free = part.first;  // behind the last group
    for (int i = part.first; i < part.last; ++i) {
      auto const* r = get_if<steps::reduce>(out_, out_.steps[i]);
      int const times = std::max(1, out_.steps[i].at_once);
      if (!r || !pays(out_.steps[i], *r, samples * times)) continue;
      rows_ = r->outer;
      length_ = r->reduced;
      at_once_ = out_.steps[i].at_once;
      int first = i, last = i;
      while (first > std::max(free, i - most_steps / 2) && has_rows(out_.steps[first - 1])) --first;
      for (last = first; last < part.last && last - first < most_steps; ++last)
        if (!has_rows(out_.steps[last]) || !reads_its_rows(first, last)) {
          if (last > i) break;
          first = last + 1;
        }
      if (first <= i && last - first > 1) groups_.push_back({first, last, rows_, length_});
      free = last;
      i = std::max(i, last - 1);
    }
  }

  /// A reduction of a few short rows, whose steps would wait for each other longer than they work,
  /// or of more than stays in the nearest cache from one step to the next, and so long that it is
  /// no matter that rows share no sums across lanes.
  static constexpr bool pays(step const& s, steps::reduce const& r, int samples) {
    if (r.inner != 1 || s.sums || !s.batched || r.reduced < 2) return false;
    long long const rows = static_cast<long long>(r.outer) * samples, floats = rows * r.reduced;
    return (rows <= 4 && floats <= few_row_floats) ||
           (floats >= many_row_floats && r.reduced >= shortest_row && r.reduced <= longest_row);
  }

  constexpr bool is_wide(step const& s) const {
    return is<steps::map>(s) && out_.values[result_of(out_, s)].size == rows_ * length_;
  }
  /// Whether the step makes a row, or a number, of every row.
  constexpr bool has_rows(step const& s) const {
    value const& y = out_.values[result_of(out_, s)];
    if (!s.batched || !y.batched || s.sums || s.at_once != at_once_) return false;
    if (auto const* r = get_if<steps::reduce>(out_, s))
      return r->outer == rows_ && r->reduced == length_ && r->inner == 1;
    if (!is<steps::map>(s)) return false;
    return y.size == rows_ * length_ ||
           (y.size == rows_ && (rows_ == 1 || !is_costly(code_of(out_, s))));
  }
  /// Whether a map has functions that several rows share better, each in a lane.
  static constexpr bool is_costly(program const& p) {
    for (int i = 0; i < p.instructions; ++i)
      if (info(p[i].fn).cost == cost_class::series) return true;
    return false;
  }
  /// Whether step i reads each operand along its rows, and of what the steps from `first` on make
  /// the row that it works at.
  constexpr bool reads_its_rows(int first, int i) const {
    step const& s = out_.steps[i];
    bool const along = is<steps::reduce>(s) || is_wide(s);
    program const& p = code_of(out_, s);
    for (int k = 0; k < p.loads; ++k) {
      value_id const v = loads_of(out_, s)[k];
      if (v == value_id::none) continue;
      auto const& l = p.operand(k);
      int const run = along ? length_ : 1;  // of a number, from its row's first element to the last
      if (l.period > 1 && l.run % run != 0 && !(l.run == 1 && l.period % run == 0)) return false;
      for (int j = first; j < i; ++j) {
        value_id const made = result_of(out_, out_.steps[j]);
        if (storage_of(out_, made) != storage_of(out_, v)) continue;
        if (made != v) return false;
        bool const row =
            along && is_wide(out_.steps[j]) && l.run == 1 && l.period == rows_ * length_;
        bool const number =
            !is_wide(out_.steps[j]) && l.period == rows_ && (rows_ == 1 || l.run == run);
        if (!row && !number) return false;
      }
    }
    return true;
  }

  constexpr void fuse() {
    constexpr_list<int> last_read(out_.values.size(), -1);  // of each value: a step
    for (int i = 0; i < static_cast<int>(out_.steps.size()); ++i)
      for_each_read(out_, out_.steps[i], [&](value_id v) { last_read[storage_of(out_, v)] = i; });
    constexpr_list<step> steps = std::move(out_.steps);
    out_.steps.clear();
    out_.steps.reserve(steps.size());
    group const* next = groups_.begin();
    for (segment& part : out_.segments) {
      int const first = static_cast<int>(out_.steps.size());
      for (int i = part.first; i < part.last; ++i) {
        if (next == groups_.end() || i != next->first) {
          out_.steps.push_back(steps[i]);
          continue;
        }
        out_.steps.push_back(fused(*next, steps, last_read));
        i = next->last - 1;
        ++next;
      }
      part.first = first;
      part.last = static_cast<int>(out_.steps.size());
    }
  }

  constexpr step fused(group const& g, constexpr_list<step> const& steps,
                       constexpr_list<int> const& last_read) {
    using source = steps::row_stage::source;
    int const first = static_cast<int>(out_.row_stages.size());
    steps::row_loop const loop{
        .rows = g.rows, .length = g.length, .first_stage = first, .stage_count = g.last - g.first};
    constexpr_list<value_id> read, stored;
    auto const operand = [&](value_id v) {
      std::size_t i = 0;
      while (i < read.size() && read[i] != v) ++i;
      if (i == read.size()) read.push_back(v);
      return source{source::kind::operand, static_cast<unsigned char>(i)};
    };
    step whole = steps[g.first];
    for (int k = 0; k < loop.stage_count; ++k) {
      step const& s = steps[g.first + k];
      steps::row_stage stage;
      value_id const made = result_of(out_, s);
      stage.code = s.code;
      if (auto const* r = get_if<steps::reduce>(out_, s)) {
        stage.fn = r->fn;
        stage.reduces = true;
        whole.layer = s.layer;
      }
      stage.wide = out_.values[made].size == g.rows * g.length;
      value_id const storage = storage_of(out_, made);  // what is carried, the next step reads
      stage.stored = out_.values[made].where != space::workspace || last_read[storage] >= g.last ||
                     out_.values[storage].slots > 1;
      if (stage.stored) stored.push_back(made);
      auto const read_by = loads_of(out_, s);
      for (int l = 0; l < static_cast<int>(read_by.size()); ++l) {
        value_id const v = read_by[l];
        if (v == value_id::none) continue;
        int maker = 0;
        while (maker < k && result_of(out_, steps[g.first + maker]) != v) ++maker;
        if (maker < k) out_.row_stages[first + maker].kept = true;
        stage.loads[static_cast<std::size_t>(l)] =
            maker < k ? source{source::kind::stage, static_cast<unsigned char>(maker)} : operand(v);
      }
      out_.row_stages.push_back(stage);
    }
    set_kind(out_, whole, loop);
    whole.code = 0;
    whole.first_operand = static_cast<int>(out_.value_list.size());
    whole.operand_count = static_cast<int>(read.size());
    for (value_id v : read) out_.value_list.push_back(v);
    whole.first_result = static_cast<int>(out_.value_list.size());
    whole.result_count = static_cast<int>(stored.size());
    for (value_id v : stored) out_.value_list.push_back(v);
    return whole;
  }

  plan out_;
  int rows_ = 1, length_ = 1, at_once_ = 0;
  constexpr_list<group> groups_;
};

}  // namespace detail

/// Loop fusion: reductions and maps of the same rows that follow each other run row by row, where that
/// is faster: where rows are few, or more than the nearest cache holds. What only they read of each
/// other is stored nowhere.
constexpr plan fuse_rows(plan p) { return detail::row_fuser{std::move(p)}.run(); }

}  // namespace etch::passes
