#pragma once

#include "../real.hpp"
#include "elementwise.hpp"

namespace etch {
namespace layers {

template <real Alpha>
struct celu : elementwise {
  static_assert(Alpha.digits != 0, "etch: celu divides by its alpha, which must not be 0");
  static constexpr std::string_view kind = "celu";
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
