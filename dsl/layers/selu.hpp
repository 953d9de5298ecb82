#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct selu : elementwise {
  static constexpr std::string_view kind = "selu";
  static constexpr double alpha = 1.6732632423543772848;
  static constexpr double scale = 1.0507009873554804934;

  static constexpr tensor forward(context&, tensor x) {
    return max(0, x) * scale + expm1(min(x, 0)) * (scale * alpha);
  }
};

}  // namespace layers

/// 1.0507 * elu<1.6733>(x): keeps mean 0 and variance 1 through dense layers with lecun_normal
/// weights. Klambauer et al. 2017; ONNX Selu.
inline constexpr layers::selu selu{};

}  // namespace etch
