#pragma once

#include "pool.hpp"

namespace etch {
namespace layers {

template <auto... Options>
struct max_pool2d : max_pool<detail::window_options, Options...> {
  static constexpr std::string_view kind = "max_pool2d";
};

}  // namespace layers

/// The maximum under each window of each channel: `max_pool2d<2>`, `max_pool2d<kernel<3, 2>,
/// stride<2>, padding<1>>`, `max_pool2d<3, stride<2>, same>`. The stride defaults to the window;
/// padding never wins, and NaN always does. (h, w, c) -> (h', w', c). ONNX MaxPool, channels last.
template <auto... Options>
inline constexpr layers::max_pool2d<Options...> max_pool2d{};

}  // namespace etch
