#pragma once

#include "../network.hpp"

namespace etch {
namespace layers {

struct prelu : layer {
  static constexpr std::string_view kind = "prelu";

  static constexpr verdict shape_rule(tensor_shape const& in) {
    return in.rank == 0 ? refuse(refusal::wants_rank) : accept(in);
  }

  static constexpr tensor forward(context& c, tensor x) {
    tensor const slope = c.parameter("slope", {x.shape().last()}, constant_of<0.25>);
    return max(0, x) + min(x, 0) * slope;  // the slope's gradient takes nothing from x > 0
  }
};

}  // namespace layers

/// x where x > 0, else slope * x with a trained slope for each channel (the last axis), at first
/// 0.25. Parameters: slope (channels). He et al. 2015; ONNX PRelu.
inline constexpr layers::prelu prelu{};

}  // namespace etch
