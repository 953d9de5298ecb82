#pragma once

#include <array>
#include <cassert>
#include <span>
#include <tuple>

#include "../../codegen/execute/execute.hpp"
#include "../../codegen/lower/facts.hpp"
#include "arguments.hpp"

namespace etch {

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void end_for_it_is_not_valid() noexcept {
  assert(false && "etch: this is not valid(): the weights are not the network's, or no level runs");
  __builtin_trap();
}

}  // namespace detail

/// Inference with the weights that Derived::weights() points to: `parameters` and what follows from
/// them; where Arch is void, by Derived::run_samples. A Derived::valid() that is false ends the
/// program. All functions are const, do not allocate, lock or throw; the workspace is the caller's.
/// Slow denormal numbers are the caller's choice too: see flush_denormals.
template <auto Net, class Arch, class Derived>
class forward_interface {
 public:
  using network_type = std::remove_cvref_t<decltype(Net)>;
  static constexpr auto network = Net;
  static constexpr int input_count = network_type::input_count();
  static constexpr int output_count = network_type::output_count();
  /// Floats of one sample.
  static constexpr int input_size(int i = 0) { return network_type::input_shape(i).elements(); }
  static constexpr int output_size(int i = 0) { return network_type::output_shape(i).elements(); }
  /// float, or std::int32_t of a network whose first input is tokens.
  using input_number = detail::number_of<network_type::input_element()>;
  /// Where an input begins: `float const*`, or either where some inputs are tokens.
  static constexpr bool has_tokens = [] {
    bool some = false;
    for (int i = 0; i < input_count; ++i)
      some = some || network_type::input_element(i) == element_type::int32;
    return some;
  }();
  using input_pointer = std::conditional_t<has_tokens, detail::input_pointer, float const*>;

  /// forward(workspace, inputs..., outputs...): arrays or spans of fixed size. A single output may
  /// be left out and is then returned as a std::array, if that takes no more than stack_budget.
  template <class... Arguments>
  auto forward(workspace<Net, 1>& w, Arguments&&... arguments) const noexcept {
    if constexpr (!detail::arguments_fit<network_type, Arguments...>())
      return detail::any_output{};
    else if constexpr (sizeof...(Arguments) > input_count)
      run_one(w, std::make_index_sequence<input_count>{}, std::make_index_sequence<output_count>{},
              std::tie(arguments...));
    else if constexpr (detail::check_stack<kernel_stack() + 4ll * output_size()>())
      return output_of(w, arguments...);
    else
      return detail::any_output{};
  }

  /// The same with a workspace on the stack, of a network for which that is not too large:
  /// `cost<net>.stack_bytes` at most `stack_budget`.
  template <class... Arguments>
  auto forward(Arguments&&... arguments) const noexcept {
    constexpr bool returns = sizeof...(Arguments) == input_count;
    constexpr long long output = returns ? 4ll * output_size() : 0;
    constexpr auto own = static_cast<long long>(sizeof(workspace<Net, 1>)) + output;
    if constexpr (!detail::arguments_fit<network_type, Arguments...>()) {
      return detail::any_output{};
    } else if constexpr (!detail::check_stack<kernel_stack() + own>()) {
      return detail::any_output{};
    } else {
      workspace<Net, 1> w;
      return forward(w, arguments...);
    }
  }

  /// The same of numbers that are written out: `forward({0.5f, 0.8f})`.
  template <std::size_t Count, class... Arguments>
  auto forward(workspace<Net, 1>& w, input_number const (&x)[Count],
               Arguments&&... more) const noexcept {
    using list = input_number const (&)[Count];
    if constexpr (!detail::arguments_fit<network_type, list, Arguments...>())
      return detail::any_output{};
    else
      return forward<list, Arguments...>(w, x, static_cast<Arguments&&>(more)...);
  }
  template <std::size_t Count, class... Arguments>
  auto forward(input_number const (&x)[Count], Arguments&&... more) const noexcept {
    using list = input_number const (&)[Count];
    if constexpr (!detail::arguments_fit<network_type, list, Arguments...>())
      return detail::any_output{};
    else
      return forward<list, Arguments...>(x, static_cast<Arguments&&>(more)...);
  }

  /// Many samples, one after the other in each input and output.
  template <int Samples>
  void forward_batch(workspace<Net, Samples>& w, std::array<input_pointer, input_count> inputs,
                     std::array<float*, output_count> outputs,
                     std::ptrdiff_t samples) const noexcept {
    std::array<float const*, input_count> from;
    for (std::size_t i = 0; i < input_count; ++i) from[i] = inputs[i];
    while (samples > 0) {
      int const count = static_cast<int>(std::min<std::ptrdiff_t>(Samples, samples));
      run<Samples>(from.data(), outputs.data(), w.memory.data(), count);
      for (int i = 0; i < input_count; ++i) {
        float const*& next = from[static_cast<std::size_t>(i)];
        next = detail::later(next, std::ptrdiff_t{count} * input_size(i));
      }
      for (int i = 0; i < output_count; ++i)
        outputs[static_cast<std::size_t>(i)] += std::ptrdiff_t{count} * output_size(i);
      samples -= count;
    }
  }
  /// The same for one input and one output, of which y is to have as many samples as x: an
  /// assertion, without which those that y has no room for are left out, and what is less than a
  /// sample. Returns how many were computed.
  template <class Workspace, class X = std::span<input_number const>, class Y = std::span<float>>
  std::ptrdiff_t forward_batch(Workspace& w, X const& x, Y&& y) const noexcept {
    if constexpr (detail::batch_fits<Net, Workspace, X, Y>()) {
      std::span<input_number const> const from = x;
      std::span<float> const to = y;
      constexpr auto in = static_cast<std::size_t>(input_size());
      constexpr auto out = static_cast<std::size_t>(output_size());
      assert(from.size() % in == 0 && to.size() == from.size() / in * out);
      auto const samples = static_cast<std::ptrdiff_t>(std::min(from.size() / in, to.size() / out));
      forward_batch(w, {from.data()}, {to.data()}, samples);
      return samples;
    } else {
      return 0;
    }
  }
  /// Without a workspace: an error that says so.
  template <class X, class Y>
  void forward_batch(X const&, Y const&) const noexcept {
    static_cast<void>(detail::batch_fits<Net, X, X, Y>());
  }

 private:
  /// In a function of its own, where compilers make y where the caller wants it: no copies.
  template <class... Inputs>
  auto output_of(workspace<Net, 1>& w, Inputs&... inputs) const noexcept {
    std::array<float, static_cast<std::size_t>(output_size())> y;
    forward(w, inputs..., y);
    return y;
  }

  static constexpr long long kernel_stack() {
    return detail::kernel_stack_bytes(inference_plan<Net, 1>::value);
  }

  template <int Samples>
  void run(float const* const* inputs, float* const* outputs, float* memory,
           int samples) const noexcept {
    if constexpr (requires(Derived const& d) { d.valid(); })
      if (!static_cast<Derived const&>(*this).valid()) detail::end_for_it_is_not_valid();
    float const* const weights = static_cast<Derived const&>(*this).weights();
    buffers b;
    b.inputs = inputs;
    b.outputs = outputs;
    b.parameters = weights;
    b.derived = const_cast<float*>(weights) + facts<Net>::parameter_floats;
    b.workspace = memory;
    if constexpr (std::is_void_v<Arch>)
      static_cast<Derived const&>(*this).template run_samples<Samples>(b, samples);
    else
      run_plan<Arch, inference_plan<Net, Samples>>(b, samples);
  }

  template <std::size_t... I, std::size_t... O, class... Arguments>
  void run_one(workspace<Net, 1>& w, std::index_sequence<I...>, std::index_sequence<O...>,
               std::tuple<Arguments&...> all) const noexcept {
    float const* const inputs[]{detail::input_data(std::span{std::get<I>(all)}.data())...};
    float* const outputs[]{std::span{std::get<sizeof...(I) + O>(all)}.data()...};
    run<1>(inputs, outputs, w.memory.data(), 1);
  }
};

}  // namespace etch
