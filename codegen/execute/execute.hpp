#pragma once

#include <cstddef>
#include <utility>

#include "../ir/frozen.hpp"
#include "../kernels/steps.hpp"
#include "step_call.hpp"

namespace etch {

namespace detail {

template <class Plan>
constexpr int prologue_steps(Plan const& p) {
  return p.prologue == 0 ? 0 : p.segments[p.prologue - 1].last;
}

/// The last step that makes an output of the plan, if what follows is gradients of the same
/// samples: a plan can be run up to there. -1 where it also computes them before, or has none.
template <class Plan>
constexpr int last_of_outputs(Plan const& p) {
  int last = -1;
  bool trains = false;
  for (int i = 0; i < static_cast<int>(p.steps.size()); ++i)
    for (value_id v : results_of(p, p.steps[i])) {
      if (p.values[v].where == space::output) last = i;
      trains = trains || p.values[v].where == space::gradients;
    }
  for (int g = 0; g < static_cast<int>(p.segments.size()); ++g) {
    segment const& s = p.segments[g];
    if (s.first <= last && last < s.last && (s.loops || s.lanes || repetition_of(p, g))) return -1;
  }
  return trains ? last : -1;
}

template <class Arch, class Plan, int Segment>
struct lane_executor;

/// Runs steps of Plan, a type with a constant `value`, on the instruction set Arch.
template <class Arch, class Plan>
struct executor {
  static constexpr auto const& plan = Plan::value;
  static constexpr bool has_team = etch::has_team(plan);
  static constexpr int last_output = last_of_outputs(plan);

  template <int I>
  static constexpr step const& at = plan.steps[I];
  template <int I>
  static constexpr value const& result = plan.values[result_of(plan, at<I>)];

  /// Whether a call of step I would cost a good part of the step itself.
  template <int I>
  static constexpr bool is_tiny =
      plan.samples == 1 && is<steps::contract>(at<I>) && chosen_for<Arch, step_call<Plan, I>>.inlined;

  /// Step I for `samples` samples, the first of which is `sample`.
  template <int I>
  [[gnu::always_inline]] static void run(buffers const& b, std::ptrdiff_t sample,
                                         int samples) noexcept {
    if constexpr (has_team) {
      if constexpr (at<I>.team)
        if (b.team.mine.parts > 1) return run_together<I>(b);
      if (samples == 0 && (at<I>.batched || !plan.whole_batch)) return begin_sum<I>(b);
    }
    if constexpr (is_once_a_batch<I>)
      if (b.team.mine.part > 0) return begin_sum<I>(b);
    if constexpr (is_tiny<I>) run_here<I>(b, sample, samples);
    else if constexpr (plan.steps.size() < long_plan_steps) run_apart<I>(b, sample, samples);
    else run_far<I>(b, sample, samples);
  }

  /// Whether step I adds to the gradients what is the same for every thread of a team.
  template <int I>
  static constexpr bool is_once_a_batch =
      plan.whole_batch && at<I>.sums && !at<I>.batched && result<I>.where == space::gradients;

  /// What step I leaves where a thread has nothing to add: a sum that it begins is zero.
  template <int I>
  static void begin_sum([[maybe_unused]] buffers const& b) noexcept {
    if constexpr (plan.whole_batch && at<I>.begins)
      if (step_call<Plan, I> const c{b, 0, 0}; !c.is_zero())
        kernels::fill<Arch>(c.template result<0>(), result<I>.size, 0.0f);
  }

  /// Its part of step I for the samples of the team, between two waits for the others.
  template <int I>
  static void run_together(buffers const& b) noexcept {
    constexpr bool begins = I == prologue_steps(plan);
    constexpr bool ends = I + 1 == static_cast<int>(plan.steps.size());
    auto const wait = [&] { b.team.wait_for_all(b.team.team); };
    if constexpr (!begins)
      if (!at<I - 1>.team) wait();
    buffers all = b;
    all.gradients = b.team.gradients;
    run_apart<I>(all, -b.team.first, b.team.samples);
    if constexpr (!ends) wait();
  }

  template <int I>
  static void run_apart(buffers const& b, std::ptrdiff_t sample, int samples) noexcept {
    run_here<I>(b, sample, samples);
  }
  /// The same of a long plan, all of whose steps in one function would keep compilers busy.
  template <int I>
  [[gnu::noinline]] static void run_far(buffers const& b, std::ptrdiff_t sample,
                                        int samples) noexcept {
    run_here<I>(b, sample, samples);
  }
  template <int I>
  [[gnu::always_inline]] static void run_here(buffers const& b, std::ptrdiff_t sample,
                                              int samples) noexcept {
    using here = step_call<Plan, I>;
    using kernel = vector_kernel<typename here::kind>;
    if constexpr (at<I>.at_once > 0) samples = at<I>.at_once * b.loop_samples;
    here const c{b, sample, at<I>.batched || is<primitive::batch_size>(at<I>) ? samples : 1};
    if constexpr (at<I>.begins && !begins_by_itself<kernel, here>())
      if (c.begins())
        kernels::fill<Arch>(c.template result<0>(), result<I>.size, 0.0f);
    kernel::template run<Arch>(c);
  }

  template <class Kernel, class Call>
  static constexpr bool begins_by_itself() {
    if constexpr (requires { Kernel::template overwrites<Call>; })
      return Kernel::template overwrites<Call>;
    else
      return false;
  }

  /// Whether nothing is wanted of what follows step I.
  template <int I>
  [[gnu::always_inline]] static bool stops([[maybe_unused]] buffers const& b) noexcept {
    if constexpr (I == last_output) return b.forward_only;
    else return false;
  }

  /// False if the plan has stopped.
  template <int First, int... I>
  [[gnu::always_inline]] static bool run_all(buffers const& b,
                                             [[maybe_unused]] std::ptrdiff_t sample,
                                             [[maybe_unused]] int samples,
                                             std::integer_sequence<int, I...>) noexcept {
    return ((run<First + I>(b, sample, samples), !stops<First + I>(b)) && ...);
  }

  template <int G>
  [[gnu::always_inline]] static bool run_segment(buffers const& b, int samples) noexcept {
    constexpr segment g = plan.segments[G];
    constexpr std::make_integer_sequence<int, g.last - g.first> steps{};
    if constexpr (g.lanes) {
      lane_executor<Arch, Plan, G>::run(b, samples);
    } else if constexpr (g.loops) {
      for (int s = 0; s < samples; ++s) run_all<g.first>(b, s, 1, steps);
    } else {
      return run_all<g.first>(b, 0, samples, steps);
    }
    return true;
  }

  /// A segment, or, where it is the first of a repetition, all of that.
  template <int G>
  [[gnu::always_inline]] static bool run_next(buffers const& b, int samples) noexcept {
    constexpr repetition const* repeated = repetition_of(plan, G);
    if constexpr (repeated == nullptr) {
      return run_segment<G>(b, samples);
    } else {
      if constexpr (G == repeated->first) repeat<G, repeated->last>(b, samples);
      return true;
    }
  }
  template <int First, int Last>
  static void repeat(buffers const& b, int samples) noexcept {
    constexpr repetition r = *repetition_of(plan, First);
    buffers here = b;
    for (int k = 0; k < r.loop.steps; ++k) {
      here.loop_step = r.loop.step(k);
      here.first_step = k == 0;
      [&]<int... G>(std::integer_sequence<int, G...>) __attribute__((always_inline)) {
        (run_segment<First + G>(here, samples), ...);
      }(std::make_integer_sequence<int, Last - First>{});
    }
  }

  template <int First, int... G>
  [[gnu::always_inline]] static void run_segments([[maybe_unused]] buffers const& b,
                                                  [[maybe_unused]] int samples,
                                                  std::integer_sequence<int, G...>) noexcept {
    static_cast<void>((run_next<First + G>(b, samples) && ...));
  }
};

}  // namespace detail

/// Runs the plan's prologue: what follows from the parameters alone, into `derived`.
template <class Arch, class Plan>
void run_prologue(buffers const& b) noexcept {
  detail::executor<Arch, Plan>::template run_all<0>(
      b, 0, 1, std::make_integer_sequence<int, detail::prologue_steps(Plan::value)>{});
}

/// Runs the plan for `samples` samples, 1 to Plan::value.samples, or, where it takes a whole batch,
/// all that are in the batch or this thread's share of them; none, where a team has more threads
/// than samples.
template <class Arch, class Plan>
[[gnu::always_inline]] inline void run_plan(buffers const& b, int samples) noexcept {
  constexpr bool whole_batch = Plan::value.whole_batch;
  if (!whole_batch && samples > Plan::value.samples)
    __builtin_unreachable();  // spares warnings of such sizes
  constexpr int first = Plan::value.prologue;
  constexpr int count = static_cast<int>(Plan::value.segments.size()) - first;
  if (Plan::value.samples == 1 && !whole_batch) samples = 1;
  if constexpr (has_loops(Plan::value)) {
    buffers here = b;
    here.loop_samples = samples;
    detail::executor<Arch, Plan>::template run_segments<first>(
        here, samples, std::make_integer_sequence<int, count>{});
  } else {
    detail::executor<Arch, Plan>::template run_segments<first>(
        b, samples, std::make_integer_sequence<int, count>{});
  }
}

}  // namespace etch

#include "execute_lanes.hpp"
