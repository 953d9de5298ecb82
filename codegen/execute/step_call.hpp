#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "../ir/plan.hpp"
#include "../kernels/elementwise/apply.hpp"
#include "../kernels/move/fill.hpp"
#include "buffers.hpp"

namespace etch::detail {

/// Where the values of Plan, a type with a constant `value`, lie.
template <class Plan>
struct memory_of {
  static constexpr auto const& plan = Plan::value;

  /// Value V of `sample`, counted from the first of this thread.
  template <value_id V>
  [[gnu::always_inline]] static float* address([[maybe_unused]] buffers const& b,
                                               [[maybe_unused]] std::ptrdiff_t sample) noexcept {
    constexpr value const& v = plan.values[V];
    if constexpr (v.shared)
      if (b.team.mine.parts > 1) return shared_address<V>(b, b.team.mine.part, sample);
    constexpr bool few = v.lanes && v.stride == 0;  // used again for later samples
    std::ptrdiff_t const from = few ? sample % lane_copies * v.size : sample * v.stride;
    std::ptrdiff_t const apart = from + step_offset<V>(b);
    if constexpr (v.grows) return b.batch + v.offset * b.capacity + apart;
    std::ptrdiff_t const at = v.offset + apart;
    if constexpr (v.where == space::input) return const_cast<float*>(b.inputs[v.index]) + at;
    else if constexpr (v.where == space::output) return b.outputs[v.index] + at;
    else if constexpr (v.where == space::parameters) return const_cast<float*>(b.parameters) + at;
    else if constexpr (v.where == space::gradients) return b.gradients + at;
    else if constexpr (v.where == space::derived) return b.derived + at;
    else return b.workspace + at;
  }

  /// Where what the running step of a loop has of V begins, behind what V lies in.
  template <value_id V>
  [[gnu::always_inline]] static std::ptrdiff_t step_offset([[maybe_unused]] buffers const& b) noexcept {
    constexpr value const& v = plan.values[V];
    if constexpr (v.pace == 0 && v.shift == 0) {
      return 0;
    } else {
      std::ptrdiff_t const step = v.alternates ? (b.loop_step + v.shift / v.size) % 2 * v.pace
                                               : std::ptrdiff_t{b.loop_step} * v.pace + v.shift;
      return v.batched ? step * b.loop_samples : step;
    }
  }

  /// The place of a shared value; `part` is the thread whose copy is meant, where each has one.
  template <value_id V>
  [[gnu::always_inline]] static float* shared_address(buffers const& b, int part,
                                                      std::ptrdiff_t sample) noexcept {
    constexpr value const& v = plan.values[V];
    std::ptrdiff_t const at =
        v.batched ? (b.team.first + sample) * v.stride : part * round_up(v.size, 16);
    if constexpr (v.grows)
      return b.team.batch + (v.offset - (plan.batch - plan.shared_batch)) * b.team.capacity + at;
    else
      return b.team.workspace +
             std::ptrdiff_t{v.offset - (plan.workspace - plan.shared)} * b.team.mine.parts + at;
  }
};

/// Step I of Plan as its kernel sees it: for `samples` samples, of which `sample` is the first.
template <class Plan, int I>
struct step_call {
  using memory = memory_of<Plan>;
  static constexpr auto const& plan = Plan::value;
  static constexpr int index = I;
  static constexpr step const& self = plan.steps[I];
  using kind = kind_at<step_kinds, self.kind>;
  static constexpr kind const& data = get<kind>(plan, self);
  static constexpr program const& code = code_of(plan, self);
  template <std::size_t K>
  static constexpr value const& operand_value() {
    return plan.values[operands_of(plan, self)[K]];
  }
  template <std::size_t K>
  static constexpr value const& result_value() {
    return plan.values[results_of(plan, self)[K]];
  }

  buffers const& b;
  std::ptrdiff_t sample;
  int samples;

  template <std::size_t K>
  [[gnu::always_inline]] float const* operand() const noexcept {
    return memory::template address<operands_of(plan, self)[K]>(b, sample);
  }
  template <std::size_t K>
  [[gnu::always_inline]] float* result() const noexcept {
    return memory::template address<results_of(plan, self)[K]>(b, sample);
  }
  /// Operand K where it is tokens, an input.
  template <std::size_t K>
  [[gnu::always_inline]] std::byte const* tokens() const noexcept {
    constexpr value const& v = operand_value<K>();
    static_assert(v.element == element_type::int32 && v.where == space::input && v.batched);
    return reinterpret_cast<std::byte const*>(b.inputs[v.index]) + sample * v.stride * 4;
  }
  /// What the program reads.
  [[gnu::always_inline]] std::array<float const*, program::max_loads> loads() const noexcept {
    return loads(std::make_index_sequence<code.loads>{});
  }
  /// The program as it runs on what a kernel holds of an image of so many channels and positions.
  template <int Channels, int Positions>
  [[gnu::always_inline]] auto epilogue() const noexcept {
    return kernels::epilogue<code, Channels, Positions>{loads()};
  }

  /// Whether the step begins its sum, rather than to add to it, with this sample.
  [[gnu::always_inline]] bool begins() const noexcept {
    if constexpr (!self.begins) return false;
    else if (makes_one_of_all_steps(plan, self) && !b.first_step) return false;
    else if constexpr (result_value<0>().where == space::gradients)
      return sample <= 0 && !b.adds && !is_zero();
    else return sample <= 0;
  }
  /// Whether what the step adds to is zero already: the gradient of a table, which the caller keeps so.
  [[gnu::always_inline]] bool is_zero() const noexcept {
    if constexpr (!is<primitive::scatter_add>(self)) return false;
    else if constexpr (!is_scattered(plan, result_of(plan, self))) return false;
    else return b.tables_are_zero;
  }

  /// This thread's share of a step that the team does together.
  [[gnu::always_inline]] share mine() const noexcept { return self.team ? b.team.mine : share{}; }
  int threads() const noexcept { return b.team.mine.parts; }
  void wait_for_all() const noexcept { b.team.wait_for_all(b.team.team); }
  template <std::size_t K>
  float const* operand_of_thread(int part) const noexcept {
    return memory::template shared_address<operands_of(plan, self)[K]>(b, part, 0);
  }

  random_key random() const noexcept {
    random_key key = in_step(b.random, b.loop_step);
    key.first_sample += static_cast<std::uint32_t>(sample);
    return key;
  }
  /// The samples that the plan is run for, where a loop's steps have one behind the other.
  int loop_samples() const noexcept { return b.loop_samples; }
  int batch_size() const noexcept { return plan.whole_batch ? b.team.samples : samples; }

 private:
  template <value_id V>
  [[gnu::always_inline]] float const* load() const noexcept {
    if constexpr (V == value_id::none) return nullptr;
    else return memory::template address<V>(b, sample);
  }
  template <std::size_t... L>
  [[gnu::always_inline]] std::array<float const*, program::max_loads> loads(
      std::index_sequence<L...>) const noexcept {
    return {load<plan.value_list[self.first_load + static_cast<int>(L)]>()...};
  }
};

}  // namespace etch::detail
