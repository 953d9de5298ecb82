#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>

#include "../../codegen/report/stack.hpp"
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
struct array_or_span_of_int32;
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
template <auto Net, class T>
inline constexpr bool is_workspace_of = false;
template <auto Net, int Samples>
inline constexpr bool is_workspace_of<Net, workspace<Net, Samples>> = true;

/// What the elements of a tensor are to a program.
template <element_type Element>
using number_of = std::conditional_t<Element == element_type::int32, std::int32_t, float>;

/// Where an input begins, of numbers or of tokens, as `buffers` takes it.
inline float const* input_data(float const* numbers) { return numbers; }
inline float const* input_data(std::int32_t const* tokens) {
  return reinterpret_cast<float const*>(tokens);
}
/// The same `count` elements later.
inline float const* later(float const* input, std::ptrdiff_t count) {
  return reinterpret_cast<float const*>(reinterpret_cast<std::byte const*>(input) + 4 * count);
}
/// An input of a network of which some are tokens.
struct input_pointer {
  float const* data = nullptr;
  input_pointer() = default;
  input_pointer(float const* numbers) : data(numbers) {}
  input_pointer(std::int32_t const* tokens) : data(input_data(tokens)) {}
  operator float const*() const { return data; }
};

/// What is wrong with an argument, and how many elements it was to hold.
struct argument_verdict {
  enum class fault { none, no_span, no_floats, no_tokens, size_unknown, size };
  fault why = fault::none;
  int index = 0;
  int floats = 0;
};

/// Judges an argument that is to hold so many floats or tokens, to be read or written.
template <class T>
constexpr auto judge(int floats, element_type of, bool is_written) {
  using enum argument_verdict::fault;
  if constexpr (!has_span<T>) {
    return no_span;
  } else {
    using span = decltype(std::span{std::declval<T&>()});
    using element = typename span::element_type;
    if (of == element_type::int32) {
      if (!std::is_same_v<std::remove_const_t<element>, std::int32_t>) return no_tokens;
    } else if (!std::is_same_v<std::remove_const_t<element>, float>) {
      return no_floats;
    }
    if (std::is_const_v<element> && is_written) return no_floats;
    if (span::extent == std::dynamic_extent) return size_unknown;
    return span::extent == static_cast<std::size_t>(floats) ? none : size;
  }
}

/// The first argument with a fault, or the last.
template <class Network, class... Arguments>
constexpr argument_verdict judge_all() {
  constexpr int inputs = Network::input_count();
  argument_verdict said;
  int next = 0;
  auto const accepted = [&](auto judge_one) {
    bool const is_output = next >= inputs;
    said.index = next;
    said.floats = (is_output ? Network::output_shape(next - inputs) : Network::input_shape(next))
                      .elements();
    said.why = judge_one(
        said.floats, is_output ? element_type::float32 : Network::input_element(next), is_output);
    ++next;
    return said.why == argument_verdict::fault::none;
  };
  static_cast<void>((accepted(judge<std::remove_reference_t<Arguments>>) && ...));
  return said;
}

/// Whether forward can be called with these behind the workspace; if not, one error says why,
/// unless the network has had one. The result type is deduced so that compilers instantiate it, and
/// name where from, at once.
template <class Network, class... Arguments>
constexpr auto arguments_fit() {
  constexpr int inputs = Network::input_count(), outputs = Network::output_count();
  constexpr int count = sizeof...(Arguments);
  constexpr bool are_data = !(is_workspace<std::remove_cvref_t<Arguments>> || ...);
  if constexpr (is_rejected<Network>) {
    return false;
  } else if constexpr (!are_data) {
    static_assert(are_data, "etch: forward takes a workspace of its own network, for one sample "
                            "and not const: etch::workspace<net>");
    return false;
  } else if constexpr (count != inputs + outputs && (count != inputs || outputs != 1)) {
    using expected = expects<inputs_and_outputs<inputs, outputs>>;
    static_assert(argument_rule<all_arguments, expected, given<argument_count<count>>>::is_met,
                  "etch: forward takes one argument for each input and one for each output; "
                  "without that of a single output it returns the output");
    return false;
  } else {
    using enum argument_verdict::fault;
    constexpr argument_verdict said = judge_all<Network, Arguments...>();
    using which = argument<said.index + 1>;
    using all = std::tuple<Arguments...>;
    using type = std::remove_reference_t<std::tuple_element_t<said.index, all>>;
    if constexpr (said.why == no_span)
      static_assert(argument_rule<which, expects<array_or_span_of_float>, given<type>>::is_met,
                    "etch: forward takes arrays, or spans of fixed size");
    else if constexpr (said.why == no_floats)
      static_assert(argument_rule<which, expects<array_or_span_of_float>, given<type>>::is_met,
                    "etch: forward takes arrays of float; those for outputs are not const");
    else if constexpr (said.why == no_tokens)
      static_assert(argument_rule<which, expects<array_or_span_of_int32>, given<type>>::is_met,
                    "etch: forward takes the tokens of etch::tokens as an array of std::int32_t");
    else if constexpr (said.why == size_unknown)
      static_assert(argument_rule<which, expects<size_known_to_the_compiler>, given<type>>::is_met,
                    "etch: the size of this argument is not known to the compiler; give a "
                    "std::array, or std::span{...}.first<N>()");
    else if constexpr (said.why == size) {
      using found = elements<static_cast<int>(decltype(std::span{std::declval<type&>()})::extent)>;
      static_assert(argument_rule<which, expects<elements<said.floats>>, given<found>>::is_met,
                    "etch: this argument of forward has another size than the network's input or "
                    "output");
    }
    return said.why == none;
  }
}

/// The same of forward_batch, without pointers.
template <auto Net, class Workspace, class X, class Y>
constexpr auto batch_fits() {
  using network = std::remove_cvref_t<decltype(Net)>;
  constexpr bool own = is_workspace_of<Net, Workspace>;
  constexpr bool simple = network::input_count() == 1 && network::output_count() == 1;
  using number = number_of<network::input_element()>;
  constexpr bool reads = std::is_convertible_v<X const&, std::span<number const>>;
  constexpr bool writes = std::is_convertible_v<Y&, std::span<float>>;
  if constexpr (is_rejected<network>) {
    return false;
  } else {
    static_assert(own, "etch: forward_batch takes a workspace of its own network that is not "
                       "const: etch::workspace<net, 64>");
    static_assert(!own || simple,
                  "etch: of a network with several inputs or outputs, forward_batch takes "
                  "arrays of pointers, and the number of samples: (workspace, {x}, {y1, y2}, 64)");
    constexpr bool tokens = std::is_same_v<number, std::int32_t>;
    static_assert(!own || !simple || reads || !tokens,
                  "etch: forward_batch reads the tokens of etch::tokens from a "
                  "std::vector<std::int32_t>, a std::array, or a std::span of them");
    static_assert(!own || !simple || (reads && writes) || (tokens && !reads),
                  "etch: forward_batch reads floats and writes floats that are not const: a "
                  "std::vector<float>, a std::array, or a std::span of them");
    return own && simple && reads && writes;
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

}  // namespace detail
}  // namespace etch
