#pragma once

#include "../real.hpp"
#include "elementwise.hpp"

namespace etch {
struct alpha_other_than_0;

namespace refusal {
inline constexpr reason alpha_is_zero{&alpha_is_zero};  // celu
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::alpha_is_zero, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<alpha_other_than_0>, Given>::is_met,
                "etch: celu divides by its alpha, which must not be 0");
};

namespace layers {

template <real Alpha>
struct celu : elementwise {
  static constexpr std::string_view kind = "celu";
  static constexpr verdict shape_rule(tensor_shape const& in) {
    return Alpha.digits == 0 ? refuse(refusal::alpha_is_zero) : accept(in);
  }
  static constexpr tensor forward(context&, tensor x) {
    return max(0, x) + expm1(min(x, 0) / Alpha.value()) * Alpha.value();
  }
};

}  // namespace layers

/// x where x > 0, else alpha * (e^(x / alpha) - 1), whose slope at 0 is 1 for every alpha. `celu<>`
/// has alpha 1. Barron 2017; ONNX Celu.
template <real Alpha = 1.0>
inline constexpr layers::celu<Alpha> celu{};

}  // namespace etch
