#pragma once

#include "../network.hpp"
#include "../options.hpp"

namespace etch {
namespace layers {

/// The options of a convolution.
struct conv_options : detail::window_options, detail::weight_options {
  using detail::weight_options::read;
  using detail::window_options::read;
  int groups = 1;

  template <int N>
  constexpr detail::decides read(options::groups<N>) {
    groups = N;
    return detail::decides::groups;
  }
};

template <int Filters, auto... Options>
struct conv2d : layer {
  static constexpr std::string_view kind = "conv2d";
  static constexpr auto chosen = detail::read_options<conv_options>(Options...);

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (in.rank != 3) return refuse(refusal::wants_image);
    return chosen.fit(chosen.over(in, Filters, 1, 1, chosen.groups));
  }

  static constexpr tensor forward(context& c, tensor x) {
    auto const [w, before, after] = chosen.over(x.shape(), Filters, 1, 1, chosen.groups);
    int const area = w.kernel_height * w.kernel_width;
    tensor const weight =
        c.parameter("weight", {Filters, w.kernel_height, w.kernel_width, w.group_channels()},
                    chosen.weights.with_fans(area * w.group_channels(), area * w.group_filters()));
    tensor const y = contract(pad(x, before, after), weight, w);
    return chosen.bias ? y + c.parameter("bias", {Filters}, zeros) : y;
  }
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
