#pragma once

#include <type_traits>

#include "compiled.hpp"

namespace etch::detail {

enum class plan_fault { none, unwritten, too_deep, too_many_weights, too_many_floats };

/// Why there is no plan of this source. Of none that is, the compiler need know no more.
template <class Source>
constexpr plan_fault fault_of_plan() {
  if constexpr (can_be_made<Source>) {
    plan_numbers const& made = roomy_plan_of<Source>;
    if (made.parameter_floats < 0) return plan_fault::too_many_weights;
    if (made.workspace < 0) return plan_fault::too_many_floats;
    return plan_fault::none;
  } else {
    constexpr bool is_written =
        requires { typename std::bool_constant<(Source::write().size() > 0)>; };
    return is_written ? plan_fault::too_deep : plan_fault::unwritten;
  }
}

/// The network, if it can be computed by the plan of `Source`; if not, one error says why, and
/// `rejected` takes its place. What a program names with a network goes through here, before it looks
/// at more of it. The result type is deduced so that compilers name where from at once.
template <auto Net, class Source = inference_source<Net, 1>>
constexpr auto usable() {
  constexpr bool has_input = is_network<decltype(Net)>;
  if constexpr (!has_input) {
    static_assert(has_input, "etch: a network begins with its input, etch::input<28, 28, 1> | ...; "
                             "this is none, or layers alone");
    return rejected{};
  } else if constexpr (is_rejected<decltype(Net)>) {
    return rejected{};
  } else if constexpr (constexpr bool some = Source::samples > 0; !some) {
    static_assert(some, "etch: at least 1 sample is computed at once");
    return rejected{};
  } else if constexpr (constexpr bool gives_numbers = decltype(Net)::gives_numbers();
                       !gives_numbers) {
    static_assert(gives_numbers, "etch: a network gives numbers, and this one tokens as it is given "
                                 "them; tokens need etch::embedding<rows, width>");
    return rejected{};
  } else {
    constexpr plan_fault fault = fault_of_plan<Source>();
    constexpr bool is_within_limits = fault != plan_fault::too_deep;
    constexpr bool weights_fit = fault != plan_fault::too_many_weights;
    constexpr bool floats_fit = fault != plan_fault::too_many_floats;
    static_assert(is_within_limits,
                  "etch: this network is deeper than the compiler's limits allow; compile with "
                  "-fconstexpr-steps=1000000000 (clang) or -fconstexpr-ops-limit=2000000000 (g++)");
    static_assert(weights_fit,
                  "etch: this network has more than 2^31 weights (8 GB), with what pads them");
    static_assert(floats_fit,
                  "etch: this network computes in more than 2^31 floats (8 GB); let it compute fewer "
                  "samples at once, or make its layers smaller");
    if constexpr (fault == plan_fault::unwritten)  // of which the compiler names the fault
      static_assert(Source::write().size() > 0);
    if constexpr (fault == plan_fault::none) return Net;
    else return rejected{};
  }
}

}  // namespace etch::detail
