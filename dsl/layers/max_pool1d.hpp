#pragma once

#include "pool.hpp"
#include "sequence.hpp"

namespace etch {
namespace layers {

template <auto... Options>
struct max_pool1d : max_pool<detail::sequence_options, Options...> {
  static constexpr std::string_view kind = "max_pool1d";
};

}  // namespace layers

/// The maximum under each window of each channel of a sequence: `max_pool1d<2>`, `max_pool1d<3,
/// stride<2>, same>`, `max_pool1d<3, padding<1, 0>>`; max_pool2d of an image of height 1. (length, c) ->
/// (length', c). ONNX MaxPool, channels last.
template <auto... Options>
inline constexpr layers::max_pool1d<Options...> max_pool1d{};

}  // namespace etch
