#pragma once

#include "../network.hpp"
#include "../options.hpp"

namespace etch::layers {

/// The option of every normalisation.
struct norm_options {
  double epsilon = 1e-5;

  template <real Value>
  constexpr detail::decides read(options::epsilon<Value>) {
    epsilon = Value.value();
    return detail::decides::epsilon;
  }
};

/// Base of the layers that scale and shift each channel, the last axis.
struct norm : layer {
  static constexpr verdict shape_rule(tensor_shape const& in) {
    return in.rank == 0 ? refuse(refusal::wants_rank) : accept(in);
  }
};

}  // namespace etch::layers
