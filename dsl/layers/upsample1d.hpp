#pragma once

#include "upsample.hpp"

namespace etch {
namespace layers {

template <auto... Options>
struct upsample1d : upsample<1, Options...> {
  static constexpr std::string_view kind = "upsample1d";
};

}  // namespace layers

/// A longer sequence: `upsample1d<2>` repeats each element, `upsample1d<2, bilinear>` is linear between
/// them; upsample2d of an image of height 1. (length, c) -> (length * factor, c). PyTorch Upsample; ONNX
/// Resize, channels last.
template <auto... Options>
inline constexpr layers::upsample1d<Options...> upsample1d{};

}  // namespace etch
