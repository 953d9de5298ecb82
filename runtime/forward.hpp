#pragma once

#include <array>
#include <cassert>
#include <span>
#include <tuple>

#include "../codegen/execute.hpp"
#include "../codegen/facts.hpp"
#include "../codegen/stack.hpp"
#include "workspace.hpp"

namespace etch {

// The words of an error in a call of forward.
template <int Number>
struct argument;  // counted from 1, without the workspace
struct all_arguments;
template <int Inputs, int Outputs>
struct inputs_and_outputs;
template <int Count>
struct argument_count;
struct array_or_span_of_float;
struct size_known_to_the_compiler;
template <long long Count>
struct bytes;
template <long long Count>
struct bytes_at_most;

template <class Which, class Expected, class Given>
struct argument_rule {
  static constexpr bool is_met = false;
};
template <class Expected, class Given>
struct stack_rule {
  static constexpr bool is_met = false;
};

namespace detail {

template <class T>
concept has_span = requires(T& t) { std::span{t}; };
template <class T>
inline constexpr bool is_workspace = false;
template <auto Net, int Samples>
inline constexpr bool is_workspace<workspace<Net, Samples>> = true;

/// Whether an argument holds `Expected` floats, of the type `Element`; if not, one error says why.
template <class Which, int Expected, class Element, class T>
constexpr auto check_argument() {
  if constexpr (!has_span<T>) {
    static_assert(argument_rule<Which, expects<array_or_span_of_float>, given<T>>::is_met,
                  "etch: forward takes arrays, or spans of fixed size");
    return false;
  } else {
    using span = decltype(std::span{std::declval<T&>()});
    constexpr bool floats = std::is_convertible_v<typename span::element_type(*)[], Element(*)[]>;
    if constexpr (!floats)
      static_assert(argument_rule<Which, expects<array_or_span_of_float>, given<T>>::is_met,
                    "etch: forward takes arrays of float; those for outputs are not const");
    else if constexpr (span::extent == std::dynamic_extent)
      static_assert(argument_rule<Which, expects<size_known_to_the_compiler>, given<T>>::is_met,
                    "etch: the size of this argument is not known to the compiler; give a "
                    "std::array, or std::span{...}.first<N>()");
    else if constexpr (span::extent != Expected)
      static_assert(argument_rule<Which, expects<elements<Expected>>,
                                  given<elements<static_cast<int>(span::extent)>>>::is_met,
                    "etch: this argument of forward has another size than the network's input or "
                    "output");
    return floats && span::extent == Expected;
  }
}

/// Whether a call may take so many bytes of stack; if not, one error says what to do.
template <long long Bytes>
constexpr auto check_stack() {
  if constexpr (Bytes > stack_budget)
    static_assert(stack_rule<expects<bytes_at_most<stack_budget>>, given<bytes<Bytes>>>::is_met,
                  "etch: this call would take more than 64 KB of stack; give it a workspace and an "
                  "output that lie elsewhere: `static etch::workspace<net> workspace;` and "
                  "`forward(workspace, x, y)`");
  return Bytes <= stack_budget;
}

/// What a network with an error gives: it takes the place of every output.
struct any_output : std::array<float, 1> {
  template <std::size_t N>
  operator std::array<float, N>() const {
    return {};
  }
};

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

  /// forward(workspace, inputs..., outputs...): arrays or spans of fixed size. A single output may
  /// be left out and is then returned as a std::array, if that takes no more than stack_budget.
  template <class... Arguments>
  auto forward(workspace<Net, 1>& w, Arguments&&... arguments) const noexcept {
    constexpr int count = static_cast<int>(sizeof...(Arguments));
    if constexpr (is_rejected<network_type>) {
      return detail::any_output{};
    } else if constexpr ((detail::is_workspace<std::remove_cvref_t<Arguments>> || ...)) {
      static_assert(!(detail::is_workspace<std::remove_cvref_t<Arguments>> || ...),
                    "etch: forward takes a workspace of its own network, for one sample and not "
                    "const: etch::workspace<net>");
      return detail::any_output{};
    } else if constexpr (count == input_count && output_count == 1) {
      if constexpr (detail::check_stack<kernel_stack() + 4ll * output_size()>())
        return output_of(w, arguments...);
      else
        return detail::any_output{};
    } else if constexpr (count != input_count + output_count) {
      static_assert(
          argument_rule<all_arguments, expects<inputs_and_outputs<input_count, output_count>>,
                        given<argument_count<count>>>::is_met,
          "etch: forward takes one argument for each input and one for each output; "
          "without that of a single output it returns the output");
      return detail::any_output{};
    } else {
      run_checked(w, std::make_index_sequence<input_count>{},
                  std::make_index_sequence<output_count>{}, std::tie(arguments...));
    }
  }

  /// The same with a workspace on the stack, of a network for which that is not too large:
  /// `cost<net>.stack_bytes` at most `stack_budget`.
  template <class... Arguments>
  auto forward(Arguments&&... arguments) const noexcept {
    constexpr bool returns = sizeof...(Arguments) == input_count;
    constexpr long long output = returns ? 4ll * output_size() : 0;
    constexpr auto own = static_cast<long long>(sizeof(workspace<Net, 1>)) + output;
    if constexpr (!detail::check_stack<kernel_stack() + own>()) {
      return detail::any_output{};
    } else {
      workspace<Net, 1> w;
      return forward(w, arguments...);
    }
  }

  /// Many samples, one after the other in each input and output.
  template <int Samples>
  void forward_batch(workspace<Net, Samples>& w, std::array<float const*, input_count> inputs,
                     std::array<float*, output_count> outputs,
                     std::ptrdiff_t samples) const noexcept {
    while (samples > 0) {
      int const count = static_cast<int>(std::min<std::ptrdiff_t>(Samples, samples));
      run<Samples>(inputs.data(), outputs.data(), w.memory.data(), count);
      for (int i = 0; i < input_count; ++i)
        inputs[static_cast<std::size_t>(i)] += std::ptrdiff_t{count} * input_size(i);
      for (int i = 0; i < output_count; ++i)
        outputs[static_cast<std::size_t>(i)] += std::ptrdiff_t{count} * output_size(i);
      samples -= count;
    }
  }
  /// The same for one input and one output, of which y is to have as many samples as x: an
  /// assertion, without which those that y has no room for are left out, and what is less than a
  /// sample. Returns how many were computed.
  template <int Samples>
  std::ptrdiff_t forward_batch(workspace<Net, Samples>& w, std::span<float const> x,
                               std::span<float> y) const noexcept
    requires(network_type::input_count() == 1 && network_type::output_count() == 1)
  {
    constexpr auto in = static_cast<std::size_t>(input_size());
    constexpr auto out = static_cast<std::size_t>(output_size());
    assert(x.size() % in == 0 && y.size() == x.size() / in * out);
    auto const samples = static_cast<std::ptrdiff_t>(std::min(x.size() / in, y.size() / out));
    forward_batch(w, {x.data()}, {y.data()}, samples);
    return samples;
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

  template <std::size_t Index, int Expected, class Element, class... Arguments>
  static constexpr auto check() {
    return detail::check_argument<argument<static_cast<int>(Index) + 1>, Expected, Element,
                                  std::tuple_element_t<Index, std::tuple<Arguments...>>>();
  }

  /// The result type is deduced so that the checks are made, and name the caller's line, at once.
  template <std::size_t... I, std::size_t... O, class... Arguments>
  auto run_checked(workspace<Net, 1>& w, std::index_sequence<I...>, std::index_sequence<O...>,
                   std::tuple<Arguments&...> all) const noexcept {
    constexpr std::size_t first = sizeof...(I);
    constexpr bool fits = (check<I, input_size(I), float const, Arguments...>() && ...) &&
                          (check<first + O, output_size(O), float, Arguments...>() && ...);
    if constexpr (fits) {
      float const* const inputs[]{std::span{std::get<I>(all)}.data()...};
      float* const outputs[]{std::span{std::get<first + O>(all)}.data()...};
      run<1>(inputs, outputs, w.memory.data(), 1);
    }
  }
};

}  // namespace etch
