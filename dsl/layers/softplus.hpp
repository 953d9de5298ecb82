#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct softplus : elementwise {
  static constexpr std::string_view kind = "softplus";

  /// -|x| is written as min(x, 0) - max(0, x), so that the gradient is 1/2 at 0 and e^-|x| <= 1
  /// everywhere.
  static constexpr tensor of(tensor x) {
    tensor const positive = max(0, x);
    return positive + log1p(exp(min(x, 0) - positive));
  }
  static constexpr tensor forward(context&, tensor x) { return of(x); }
};

}  // namespace layers

/// log(1 + e^x) = max(x, 0) + log1p(e^-|x|). ONNX Softplus.
inline constexpr layers::softplus softplus{};

}  // namespace etch
