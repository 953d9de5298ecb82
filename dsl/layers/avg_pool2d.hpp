#pragma once

#include "pool.hpp"

namespace etch {
namespace layers {

template <auto... Options>
struct avg_pool2d : pool_window<Options...> {
  static constexpr std::string_view kind = "avg_pool2d";

  static constexpr tensor forward(context&, tensor x) {
    auto const [window, before, after] = avg_pool2d::geometry(x.shape());
    tensor const padded = pad(x, before, after);
    tensor const total = pool(function::add, padded, window);
    if (padded.shape() == x.shape())
      return total / (1.0 * window.kernel_height * window.kernel_width);
    // How many elements of the image lie under each window depends on nothing that is computed.
    tensor_shape const one_channel{x.shape()[0], x.shape()[1], 1};
    contraction count_window = window;
    count_window.channels = count_window.filters = 1;
    tensor const ones = pad(filled(x, 1, one_channel), before, after);
    return total * (1 / pool(function::add, ones, count_window));
  }
};

}  // namespace layers

/// The mean under each window of each channel, over the elements of the image alone: padding is not
/// counted. Options as for max_pool2d. (h, w, c) -> (h', w', c). ONNX AveragePool with
/// count_include_pad = 0, channels last.
template <auto... Options>
inline constexpr layers::avg_pool2d<Options...> avg_pool2d{};

}  // namespace etch
