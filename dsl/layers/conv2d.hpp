#pragma once

#include "conv.hpp"

namespace etch {
namespace layers {

template <int Filters, auto... Options>
struct conv2d : conv<conv_options<detail::window_options>, Filters, Options...> {
  static constexpr std::string_view kind = "conv2d";
};

}  // namespace layers

/// y[i, j, f] = bias[f] + the sum over ky, kx, c of
///            weight[f, ky, kx, c] * x[i * stride + ky * dilation, j * stride + kx * dilation, c],
/// with zeros for the padding; a filter reads the channels of its group. (h, w, channels) ->
/// (h', w', filters), where h' = (h + padding - dilation * (kernel - 1) - 1) / stride + 1, rounded
/// down. `conv2d<32, 3>`, `conv2d<32, kernel<1, 5>, same, stride<2>, dilation<2>, groups<4>,
/// no_bias, he_normal>`; without an initializer, glorot_uniform. As many groups as channels and
/// filters make it depthwise. Parameters: weight (filters, kernel height, kernel width, channels /
/// groups), bias (filters). ONNX Conv, channels last.
template <int Filters, auto... Options>
inline constexpr layers::conv2d<Filters, Options...> conv2d{};

}  // namespace etch
