#pragma once

#include "elementwise.hpp"

namespace etch {
namespace layers {

struct softsign : elementwise {
  static constexpr std::string_view kind = "softsign";
  static constexpr tensor forward(context&, tensor x) { return x / (abs(x) + 1); }
};

}  // namespace layers

/// x / (1 + |x|). ONNX Softsign.
inline constexpr layers::softsign softsign{};

}  // namespace etch
