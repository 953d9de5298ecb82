#pragma once

#include "conv.hpp"
#include "sequence.hpp"

namespace etch {

namespace options {
struct causal {};
}  // namespace options

/// Padding of conv1d: dilation * (kernel - 1) zeros before the first element and none behind the last,
/// so that no output reads what comes after it.
inline constexpr options::causal causal{};

namespace layers {

struct conv1d_options : conv_options<detail::sequence_options> {
  using conv_options<detail::sequence_options>::read;

  constexpr detail::decides read(options::causal) {
    causal = true;
    return detail::decides::padding;
  }
};

template <int Filters, auto... Options>
struct conv1d : conv<conv1d_options, Filters, Options...> {
  static constexpr std::string_view kind = "conv1d";
};

}  // namespace layers

/// y[i, f] = bias[f] + the sum over k, c of weight[f, k, c] * x[i * stride + k * dilation, c], with
/// zeros for the padding. (length, channels) -> (length', filters), where length' = (length + padding -
/// dilation * (kernel - 1) - 1) / stride + 1, rounded down. `conv1d<32, 3>`, `conv1d<32, 5, causal,
/// dilation<4>>`, `conv1d<32, 4, padding<1, 2>>` of one before and two behind; other options as those
/// of conv2d, which it is of an image of height 1. Parameters: weight (filters, kernel, channels /
/// groups), bias (filters). ONNX Conv, channels last.
template <int Filters, auto... Options>
inline constexpr layers::conv1d<Filters, Options...> conv1d{};

}  // namespace etch
