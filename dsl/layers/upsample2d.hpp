#pragma once

#include "upsample.hpp"

namespace etch {
namespace layers {

template <auto... Options>
struct upsample2d : upsample<2, Options...> {
  static constexpr std::string_view kind = "upsample2d";
};

}  // namespace layers

/// A larger image: `upsample2d<2>`, `upsample2d<factor<2, 3>>`, in which each element is repeated, or
/// `upsample2d<2, bilinear>`. There an element of the result lies at (i + 0.5) / factor - 0.5 of the
/// image, between two elements on each axis, or, at an edge, at the outermost one. (h, w, c) ->
/// (h * factor, w * factor, c). PyTorch Upsample (align_corners=False); ONNX Resize, half_pixel, and
/// for `nearest` asymmetric with floor; channels last.
template <auto... Options>
inline constexpr layers::upsample2d<Options...> upsample2d{};

}  // namespace etch
