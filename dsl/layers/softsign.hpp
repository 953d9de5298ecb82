#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct softsign : elementwise {
  static constexpr std::string_view kind = "softsign";
  static constexpr tensor forward(context&, tensor x) {
    tensor const u = max(-1e30, min(1e30, x));  // where it is -1 or 1 in double too
    return u / (abs(u) + 1);
  }
};

}  // namespace layers

/// x / (1 + |x|). ONNX Softsign.
inline constexpr layers::softsign softsign{};

}  // namespace etch
