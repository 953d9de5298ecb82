#pragma once

#include "../network.hpp"

namespace etch::layers {

/// Base of the layers that keep every shape.
struct elementwise : layer {
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
};

}  // namespace etch::layers
