#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "../ir/frozen.hpp"
#include "../kernels/contract/contract.hpp"
#include "../kernels/move/fill.hpp"
#include "../kernels/lanes/lanes.hpp"
#include "../kernels/elementwise/map.hpp"
#include "../kernels/move/copy.hpp"
#include "../kernels/reduce/pool.hpp"
#include "../kernels/reduce/reduce.hpp"
#include "../kernels/move/pack.hpp"
#include "../kernels/move/transpose_weights.hpp"
#include "row_group.hpp"
#include "../kernels/share.hpp"

namespace etch {

/// The place of one thread in a team whose threads run a plan together, each for some of the
/// samples. What the team shares has room for the samples of all.
struct team_place {
  share mine;
  int first = 0;    // this thread's first sample, of those of the team
  int samples = 0;  // of the team
  float* workspace = nullptr;             // the values that are shared
  float* batch = nullptr;                 // those of them that grow with the batch
  std::ptrdiff_t capacity = 0;            // samples that there is room for in `batch`
  float* gradients = nullptr;             // of what the team computes together
  void (*wait_for_all)(void*) = nullptr;  // returns when every thread has called it
  void* team = nullptr;                   // its argument
};

/// The memory that a plan runs in. Parameters, gradients, derived and workspace are aligned to 64
/// bytes; inputs and outputs need not be.
struct buffers {
  float const* const* inputs = nullptr;
  float* const* outputs = nullptr;
  float const* parameters = nullptr;
  float* gradients = nullptr;
  float* derived = nullptr;
  float* workspace = nullptr;
  float* batch = nullptr;       // of a plan that takes a whole batch: what grows with it,
  std::ptrdiff_t capacity = 0;  // with room for so many samples, a multiple of 16
  random_key random{};
  team_place team{};  // a plan that takes a whole batch wants team.samples even of one thread
  bool adds = false;  // to the gradients, which earlier samples have left; otherwise they begin
  bool forward_only = false;  // to stop behind last_of_outputs
};

namespace detail {

template <class Plan>
constexpr int prologue_steps(Plan const& p) {
  return p.prologue == 0 ? 0 : p.segments[static_cast<std::size_t>(p.prologue - 1)].last;
}

/// The last step that makes an output of the plan, if what follows is gradients of the same
/// samples: a plan can be run up to there. -1 where it also computes them before, or has none.
template <class Plan>
constexpr int last_of_outputs(Plan const& p) {
  int last = -1;
  bool trains = false;
  for (std::size_t i = 0; i < p.steps.size(); ++i) {
    space const where = p.values[static_cast<std::size_t>(p.steps[i].result)].where;
    if (where == space::output) last = static_cast<int>(i);
    trains = trains || where == space::gradients;
  }
  for (segment const& s : p.segments)
    if (s.first <= last && last < s.last && (s.loops || s.lanes)) return -1;
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

  template <int V>
  [[gnu::always_inline]] static float* address([[maybe_unused]] buffers const& b,
                                               [[maybe_unused]] std::ptrdiff_t sample) noexcept {
    if constexpr (V < 0) {
      return nullptr;
    } else {
      constexpr value const& v = plan.values[static_cast<std::size_t>(V)];
      if constexpr (v.shared)
        if (b.team.mine.parts > 1) return shared_address<V>(b, b.team.mine.part, sample);
      if constexpr (v.grows) return b.batch + v.offset * b.capacity + sample * v.stride;
      constexpr bool few = v.lanes && v.stride == 0;  // used again for later samples
      std::ptrdiff_t const at =
          v.offset + (few ? sample % lane_copies * v.size : sample * v.stride);
      if constexpr (v.where == space::input)
        return const_cast<float*>(b.inputs[v.index]) + at;
      else if constexpr (v.where == space::output)
        return b.outputs[v.index] + at;
      else if constexpr (v.where == space::parameters)
        return const_cast<float*>(b.parameters) + at;
      else if constexpr (v.where == space::gradients)
        return b.gradients + at;
      else if constexpr (v.where == space::derived)
        return b.derived + at;
      else
        return b.workspace + at;
    }
  }

  /// The place of a shared value; `part` is the thread whose copy is meant, where each has one.
  template <int V>
  [[gnu::always_inline]] static float* shared_address(buffers const& b, int part,
                                                      std::ptrdiff_t sample) noexcept {
    constexpr value const& v = plan.values[static_cast<std::size_t>(V)];
    std::ptrdiff_t const at =
        v.batched ? (b.team.first + sample) * v.stride : part * round_up(v.size, 16);
    if constexpr (v.grows)
      return b.team.batch + (v.offset - (plan.batch - plan.shared_batch)) * b.team.capacity + at;
    else
      return b.team.workspace +
             std::ptrdiff_t{v.offset - (plan.workspace - plan.shared)} * b.team.mine.parts + at;
  }

  template <int I>
  static constexpr step const& at = plan.steps[static_cast<std::size_t>(I)];
  template <int I>
  static constexpr program const& code = code_of(plan, at<I>);
  template <int I>
  static constexpr contraction const& window = window_of(plan, at<I>);

  template <int I, int K>
  [[gnu::always_inline]] static float* operand(buffers const& b, std::ptrdiff_t sample) noexcept {
    return address<at<I>.operands[static_cast<std::size_t>(K)]>(b, sample);
  }

  template <int I, int... L>
  [[gnu::always_inline]] static void gather(
      [[maybe_unused]] std::array<float const*, program::max_loads>& into,
      [[maybe_unused]] buffers const& b, [[maybe_unused]] std::ptrdiff_t sample,
      std::integer_sequence<int, L...>) noexcept {
    ((into[L] = address<load_of(plan, at<I>, L)>(b, sample)), ...);
  }

  /// Whether a step makes the value, rather than the caller.
  template <int V>
  static constexpr bool made = plan.values[static_cast<std::size_t>(V)].where != space::input;

  template <int I>
  static constexpr bool lies_in(space where) {
    return plan.values[static_cast<std::size_t>(at<I>.result)].where == where;
  }

  /// Whether step I begins its sum, rather than to add to it, with this sample.
  template <int I>
  [[gnu::always_inline]] static bool begins([[maybe_unused]] buffers const& b,
                                            [[maybe_unused]] std::ptrdiff_t sample) noexcept {
    if constexpr (!at<I>.begins)
      return false;
    else if constexpr (lies_in<I>(space::gradients))
      return sample <= 0 && !b.adds;
    else
      return sample <= 0;
  }

  /// The kernel of step I, as `passes::select` says.
  template <int I>
  static constexpr kernel_choice chosen = chosen_kernel<Arch, passes::request_of(plan, I)>;

  /// Whether a call of step I would cost a good part of the step itself.
  template <int I>
  static constexpr bool is_tiny =
      plan.samples == 1 && at<I>.what == step_kind::contract && chosen<I>.inlined;

  /// Step I for `samples` samples, the first of which is `sample`, and the steps that run with it.
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
    if constexpr (at<I>.by_row < 0)
      return;
    else if constexpr (at<I>.by_row > 0)
      run_rows<I>(b, sample, samples, std::make_integer_sequence<int, at<I>.by_row>{});
    else if constexpr (is_tiny<I>)
      run_here<I>(b, sample, samples);
    else
      run_apart<I>(b, sample, samples);
  }

  /// Whether step I adds to the gradients what is the same for every thread of a team.
  template <int I>
  static constexpr bool is_once_a_batch =
      plan.whole_batch && at<I>.sums && !at<I>.batched && lies_in<I>(space::gradients);

  /// What step I leaves where a thread has nothing to add: a sum that it begins is zero.
  template <int I>
  static void begin_sum([[maybe_unused]] buffers const& b) noexcept {
    if constexpr (plan.whole_batch && at<I>.begins) {
      constexpr value const& sum = plan.values[static_cast<std::size_t>(at<I>.result)];
      kernels::fill<Arch>(address<at<I>.result>(b, 0), sum.size, 0.0f);
    }
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

  /// Step I and those that run row by row with it.
  template <int I, int... K>
  static void run_rows(buffers const& b, std::ptrdiff_t sample, int samples,
                       std::integer_sequence<int, K...>) noexcept {
    static constexpr row_group<sizeof...(K)> group{plan, I};
    float* const results[]{address<at<I + K>.result>(b, sample)...};
    [&]<std::size_t... L>(std::index_sequence<L...>) __attribute__((always_inline)) {
      float const* const operands[]{nullptr, address<group.operands[L]>(b, sample)...};
      kernels::rows<Arch, group.spec>(results, operands + 1, samples);
    }(std::make_index_sequence<static_cast<std::size_t>(group.spec.operands)>{});
  }

  template <int I>
  static void run_apart(buffers const& b, std::ptrdiff_t sample, int samples) noexcept {
    run_here<I>(b, sample, samples);
  }
  template <int I>
  [[gnu::always_inline]] static void run_here([[maybe_unused]] buffers const& b,
                                              [[maybe_unused]] std::ptrdiff_t sample,
                                              int samples) noexcept {
    constexpr step const& s = at<I>;
    constexpr contraction const& w = window<I>;
    constexpr value const& result = plan.values[static_cast<std::size_t>(s.result)];
    int const n = s.batched ? samples : 1;
    [[maybe_unused]] share const mine = s.team ? b.team.mine : share{};
    std::array<float const*, program::max_loads> loads;
    gather<I>(loads, b, sample, std::make_integer_sequence<int, code<I>.loads>{});
    float* const y = address<s.result>(b, sample);
    // What pads the gradients is always zero; elsewhere in memory it would be anything.
    constexpr bool overwrites =
        s.what == step_kind::contract_dw && result.where == space::gradients;
    [[maybe_unused]] bool const adds = !overwrites || !begins<I>(b, sample);
    if constexpr (s.begins && !overwrites)
      if (begins<I>(b, sample)) kernels::fill<Arch>(y, result.size, 0.0f);
    if constexpr (s.what == step_kind::map && s.box > 0) {
      constexpr copy_spec box = box_of(plan, s);
      constexpr map_spec spec{code<I>, box.size[1] * box.size[2] * box.size[3], s.batched};
      if constexpr (s.also < 0)
        kernels::map_framed<Arch, spec, box>(nullptr, y, loads.data(), n);
      else
        kernels::map_framed<Arch, spec, box>(y, address<s.also>(b, sample), loads.data(), n);
    } else if constexpr (s.what == step_kind::map) {
      kernels::map<Arch, map_spec{code<I>, result.size, s.batched}>(y, loads.data(), n);
    } else if constexpr (s.what == step_kind::reduce) {
      constexpr reduce_spec spec{code<I>, s.fn, s.outer, s.reduced, s.inner, s.sums, s.batched};
      kernels::reduce<Arch, spec>(y, loads.data(), n);
    } else if constexpr (s.what == step_kind::contract || s.what == step_kind::contract_max_pool) {
      kernels::epilogue<code<I>, w.filters, w.out_height() * w.out_width()> const after{loads};
      if constexpr (s.what == step_kind::contract && s.box > 0) {
        constexpr copy_spec box = box_of(plan, s);
        constexpr bool keeps = s.also >= 0;
        float* const framed = keeps ? address<s.also>(b, sample) : y;
        kernels::copy_box<Arch, box, false>(nullptr, framed, n);
        contract_forward<Arch, w, chosen<I>>(
            operand<I, 0>(b, sample), operand<I, 1>(b, sample), y, n,
            kernels::framing<decltype(after), box, keeps>{after, framed});
      } else if constexpr (s.what == step_kind::contract)
        contract_forward<Arch, w, chosen<I>>(operand<I, 0>(b, sample), operand<I, 1>(b, sample), y,
                                             n, after, mine);
      else if constexpr (s.also < 0)
        contract_forward_max_pool<Arch, w, s.pool_height, s.pool_width, chosen<I>>(
            operand<I, 0>(b, sample), operand<I, 1>(b, sample), y, n, after);
      else
        contract_forward_max_pool<Arch, w, s.pool_height, s.pool_width, chosen<I>>(
            operand<I, 0>(b, sample), operand<I, 1>(b, sample), y,
            address<s.also>(b, sample), n, after);
    } else if constexpr (s.what == step_kind::contract_dx && s.operands[2] < 0) {
      contract_dx<Arch, w, chosen<I>>(operand<I, 0>(b, sample), operand<I, 1>(b, sample), y, n,
                                      mine);
    } else if constexpr (s.what == step_kind::contract_dx) {
      contract_dx_pooled<Arch, w, s.pool_height, s.pool_width, chosen<I>>(
          operand<I, 0>(b, sample), operand<I, 2>(b, sample), operand<I, 1>(b, sample), y, n);
    } else if constexpr (s.what == step_kind::contract_dw && s.operands[2] < 0) {
      contract_dw<Arch, w, chosen<I>>(operand<I, 0>(b, sample), operand<I, 1>(b, sample), y, n,
                                      adds, mine, made<at<I>.operands[0]>);
    } else if constexpr (s.what == step_kind::contract_dw) {
      contract_dw_pooled<Arch, w, s.pool_height, s.pool_width, chosen<I>>(
          operand<I, 0>(b, sample), operand<I, 1>(b, sample), operand<I, 2>(b, sample), y, n, adds);
    } else if constexpr (s.what == step_kind::pool) {
      kernels::epilogue<code<I>, w.channels, w.out_height() * w.out_width()> const after{loads};
      kernels::pool<Arch, s.fn, w>(operand<I, 0>(b, sample), y, n, after);
    } else if constexpr (s.what == step_kind::pool_index) {
      kernels::pool_index<Arch, w>(operand<I, 0>(b, sample), y, n);
    } else if constexpr (s.what == step_kind::pool_gradient) {
      if constexpr (s.fn == function::maximum)
        kernels::pool_gradient<Arch, s.fn, w>(operand<I, 0>(b, sample),
                                                     operand<I, 1>(b, sample), y, n);
      else
        kernels::pool_gradient<Arch, s.fn, w>(nullptr, operand<I, 0>(b, sample), y, n);
    } else if constexpr (s.what == step_kind::copy) {
      kernels::copy_box<Arch, box_of(plan, s)>(operand<I, 0>(b, sample), y, n);
    } else if constexpr (s.what == step_kind::pack) {
      pack_weights(w, operand<I, 0>(b, sample), y);
    } else if constexpr (s.what == step_kind::unpack) {
      unpack_weights(w, operand<I, 0>(b, sample), y);
    } else if constexpr (s.what == step_kind::transpose) {
      transpose_weights<w, Arch, s.index == turned_weights>(operand<I, 0>(b, sample), y);
    } else if constexpr (s.what == step_kind::random) {
      random_key key = b.random;
      key.first_sample += static_cast<std::uint32_t>(sample);
      kernels::random_uniform<Arch>(y, result.size, key, static_cast<std::uint32_t>(s.index), n);
    } else if constexpr (s.what == step_kind::iota) {
      kernels::iota<Arch>(y, result.size, result.shape.last());
    } else if constexpr (s.what == step_kind::all_reduce) {
      all_reduce<s.operands[0]>(b, y);
    } else {
      static_assert(s.what == step_kind::batch_size);
      *y = static_cast<float>(plan.whole_batch ? b.team.samples : samples);
    }
  }

  /// y = the sum over the threads of what each has in its copy of value V, always in their order,
  /// so that all of them get the same.
  template <int V>
  static void all_reduce(buffers const& b, float* y) noexcept {
    constexpr int size = plan.values[static_cast<std::size_t>(V)].size;
    if (b.team.mine.parts == 1) {
      std::copy_n(address<V>(b, 0), size, y);
      return;
    }
    b.team.wait_for_all(b.team.team);
    std::copy_n(shared_address<V>(b, 0, 0), size, y);
    for (int part = 1; part < b.team.mine.parts; ++part) {
      float const* const other = shared_address<V>(b, part, 0);
      for (int i = 0; i < size; ++i) y[i] += other[i];
    }
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
    constexpr segment g = plan.segments[static_cast<std::size_t>(G)];
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

  template <int First, int... G>
  [[gnu::always_inline]] static void run_segments([[maybe_unused]] buffers const& b,
                                                  [[maybe_unused]] int samples,
                                                  std::integer_sequence<int, G...>) noexcept {
    static_cast<void>((run_segment<First + G>(b, samples) && ...));
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
  detail::executor<Arch, Plan>::template run_segments<first>(
      b, Plan::value.samples == 1 && !whole_batch ? 1 : samples,
      std::make_integer_sequence<int, count>{});
}

}  // namespace etch

#include "execute_lanes.hpp"
