#pragma once

#include "../real.hpp"
#include "elementwise.hpp"

namespace etch {
namespace layers {

template <real Alpha>
struct elu : elementwise {
  static constexpr std::string_view kind = "elu";
  static constexpr tensor forward(context&, tensor x) {
    return max(0, x) + expm1(min(x, 0)) * Alpha.value();
  }
};

}  // namespace layers

/// x where x > 0, else alpha * (e^x - 1). `elu<>` has alpha 1. Clevert et al. 2015; ONNX Elu.
template <real Alpha = 1.0>
inline constexpr layers::elu<Alpha> elu{};

}  // namespace etch
