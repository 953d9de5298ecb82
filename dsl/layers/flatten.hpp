#pragma once

#include "../network.hpp"

namespace etch {
namespace layers {

struct flatten : layer {
  static constexpr std::string_view kind = "flatten";
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept({in.elements()}); }
  static constexpr tensor forward(context&, tensor x) {
    return math::reshape(x, {x.shape().elements()});
  }
};

}  // namespace layers

/// All elements as one vector, the last axis running fastest: (h, w, c) -> (h * w * c). ONNX
/// Flatten.
inline constexpr layers::flatten flatten{};

}  // namespace etch
