#pragma once

#include <algorithm>
#include <utility>

#include "../ir/plan.hpp"

namespace etch::passes {

namespace detail {

class row_grouper {
 public:
  constexpr explicit row_grouper(plan&& p) : out_(std::move(p)) {}

  constexpr plan run() {
    for (std::size_t g = at(out_.prologue); g < out_.segments.size(); ++g) {
      segment const& part = out_.segments[g];
      if (part.lanes) continue;
      int const samples = part.loops ? 1 : out_.samples;
      int free = part.first;  // behind the last group
      for (int i = part.first; i < part.last; ++i) {
        if (!pays(out_.steps[at(i)], samples)) continue;
        rows_ = out_.steps[at(i)].outer;
        length_ = out_.steps[at(i)].reduced;
        int first = i, last = i;
        while (first > std::max(free, i - most_steps / 2) && has_rows(out_.steps[at(first - 1)]))
          --first;
        for (last = first; last < part.last && last - first < most_steps; ++last)
          if (!has_rows(out_.steps[at(last)]) || !reads_its_rows(first, last)) {
            if (last > i) break;
            first = last + 1;
          }
        if (first <= i && last - first > 1) set_group(first, last);
        free = last;
        i = std::max(i, last - 1);
      }
    }
    return std::move(out_);
  }

 private:
  static constexpr int most_steps = 16;

  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  /// A reduction of a few short rows, whose steps would wait for each other longer than they work,
  /// or of more than stays in the nearest cache from one step to the next, and so long that it is
  /// no matter that rows share no sums across lanes.
  constexpr bool pays(step const& s, int samples) const {
    if (s.what != step_kind::reduce || s.inner != 1 || s.sums || !s.batched || s.reduced < 2)
      return false;
    long long const rows = static_cast<long long>(s.outer) * samples, floats = rows * s.reduced;
    return (rows <= 4 && floats <= few_row_floats) ||
           (floats >= many_row_floats && s.reduced >= shortest_row && s.reduced <= longest_row);
  }

  constexpr bool is_wide(step const& s) const {
    return s.what == step_kind::map && out_.values[at(s.result)].size == rows_ * length_;
  }
  /// Whether the step makes a row, or a number, of every row.
  constexpr bool has_rows(step const& s) const {
    value const& y = out_.values[at(s.result)];
    if (!s.batched || !y.batched || s.sums || s.box > 0) return false;
    if (s.what == step_kind::reduce)
      return s.outer == rows_ && s.reduced == length_ && s.inner == 1;
    if (s.what != step_kind::map) return false;
    return y.size == rows_ * length_ || (y.size == rows_ && (rows_ == 1 || !is_costly(s)));
  }
  /// Whether a map has functions that several rows share better, each in a lane.
  constexpr bool is_costly(step const& s) const {
    program const& p = code_of(out_, s);
    for (int i = 0; i < p.instructions; ++i)
      if (info(p[i].fn).cost == cost_class::series) return true;
    return false;
  }
  /// Whether step i reads each operand along its rows, and of what the steps from `first` on make
  /// the row that it works at.
  constexpr bool reads_its_rows(int first, int i) const {
    step const& s = out_.steps[at(i)];
    bool const along = s.what == step_kind::reduce || is_wide(s);
    program const& p = code_of(out_, s);
    for (int k = 0; k < p.loads; ++k) {
      int const v = load_of(out_, s, k);
      if (v < 0) continue;
      auto const& l = p.operand(k);
      int const run = along ? length_ : 1;  // of a number, from its row's first element to the last
      if (l.period > 1 && l.run % run != 0 && !(l.run == 1 && l.period % run == 0)) return false;
      for (int j = first; j < i; ++j) {
        if (out_.steps[at(j)].result != v) continue;
        bool const row =
            along && is_wide(out_.steps[at(j)]) && l.run == 1 && l.period == rows_ * length_;
        bool const number =
            !is_wide(out_.steps[at(j)]) && l.period == rows_ && (rows_ == 1 || l.run == run);
        if (!row && !number) return false;
      }
    }
    return true;
  }

  constexpr void set_group(int first, int last) {
    if (last_read_.empty()) find_last_reads();
    for (int i = first; i < last; ++i) {
      step& s = out_.steps[at(i)];
      s.by_row = i == first ? last - first : -1;
      s.passes =
          out_.values[at(s.result)].where == space::workspace && last_read_[at(s.result)] < last;
    }
  }
  constexpr void find_last_reads() {
    last_read_.assign(out_.values.size(), -1);
    for (int i = 0; i < static_cast<int>(out_.steps.size()); ++i)
      for_each_read(out_, out_.steps[at(i)], [&](int v) { last_read_[at(v)] = i; });
  }

  plan out_;
  int rows_ = 1, length_ = 1;
  constexpr_list<int> last_read_;  // of each value: a step
};

}  // namespace detail

/// Lets reductions and maps of the same rows that follow each other run row by row, where that is
/// faster: where rows are few, or more than the nearest cache holds.
constexpr plan rows(plan p) { return detail::row_grouper{std::move(p)}.run(); }

}  // namespace etch::passes
