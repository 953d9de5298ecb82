#pragma once

#include "conv_transpose.hpp"

namespace etch {
namespace layers {

template <int Filters, auto... Options>
struct conv_transpose2d
    : conv_transpose<conv_transpose_options<detail::window_options>, Filters, Options...> {
  static constexpr std::string_view kind = "conv_transpose2d";
};

}  // namespace layers

/// The transpose of conv2d, which its gradient is: each x[i, j, c] adds
///            weight[c, ky, kx, f] * x[i, j, c] to y[i * stride + ky * dilation - padding,
///                                                   j * stride + kx * dilation - padding, f],
/// bias[f] is added once, and a channel reaches the filters of its group. (h, w, channels) ->
/// (h', w', filters), where h' = (h - 1) * stride + dilation * (kernel - 1) + 1 - padding +
/// output_padding; the padding of both sides is cut off, `output_padding<1>` adds to the bottom and the
/// right, and with `same` h' = h * stride. `conv_transpose2d<16, 4, stride<2>, padding<1>>` doubles an
/// image. Options and their defaults as those of conv2d; an initializer takes kernel * channels /
/// groups for the fan in. Parameters: weight (channels, kernel height, kernel width, filters / groups),
/// bias (filters). ONNX ConvTranspose, PyTorch ConvTranspose2d, channels last.
template <int Filters, auto... Options>
inline constexpr layers::conv_transpose2d<Filters, Options...> conv_transpose2d{};

}  // namespace etch
