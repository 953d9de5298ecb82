#pragma once

#include "../network.hpp"
#include "../options.hpp"

namespace etch::layers {

/// The options of a normalisation, read in any order.
struct norm_options {
  double epsilon = 1e-5;
  double momentum = 0.1;

  template <real Value>
  constexpr void read(options::epsilon<Value>) {
    epsilon = Value.value();
  }
  template <real Value>
  constexpr void read(options::momentum<Value>) {
    momentum = Value.value();
  }

  template <class... Options>
  static constexpr norm_options of(Options... options) {
    norm_options all;
    (all.read(options), ...);
    return all;
  }
};

/// Base of the layers that scale and shift each channel, the last axis.
struct norm : layer {
  static constexpr verdict shape_rule(tensor_shape const& in) {
    return in.rank == 0 ? refuse(refusal::wants_rank) : accept(in);
  }
};

}  // namespace etch::layers
