#pragma once

#include "conv_transpose.hpp"
#include "sequence.hpp"

namespace etch {
namespace layers {

template <int Filters, auto... Options>
struct conv_transpose1d
    : conv_transpose<conv_transpose_options<detail::sequence_options>, Filters, Options...> {
  static constexpr std::string_view kind = "conv_transpose1d";
};

}  // namespace layers

/// The transpose of conv1d, and conv_transpose2d of an image of height 1: (length, channels) ->
/// (length', filters), where length' = (length - 1) * stride + dilation * (kernel - 1) + 1 - padding +
/// output_padding. `conv_transpose1d<16, 4, stride<2>, padding<1>>` doubles a sequence. Parameters:
/// weight (channels, kernel, filters / groups), bias (filters). ONNX ConvTranspose, PyTorch
/// ConvTranspose1d, channels last.
template <int Filters, auto... Options>
inline constexpr layers::conv_transpose1d<Filters, Options...> conv_transpose1d{};

}  // namespace etch
