#pragma once

#include <utility>

#include "../ir/plan.hpp"

namespace etch::passes {

namespace detail {

class remaker {
 public:
  constexpr explicit remaker(plan&& from) : out_(std::move(from)) {}

  constexpr plan run() {
    find_readers();
    for (int g = out_.prologue; g < segments(); ++g)
      if (is_loop(g))
        for (int i = out_.segments[at(g)].first; i < out_.segments[at(g)].last; ++i) consider(i, g);
    if (!remade_.empty()) insert();
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
  struct remake {
    int maker, value, segment, again;
    bool done = false;
  };

  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }
  constexpr int segments() const { return static_cast<int>(out_.segments.size()); }
  constexpr bool is_loop(int g) const {
    return out_.segments[at(g)].loops && !out_.segments[at(g)].lanes;
  }
  constexpr bool is_large(int v) const {
    return out_.values[at(v)].batched && out_.values[at(v)].size >= large;
  }

  constexpr void find_readers() {
    uses_.resize(out_.values.size());
    for (int g = 0; g < segments(); ++g)
      for (int i = out_.segments[at(g)].first; i < out_.segments[at(g)].last; ++i) {
        step& s = out_.steps[at(i)];
        for_each_read(out_, s, [&](int v) {
          usage& u = uses_[at(v)];
          u.last = g;
          if (g == u.written || g == u.elsewhere) return;
          u.elsewhere = u.elsewhere == none ? g : several;
        });
        for (int v : {s.result, s.also}) {
          if (v < 0) continue;
          usage& u = uses_[at(v)];
          u.writer = u.writer == none ? i : several;
          u.written = g;
        }
      }
  }

  constexpr bool reads(int g, int v) {
    bool found = false;
    for (int i = out_.segments[at(g)].first; i < out_.segments[at(g)].last && !found; ++i)
      for_each_read(out_, out_.steps[at(i)], [&](int x) { found = found || x == v; });
    return found;
  }
  constexpr int again(int v, int g) const {
    for (remake const& r : remade_)
      if (r.value == v && r.segment == g) return r.again;
    return none;
  }

  /// Whether the loop `g` reads no more in all when it makes again what step i, of another, made.
  constexpr bool pays(step& s, int g) {
    int more = 0;
    bool lasts = true;
    for_each_read(out_, s, [&](int x) {
      value const& v = out_.values[at(x)];
      if (!is_large(x) || again(x, g) >= 0 || reads(g, x)) return;
      more += v.size;
      lasts = lasts && (uses_[at(x)].last >= g || v.where == space::input);
    });
    return lasts && more <= out_.values[at(s.result)].size;
  }

  constexpr void consider(int i, int written) {
    step& s = out_.steps[at(i)];
    bool const is_cheap =
        s.what == step_kind::copy ||
        (s.what == step_kind::map && instruction_count(code_of(out_, s)) <= cheap);
    usage const& u = uses_[at(s.result)];
    if (!is_cheap || s.sums || u.writer != i || u.elsewhere < written || !is_large(s.result) ||
        out_.values[at(s.result)].where != space::workspace || !is_loop(u.elsewhere) ||
        !pays(s, u.elsewhere))
      return;
    out_.values.push_back(out_.values[at(s.result)]);
    remade_.push_back({i, s.result, u.elsewhere, static_cast<int>(out_.values.size()) - 1});
  }

  /// Puts each remake before the first step that reads it.
  constexpr void insert() {
    steps_ = std::move(out_.steps);
    loads_ = out_.loads;
    out_.steps.clear();
    out_.steps.reserve(steps_.size() + remade_.size());
    for (int g = 0; g < segments(); ++g) {
      segment& part = out_.segments[at(g)];
      int const first = static_cast<int>(out_.steps.size());
      for (int i = part.first; i < part.last; ++i) emit(steps_[at(i)], g);
      part.first = first;
      part.last = static_cast<int>(out_.steps.size());
    }
  }
  constexpr void emit(step s, int g) {
    constexpr_list<int> wanted;
    for_each_read(out_, s, [&](int v) {
      for (std::size_t r = 0; r < remade_.size(); ++r)
        if (remade_[r].value == v && remade_[r].segment == g &&
            !std::exchange(remade_[r].done, true))
          wanted.push_back(static_cast<int>(r));
    });
    for (int r : wanted) emit(copy_of(remade_[at(r)]), g);
    for_each_read(out_, s, [&](int& v) {
      if (int const made = again(v, g); made >= 0) v = made;
    });
    out_.steps.push_back(s);
  }
  constexpr step copy_of(remake const& r) {
    step s = steps_[at(r.maker)];
    int const from = s.loads, count = code_of(out_, s).loads;
    s.result = r.again;
    s.loads = static_cast<int>(out_.loads.size());
    for (int k = 0; k < count; ++k) out_.loads.push_back(loads_[at(from + k)]);
    return s;
  }

  plan out_;
  constexpr_list<usage> uses_;  // of the values there were
  constexpr_list<step> steps_;  // as they were
  constexpr_list<int> loads_;
  constexpr_list<remake> remade_;
};

}  // namespace detail

/// What a loop over the samples computes with little work, and one later loop reads as well, that
/// loop makes again from what it reads anyway: it then lies in the nearest cache both times, and is
/// not kept for all samples between.
constexpr plan remake(plan p) { return detail::remaker{std::move(p)}.run(); }

}  // namespace etch::passes
