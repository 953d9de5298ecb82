#pragma once

#include "../real.hpp"
#include "elementwise.hpp"

namespace etch {
namespace layers {

template <real Slope>
struct leaky_relu : elementwise {
  static constexpr std::string_view kind = "leaky_relu";
  static constexpr tensor forward(context&, tensor x) {
    return select(greater(x, 0), x, x * Slope.value());
  }
};

}  // namespace layers

/// x where x > 0, else slope * x; the gradient at 0 is the slope. `leaky_relu<0.2>`; `leaky_relu<>`
/// has the slope 0.01. ONNX LeakyRelu.
template <real Slope = 0.01>
inline constexpr layers::leaky_relu<Slope> leaky_relu{};

}  // namespace etch
