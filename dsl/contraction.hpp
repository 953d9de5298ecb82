#pragma once

#include "shape.hpp"

namespace etch {

/// The geometry of the one primitive that multiplies: a window of a (height, width, channels)
/// input, unpadded, contracted with weights (filters, kernel height, kernel width, channels /
/// groups):
///
///   y[oy, ox, f] = sum over ky, kx, c of
///                  x[oy * stride + ky * dilation, ox * stride + kx * dilation, group(f) + c] * w[f, ky, kx, c]
///
/// A dense layer is the window 1x1 over (1, rows, features). Source: ONNX Conv with explicit Pad.
struct contraction {
  int height = 1, width = 1, channels = 1;
  int kernel_height = 1, kernel_width = 1;
  int stride_height = 1, stride_width = 1;
  int dilation_height = 1, dilation_width = 1;
  int groups = 1;
  int filters = 1;

  constexpr int span_height() const { return dilation_height * (kernel_height - 1) + 1; }
  constexpr int span_width() const { return dilation_width * (kernel_width - 1) + 1; }
  constexpr int out_height() const { return (height - span_height()) / stride_height + 1; }
  constexpr int out_width() const { return (width - span_width()) / stride_width + 1; }
  constexpr int group_channels() const { return channels / groups; }
  constexpr int group_filters() const { return filters / groups; }

  /// One window position is one row of a matrix product: no spatial structure is left.
  constexpr bool pointwise() const {
    return kernel_height == 1 && kernel_width == 1 && stride_height == 1 && stride_width == 1;
  }
  constexpr bool depthwise() const { return groups == channels && groups == filters && groups > 1; }

  /// Whether every size is at least 1, the window lies inside the image, and groups are equal.
  constexpr bool fits() const {
    for (int size : {height, width, channels, kernel_height, kernel_width, stride_height,
                     stride_width, dilation_height, dilation_width, groups, filters})
      if (size < 1) return false;
    return span_height() <= height && span_width() <= width && channels % groups == 0 &&
           filters % groups == 0;
  }

  constexpr int inputs() const { return height * width * channels; }
  constexpr long long weights() const {
    return 1ll * filters * kernel_height * kernel_width * group_channels();
  }
  constexpr int outputs() const { return out_height() * out_width() * filters; }
  constexpr long long multiply_adds() const {
    return static_cast<long long>(outputs()) * kernel_height * kernel_width * group_channels();
  }

  constexpr bool operator==(contraction const&) const = default;
};

/// The shape of an image; in rank 2 that of a sequence (length, channels), an image of height 1.
constexpr tensor_shape image_shape(int rank, int height, int width, int channels) {
  return rank == 2 ? tensor_shape{width, channels} : tensor_shape{height, width, channels};
}

/// Height and width of the windows of a pooling; one position alone is none.
struct pool_window {
  int height = 1, width = 1;

  constexpr bool operator==(pool_window const&) const = default;
};

/// The max pooling of what c gives, with windows of `height` x `width` that do not overlap.
constexpr contraction pooling_of(contraction const& c, pool_window pooled) {
  return {.height = c.out_height(),
          .width = c.out_width(),
          .channels = c.filters,
          .kernel_height = pooled.height,
          .kernel_width = pooled.width,
          .stride_height = pooled.height,
          .stride_width = pooled.width,
          .groups = c.filters,
          .filters = c.filters};
}

}  // namespace etch
