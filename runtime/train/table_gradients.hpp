#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "../../codegen/ir/plan.hpp"
#include "../../codegen/kernels/share.hpp"
#include "touched_lines.hpp"

/// Gradients of tables, whose rows are found by tokens: of what training does with them, all but an
/// optimizer's pass over the table takes as long as the batch is.
namespace etch::detail {

/// Rows that a plan adds to the gradient of a table, which begins at `offset`.
struct scatter {
  row_table table{};
  int offset = 0;
};
template <std::size_t Most>
struct scatter_list {
  std::array<scatter, Most + 1> all{};
  int count = 0;

  constexpr bool has(int offset) const {
    for (int i = 0; i < count; ++i)
      if (all[static_cast<std::size_t>(i)].offset == offset) return true;
    return false;
  }
  /// Notes which lines of the parameters, `floats` in all, these tokens touch.
  void find(touched_lines& touched, std::span<std::int32_t const> tokens, int floats) const {
    touched.begin(static_cast<std::size_t>(floats));
    for (int i = 0; i < count; ++i) {
      auto const& [table, offset] = all[static_cast<std::size_t>(i)];
      touched.add(tokens, table, offset);
    }
  }
};

/// Those of Plan, a type with a constant `value`, to gradients that are made of nothing else.
template <class Plan>
inline constexpr auto scatters_of = [] {
  constexpr auto const& plan = Plan::value;
  scatter_list<plan.steps.size()> list;
  for (step const& s : plan.steps)
    if (is<primitive::scatter_add>(s) && is_scattered(plan, result_of(plan, s)))
      list.all[static_cast<std::size_t>(list.count++)] = {
          get<primitive::scatter_add>(plan, s).table, plan.values[result_of(plan, s)].offset};
  return list;
}();

/// The gradients of all parameters as the threads of a team have made them, one behind the other.
struct team_gradients {
  float* data = nullptr;
  std::ptrdiff_t floats = 0;  // of one thread
  int threads = 1;

  float* of(int thread) const { return data + floats * thread; }
  void clear(int thread, int first, int count) const {
    std::fill_n(of(thread) + first, count, 0.0f);
  }
  /// Adds those of the others, in their order, to those of the first.
  void add_up(int first, int count) const {
    float* const sum = of(0) + first;
    for (int other = 1; other < threads; ++other) {
      float const* const g = of(other) + first;
      for (int k = 0; k < count; ++k) sum[k] += g[k];
    }
  }
  /// The same, and leaves zeros where they were.
  void take_up(int first, int count) const {
    add_up(first, count);
    for (int other = 1; other < threads; ++other) clear(other, first, count);
  }
};

/// A thread's part of what is touched.
inline std::span<touched_lines::stretch const> part_of(touched_lines const& touched, share mine) {
  auto const all = touched.all();
  int const count = static_cast<int>(all.size()), first = mine.begin(count);
  return all.subspan(static_cast<std::size_t>(first),
                     static_cast<std::size_t>(mine.end(count) - first));
}

/// f(first, count) for what of these lies between two places.
template <class F>
void for_each_touched(std::span<touched_lines::stretch const> touched, int begin, int end, F f) {
  for (touched_lines::stretch const& s : touched) {
    int const first = std::max(s.first, begin), last = std::min(s.first + s.count, end);
    if (first < last) f(first, last - first);
  }
}

}  // namespace etch::detail
