#pragma once

#include <utility>

#include "../ir/plan.hpp"

namespace etch::passes {

namespace detail {

class rematerialiser {
 public:
  constexpr explicit rematerialiser(plan&& from) : out_(std::move(from)) {}

  constexpr plan run() {
    find_readers();
    for (int g = out_.prologue; g < segments(); ++g)
      if (is_loop(g))
        for (int i = out_.segments[g].first; i < out_.segments[g].last; ++i) consider(i, g);
    if (!made_.empty()) insert();
    return std::move(out_);
  }

 private:
  static constexpr int large = large_value, cheap = 8;  // instructions a vector
  static constexpr int none = -1, several = -2;

  struct usage {
    int writer = none;     // step
    int written = none;    // segment
    int elsewhere = none;  // the one other segment that reads it
    int last = none;       // segment that reads it
  };
  /// What step `maker` makes of `value` once more in `segment`, as `again`.
  struct rematerialised {
    int maker;
    value_id value;
    int segment;
    value_id again;
    bool done = false;
  };

  constexpr int segments() const { return static_cast<int>(out_.segments.size()); }
  constexpr bool is_loop(int g) const {
    return out_.segments[g].loops && !out_.segments[g].lanes && repetition_of(out_, g) == nullptr;
  }
  constexpr bool is_large(value_id v) const {
    return out_.values[v].batched && out_.values[v].size >= large;
  }

  constexpr void find_readers() {
    uses_.resize(out_.values.size());
    for (int g = 0; g < segments(); ++g)
      for (int i = out_.segments[g].first; i < out_.segments[g].last; ++i) {
        step const& s = out_.steps[i];
        for_each_read(out_, s, [&](value_id v) {
          usage& u = uses_[v];
          u.last = g;
          if (g == u.written || g == u.elsewhere) return;
          u.elsewhere = u.elsewhere == none ? g : several;
        });
        for (value_id v : results_of(out_, s)) {
          uses_[v].writer = uses_[v].writer == none ? i : several;
          uses_[v].written = g;
        }
      }
  }

  constexpr bool reads(int g, value_id v) const {
    bool found = false;
    for (int i = out_.segments[g].first; i < out_.segments[g].last && !found; ++i)
      for_each_read(out_, out_.steps[i], [&](value_id x) { found = found || x == v; });
    return found;
  }
  constexpr value_id again(value_id v, int g) const {
    for (rematerialised const& r : made_)
      if (r.value == v && r.segment == g) return r.again;
    return value_id::none;
  }

  /// Whether the loop `g` reads no more in all when it makes again what step s, of another, made.
  constexpr bool pays(step const& s, int g) const {
    int more = 0;
    bool lasts = true;
    for_each_read(out_, s, [&](value_id x) {
      value const& v = out_.values[x];
      if (!is_large(x) || again(x, g) != value_id::none || reads(g, x)) return;
      more += v.size;
      lasts = lasts && (uses_[x].last >= g || v.where == space::input);
    });
    return lasts && more <= out_.values[result_of(out_, s)].size;
  }

  constexpr void consider(int i, int written) {
    step const& s = out_.steps[i];
    value_id const y = result_of(out_, s);
    bool const is_cheap =
        (is<steps::copy>(s) || is<steps::map>(s)) && instruction_count(code_of(out_, s)) <= cheap;
    usage const& u = uses_[y];
    if (!is_cheap || s.sums || u.writer != i || u.elsewhere < written || !is_large(y) ||
        out_.values[y].where != space::workspace || !is_loop(u.elsewhere) || !pays(s, u.elsewhere))
      return;
    value const copy = out_.values[y];
    out_.values.push_back(copy);
    made_.push_back({i, y, u.elsewhere, value_id{static_cast<int>(out_.values.size()) - 1}});
  }

  /// Puts each of them before the first step that reads it.
  constexpr void insert() {
    steps_ = std::move(out_.steps);
    lists_ = out_.value_list;
    out_.steps.clear();
    out_.steps.reserve(steps_.size() + made_.size());
    for (int g = 0; g < segments(); ++g) {
      segment& part = out_.segments[g];
      int const first = static_cast<int>(out_.steps.size());
      for (int i = part.first; i < part.last; ++i) emit(steps_[i], g);
      part.first = first;
      part.last = static_cast<int>(out_.steps.size());
    }
  }
  constexpr void emit(step const& s, int g) {
    constexpr_list<int> wanted;
    for_each_read(out_, s, [&](value_id v) {
      for (std::size_t r = 0; r < made_.size(); ++r)
        if (made_[r].value == v && made_[r].segment == g && !std::exchange(made_[r].done, true))
          wanted.push_back(static_cast<int>(r));
    });
    for (int r : wanted) emit(copy_of(made_[r]), g);
    for_each_read(out_, s, [&](value_id& v) {
      if (value_id const made = again(v, g); made != value_id::none) v = made;
    });
    out_.steps.push_back(s);
  }
  /// The maker's step once more, with lists of its own.
  constexpr step copy_of(rematerialised const& r) {
    step s = steps_[r.maker];
    auto const copied = [&](int from, int count) {
      int const first = static_cast<int>(out_.value_list.size());
      for (int k = from; k < from + count; ++k) out_.value_list.push_back(lists_[k]);
      return first;
    };
    s.first_operand = copied(s.first_operand, s.operand_count);
    s.first_load = copied(s.first_load, code_of(out_, s).loads);
    s.first_result = static_cast<int>(out_.value_list.size());
    out_.value_list.push_back(r.again);
    return s;
  }

  plan out_;
  constexpr_list<usage> uses_;      // of the values there were
  constexpr_list<step> steps_;      // as they were
  constexpr_list<value_id> lists_;  // as they were
  constexpr_list<rematerialised> made_;
};

}  // namespace detail

/// Rematerialisation: what a loop over the samples computes with little work, and one later loop reads
/// as well, that loop makes again from what it reads anyway. It then lies in the nearest cache both
/// times, and is not kept for all samples between.
constexpr plan rematerialise(plan p) { return detail::rematerialiser{std::move(p)}.run(); }

}  // namespace etch::passes
