#pragma once

#include "../network.hpp"

namespace etch {
namespace layers {

struct global_avg_pool2d : layer {
  static constexpr std::string_view kind = "global_avg_pool2d";

  static constexpr verdict shape_rule(tensor_shape const& in) {
    return in.rank == 3 ? accept({in[2]}) : refuse(refusal::wants_image);
  }
  static constexpr tensor forward(context&, tensor x) {
    return math::reshape(mean(x, 0, 2), {x.shape()[2]});
  }
};

struct mean_pool : layer {
  static constexpr std::string_view kind = "mean_pool";

  static constexpr verdict shape_rule(tensor_shape const& in) {
    return in.rank == 2 ? accept({in[1]}) : refuse(refusal::wants_sequence);
  }
  static constexpr tensor forward(context&, tensor x) {
    return math::reshape(mean(x, 0, 1), {x.shape()[1]});
  }
};

}  // namespace layers

/// The mean of each channel of an image: (h, w, c) -> (c). ONNX GlobalAveragePool, channels last.
inline constexpr layers::global_avg_pool2d global_avg_pool2d{};

/// The mean of a sequence: (tokens, features) -> (features). ONNX ReduceMean.
inline constexpr layers::mean_pool mean_pool{};

}  // namespace etch
