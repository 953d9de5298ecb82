#pragma once

#include "../kernels/lanes/lanes.hpp"
#include "execute.hpp"

namespace etch::detail {

/// Runs a segment of Plan with samples in the lanes of vectors: a loop takes them block by block
/// through all of its steps, a flat segment sums over them. Inputs and outputs of the plan are
/// copied into lanes, or from them, by the step.
template <class Arch, class Plan, int Segment>
struct lane_executor {
  using whole = executor<Arch, Plan>;
  using memory = memory_of<Plan>;
  static constexpr auto const& plan = Plan::value;
  static constexpr segment const& part = plan.segments[Segment];
  using lanes = arch::reducing<Arch>;
  static constexpr int width = lanes::width;
  static_assert(width <= most_lanes);

  static constexpr value const& at(value_id v) { return plan.values[v]; }
  static constexpr step const& step_at(int i) { return plan.steps[i]; }
  template <int I>
  static constexpr program const& code = code_of(plan, step_at(I));

  /// What step I reads: its operands, then the loads of its program.
  static constexpr value_id input(int i, int k) {
    step const& s = step_at(i);
    return k < s.operand_count ? operands_of(plan, s)[k] : loads_of(plan, s)[k - s.operand_count];
  }
  static constexpr bool is_copied(value_id v) {
    return v != value_id::none && at(v).batched && !at(v).lanes;
  }
  /// Floats of the copies of one block that the first `count` inputs of step I take.
  static constexpr int copied(int i, int count) {
    int floats = 0;
    for (int k = 0; k < count; ++k)
      if (is_copied(input(i, k))) floats += at(input(i, k)).size * width;
    return floats;
  }
  template <int I>
  static constexpr int all_copied = copied(I, step_at(I).operand_count + code<I>.loads);

  template <int I, int K>
  [[gnu::always_inline]] static float const* read(buffers const& b, std::ptrdiff_t sample,
                                                  int count, float* copies) noexcept {
    constexpr value_id v = input(I, K);
    if constexpr (v == value_id::none) {
      return nullptr;
    } else if constexpr (is_copied(v)) {
      float* const copy = copies + copied(I, K);
      kernels::to_lanes<lanes, at(v).size>(memory::template address<v>(b, sample), copy, count);
      return copy;
    } else {
      return memory::template address<v>(b, sample);
    }
  }
  using pointers = std::array<float const*, program::max_loads>;
  template <int I>
  [[gnu::always_inline]] static pointers read_loads(buffers const& b, std::ptrdiff_t sample,
                                                    int count, float* copies) noexcept {
    pointers all;
    [&]<int... K>(std::integer_sequence<int, K...>) __attribute__((always_inline)) {
      ((all[K] = read<I, K + step_at(I).operand_count>(b, sample, count, copies)), ...);
    }(std::make_integer_sequence<int, code<I>.loads>{});
    return all;
  }

  /// Step I for the block of `count` samples that begins with `sample`.
  template <int I>
  static void run_block(buffers const& b, std::ptrdiff_t sample, int count) noexcept {
    constexpr step const& s = step_at(I);
    constexpr value_id made = result_of(plan, s);
    constexpr value const& result = at(made);
    alignas(64) float copies[all_copied<I> + 1];
    alignas(64) float outside[result.lanes ? 1 : result.size * width];
    float* const y = result.lanes ? memory::template address<made>(b, sample) : outside;
    pointers const loads = read_loads<I>(b, sample, count, copies);
    if constexpr (is<steps::map>(s)) {
      kernels::map_lanes<lanes, code<I>, result.size>(y, loads.data());
    } else if constexpr (is<steps::reduce>(s)) {
      constexpr steps::reduce r = get<steps::reduce>(plan, s);
      constexpr reduce_spec spec{code<I>, r.fn, r.outer, r.reduced, r.inner};
      kernels::reduce_lanes<lanes, spec>(y, loads.data());
    } else {
      static_assert(is<steps::contract>(s));
      float const* const x = read<I, 0>(b, sample, count, copies);
      float const* const weights = read<I, 1>(b, sample, count, copies);
      kernels::contract_lanes<lanes, canonical(window_of(plan, s)), code<I>>(x, weights, y,
                                                                            loads.data());
    }
    if constexpr (!result.lanes)
      kernels::from_lanes<lanes, result.size>(y, memory::template address<made>(b, sample),
                                             count);
  }

  /// A step for some blocks before the next step, which would otherwise wait for its last result.
  static constexpr int side_by_side = 2;
  static_assert(side_by_side * width <= lane_copies);
  template <int I>
  [[gnu::always_inline]] static void run_blocks(buffers const& b, int first,
                                                int samples) noexcept {
    int const end = std::min(first + side_by_side * width, samples);
#pragma GCC unroll 1
    for (int s = first; s < end; s += width) run_block<I>(b, s, std::min(width, samples - s));
  }

  /// An operand of a sum for `samples` samples from `sample` on. With `Clears`, it is zero where a
  /// lane has none; what it lies in too, as a gradient may.
  template <int I, int K, int Samples, bool Clears>
  [[gnu::always_inline]] static float const* read_all(buffers const& b, std::ptrdiff_t sample,
                                                      int samples, float* copies) noexcept {
    constexpr value_id v = input(I, K);
    constexpr int size = at(v).size;
    float* p = memory::template address<v>(b, sample);
    if constexpr (is_copied(v)) {
      p = copies + copied(I, K) / width * Samples;
      for (int k = 0; k < samples; k += width)
        kernels::to_lanes<lanes, size>(memory::template address<v>(b, sample + k), p + k * size,
                                      std::min(width, samples - k));
    }
    if (int const rest = samples % width; Clears && rest > 0)
      kernels::clear_lanes<lanes, size>(p + (samples - rest) * size, rest);
    return p;
  }

  /// Step I, which sums over the samples.
  template <int I>
  static void run_sum(buffers const& b, int samples) noexcept {
    constexpr step const& s = step_at(I);
    constexpr value_id made = result_of(plan, s);
    float* const y = memory::template address<made>(b, 0);
    if (step_call<Plan, I>{b, 0, samples}.begins()) kernels::fill<Arch>(y, at(made).size, 0.0f);
    if constexpr (is<steps::reduce>(s)) {
      alignas(64) float copies[all_copied<I> + 1];
      constexpr steps::reduce r = get<steps::reduce>(plan, s);
      constexpr reduce_spec spec{code<I>, r.fn, r.outer, r.reduced, r.inner, true};
      kernels::sum_lanes<lanes, spec>(
          y,
          [&](int k) __attribute__((always_inline)) {
            return read_loads<I>(b, k, std::min(width, samples - k), copies);
          },
          samples);
    } else {
      static_assert(is<primitive::contract_dw>(s));
      alignas(64) float copies[copied(I, 2) / width * gradient_samples + 1];
      for (int k = 0; k < samples; k += gradient_samples) {
        int const count = std::min(gradient_samples, samples - k);
        kernels::contract_dw_lanes<lanes, canonical(window_of(plan, s))>(
            read_all<I, 0, gradient_samples, false>(b, k, count, copies),
            read_all<I, 1, gradient_samples, true>(b, k, count, copies), y, count);
      }
    }
  }

  template <int I>
  [[gnu::always_inline]] static void run_flat(buffers const& b, int samples) noexcept {
    if constexpr (step_at(I).batched) run_sum<I>(b, samples);
    else whole::template run<I>(b, 0, samples);
  }

  static void run(buffers const& b, int samples) noexcept {
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
      if constexpr (part.loops) {
        for (int s = 0; s < samples; s += side_by_side * width)
          (run_blocks<part.first + I>(b, s, samples), ...);
      } else {
        (run_flat<part.first + I>(b, samples), ...);
      }
    }(std::make_integer_sequence<int, part.last - part.first>{});
  }
};

}  // namespace etch::detail
