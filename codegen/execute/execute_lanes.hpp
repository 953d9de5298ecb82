#pragma once

#include "execute.hpp"

namespace etch::detail {

/// Runs a segment of Plan with samples in the lanes of vectors: a loop takes them block by block
/// through all of its steps, a flat segment sums over them. Inputs and outputs of the plan are
/// copied into lanes, or from them, by the step.
template <class Arch, class Plan, int Segment>
struct lane_executor {
  using whole = executor<Arch, Plan>;
  static constexpr auto const& plan = Plan::value;
  static constexpr segment const& part = plan.segments[static_cast<std::size_t>(Segment)];
  using lanes = arch::reducing<Arch>;
  static constexpr int width = lanes::width;
  static_assert(width <= most_lanes);

  static constexpr value const& at(int v) { return plan.values[static_cast<std::size_t>(v)]; }
  static constexpr step const& step_at(int i) { return plan.steps[static_cast<std::size_t>(i)]; }
  template <int I>
  static constexpr program const& code = code_of(plan, step_at(I));

  /// What step I reads: three operands, then the loads of its program.
  static constexpr int input(int i, int k) {
    return k < 3 ? step_at(i).operands[static_cast<std::size_t>(k)]
                 : load_of(plan, step_at(i), k - 3);
  }
  static constexpr bool is_copied(int v) { return v >= 0 && at(v).batched && !at(v).lanes; }
  /// Floats of the copies of one block that the first `count` inputs of step I take.
  static constexpr int copied(int i, int count) {
    int floats = 0;
    for (int k = 0; k < count; ++k)
      if (is_copied(input(i, k))) floats += at(input(i, k)).size * width;
    return floats;
  }
  template <int I>
  static constexpr int all_copied = copied(I, 3 + code<I>.loads);

  template <int I, int K>
  [[gnu::always_inline]] static float const* read(buffers const& b, std::ptrdiff_t sample,
                                                  int count, float* copies) noexcept {
    constexpr int v = input(I, K);
    if constexpr (is_copied(v)) {
      float* const copy = copies + copied(I, K);
      kernels::to_lanes<lanes, at(v).size>(whole::template address<v>(b, sample), copy, count);
      return copy;
    } else {
      return whole::template address<v>(b, sample);
    }
  }
  using pointers = std::array<float const*, program::max_loads>;
  template <int I>
  [[gnu::always_inline]] static pointers read_loads(buffers const& b, std::ptrdiff_t sample,
                                                    int count, float* copies) noexcept {
    pointers loads;
    [&]<int... K>(std::integer_sequence<int, K...>) __attribute__((always_inline)) {
      ((loads[K] = read<I, K + 3>(b, sample, count, copies)), ...);
    }(std::make_integer_sequence<int, code<I>.loads>{});
    return loads;
  }

  /// Whether step I is a map of what the contract_dx before it makes, and nothing else reads that:
  /// the two are one. The map's result must not lie where the other still reads.
  static constexpr bool is_epilogue(int i) {
    if (i <= part.first || i >= part.last || step_at(i).what != step_kind::map ||
        step_at(i - 1).what != step_kind::contract_dx)
      return false;
    int const v = step_at(i - 1).result;
    int reads = 0, here = 0;
    for (step const& s : plan.steps) {
      for (int x : s.operands) reads += x == v;
      for (int k = 0; k < code_of(plan, s).loads; ++k) reads += load_of(plan, s, k) == v;
    }
    program const& p = code_of(plan, step_at(i));
    for (int k = 0; k < p.loads; ++k)
      here += load_of(plan, step_at(i), k) == v && p.operand(k).run == 1 &&
              p.operand(k).period == at(v).size;
    value const &x = at(input(i - 1, 0)), &y = at(step_at(i).result);
    auto const end = [](value const& a) {
      if (a.grows) return a.offset + a.size;
      return a.offset + std::max(a.stride * plan.samples, a.size * lane_copies);
    };
    bool const apart = x.where != y.where || x.grows != y.grows || end(x) <= y.offset ||
                       end(y) <= x.offset;
    return reads == 1 && here == 1 && at(v).batched && apart;
  }
  /// The program of map I, with what the contract_dx before it makes as the accumulator.
  static constexpr program epilogue_code(int i) {
    program p = code_of(plan, step_at(i));
    for (int k = 0; k < p.loads; ++k)
      if (load_of(plan, step_at(i), k) == step_at(i - 1).result)
        p.load_list[static_cast<std::size_t>(k)] = {program::kind::accumulator};
    return p;
  }

  /// Step I for the block of `count` samples that begins with `sample`.
  template <int I>
  static void run_block(buffers const& b, std::ptrdiff_t sample, int count) noexcept {
    if constexpr (is_epilogue(I + 1)) return;  // run_block<I + 1> does both
    constexpr int contracts = is_epilogue(I) ? I - 1 : I;
    constexpr step const& s = step_at(I);
    constexpr contraction w = canonical(window_of(plan, step_at(contracts)));
    constexpr value const& result = at(s.result);
    alignas(64) float copies[all_copied<I> + 1];
    alignas(64) float copied_x[copied(contracts, 2) + 1];
    alignas(64) float outside[result.lanes ? 1 : result.size * width];
    float* const y = result.lanes ? whole::template address<s.result>(b, sample) : outside;
    pointers const loads = read_loads<I>(b, sample, count, copies);
    if constexpr (s.what == step_kind::map && !is_epilogue(I)) {
      kernels::map_lanes<lanes, code<I>, result.size>(y, loads.data());
    } else if constexpr (s.what == step_kind::reduce) {
      constexpr reduce_spec spec{code<I>, s.fn, s.outer, s.reduced, s.inner};
      kernels::reduce_lanes<lanes, spec>(y, loads.data());
    } else {
      float const* const x = read<contracts, 0>(b, sample, count, copied_x);
      float const* const weights = read<contracts, 1>(b, sample, count, copied_x);
      if constexpr (s.what == step_kind::contract) {
        kernels::contract_lanes<lanes, w, code<I>>(x, weights, y, loads.data());
      } else {
        constexpr program identity{.loads = 1,
                                   .load_list = {program::load{program::kind::accumulator}}};
        constexpr program after = is_epilogue(I) ? epilogue_code(I) : identity;
        kernels::contract_lanes<lanes, transposed(w), after>(x, weights, y, loads.data());
      }
    }
    if constexpr (!result.lanes)
      kernels::from_lanes<lanes, result.size>(y, whole::template address<s.result>(b, sample),
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
    constexpr int v = input(I, K), size = at(v).size;
    float* p = whole::template address<v>(b, sample);
    if constexpr (is_copied(v)) {
      p = copies + copied(I, K) / width * Samples;
      for (int k = 0; k < samples; k += width)
        kernels::to_lanes<lanes, size>(whole::template address<v>(b, sample + k), p + k * size,
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
    float* const y = whole::template address<s.result>(b, 0);
    if (whole::template begins<I>(b, 0)) kernels::fill<Arch>(y, at(s.result).size, 0.0f);
    if constexpr (s.what == step_kind::reduce) {
      alignas(64) float copies[all_copied<I> + 1];
      constexpr reduce_spec spec{code<I>, s.fn, s.outer, s.reduced, s.inner, true};
      kernels::sum_lanes<lanes, spec>(
          y,
          [&](int k) __attribute__((always_inline)) {
            return read_loads<I>(b, k, std::min(width, samples - k), copies);
          },
          samples);
    } else {
      static_assert(s.what == step_kind::contract_dw);
      constexpr int together = 128;  // whose copies fit the nearest cache
      alignas(64) float copies[copied(I, 2) / width * together + 1];
      for (int k = 0; k < samples; k += together) {
        int const count = std::min(together, samples - k);
        kernels::contract_dw_lanes<lanes, canonical(window_of(plan, s))>(
            read_all<I, 0, together, false>(b, k, count, copies),
            read_all<I, 1, together, true>(b, k, count, copies), y, count);
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
