#pragma once

#include "pool.hpp"
#include "sequence.hpp"

namespace etch {
namespace layers {

template <auto... Options>
struct avg_pool1d : avg_pool<detail::sequence_options, Options...> {
  static constexpr std::string_view kind = "avg_pool1d";
};

}  // namespace layers

/// The mean under each window of each channel of a sequence, over its elements alone: padding is not
/// counted. Options as for max_pool1d. (length, c) -> (length', c). ONNX AveragePool with
/// count_include_pad = 0, channels last.
template <auto... Options>
inline constexpr layers::avg_pool1d<Options...> avg_pool1d{};

}  // namespace etch
