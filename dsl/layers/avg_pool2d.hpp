#pragma once

#include "pool.hpp"

namespace etch {
namespace layers {

template <auto... Options>
struct avg_pool2d : avg_pool<detail::window_options, Options...> {
  static constexpr std::string_view kind = "avg_pool2d";
};

}  // namespace layers

/// The mean under each window of each channel, over the elements of the image alone: padding is not
/// counted. Options as for max_pool2d. (h, w, c) -> (h', w', c). ONNX AveragePool with
/// count_include_pad = 0, channels last.
template <auto... Options>
inline constexpr layers::avg_pool2d<Options...> avg_pool2d{};

}  // namespace etch
