#pragma once

#include "../network.hpp"
#include "../options.hpp"

namespace etch {
namespace layers {

template <int Units, auto... Options>
struct dense : layer {
  static constexpr std::string_view kind = "dense";
  static constexpr auto chosen = detail::read_options<detail::weight_options>(Options...);

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (Units < 1) return refuse(refusal::zero_size);
    if (in.rank > 2) return refuse(refusal::wants_vector);
    if (in.rank == 0) return refuse(refusal::wants_rank);
    tensor_shape out = in;
    out[in.rank - 1] = Units;
    return accept(out);
  }

  static constexpr tensor forward(context& c, tensor x) {
    tensor_shape const in = x.shape();
    int const features = in.last();
    tensor const weight =
        c.parameter("weight", {Units, features}, chosen.weights.with_fans(features, Units));
    contraction const window{
        .width = in.elements() / features, .channels = features, .filters = Units};
    tensor const y = contract(x, weight, window, shape_rule(in).shape);
    return chosen.bias ? y + c.parameter("bias", {Units}, zeros) : y;
  }
};

}  // namespace layers

/// y = x W^T + b over the last axis. (features) -> (units), (tokens, features) -> (tokens, units).
/// Parameters: weight (units, features), bias (units). Options: `no_bias`, an initializer
/// (default glorot_uniform). ONNX Gemm with transB.
template <int Units, auto... Options>
inline constexpr layers::dense<Units, Options...> dense{};

}  // namespace etch
