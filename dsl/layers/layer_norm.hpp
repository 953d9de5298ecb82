#pragma once

#include "norm.hpp"

namespace etch {
namespace layers {

template <auto... Options>
struct layer_norm : norm {
  static constexpr std::string_view kind = "layer_norm";
  static constexpr auto chosen = detail::read_options<norm_options>(Options...);

  template <class... More>
  constexpr auto operator()(More...) const {
    return layer_norm<Options..., detail::called_with<More>{}...>{};
  }

  static constexpr tensor forward(context& c, tensor x) {
    int const rank = x.shape().rank;
    tensor_shape const features{x.shape().last()};
    tensor const gamma = c.parameter("gamma", features, ones);
    tensor const beta = c.parameter("beta", features, zeros);
    tensor const centred = x - mean(x, rank - 1, rank);
    tensor const variance = mean(centred * centred, rank - 1, rank);
    tensor const scale = 1 / sqrt(variance + chosen.epsilon);  // a division a row
    return centred * scale * gamma + beta;
  }
};

}  // namespace layers

/// gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the mean and the (biased) variance of
/// the last axis. Squares have to be finite: x - mean beyond 1.8e19 gives beta or NaN. Parameters:
/// gamma, beta (features). Options: `layer_norm(epsilon<1e-6>)`;
/// without, 1e-5. Ba et al. 2016; ONNX LayerNormalization with axis = -1.
inline constexpr layers::layer_norm<> layer_norm{};

}  // namespace etch
