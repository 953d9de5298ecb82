#pragma once

#include <array>

#include "../dsl/contraction.hpp"

/// The convolutions of the kernel rows: height x width x channels x filters_kernel.
namespace benches {

/// A window, which all three products are measured of, or with max pooling behind it the forward
/// one.
struct conv_row {
  char name[28];
  etch::contraction window;
  int pool = 1, batch = 1;
};

namespace windows {

constexpr etch::contraction square(int size, int channels, int filters, int kernel) {
  return {.height = size,
          .width = size,
          .channels = channels,
          .kernel_height = kernel,
          .kernel_width = kernel,
          .filters = filters};
}
constexpr etch::contraction strided(etch::contraction c, int stride) {
  c.stride_height = c.stride_width = stride;
  return c;
}
constexpr etch::contraction dilated(etch::contraction c, int dilation) {
  c.dilation_height = c.dilation_width = dilation;
  return c;
}
constexpr etch::contraction depthwise(int size, int channels, int kernel) {
  auto c = square(size, channels, channels, kernel);
  c.groups = channels;
  return c;
}

}  // namespace windows

inline constexpr std::array conv_rows{
    conv_row{"28x28x1x32_3x3_pool2", windows::square(28, 1, 32, 3), 2},
    conv_row{"28x28x1x32_3x3", windows::square(28, 1, 32, 3)},
    conv_row{"13x13x32x64_3x3_pool2", windows::square(13, 32, 64, 3), 2},
    conv_row{"13x13x32x64_3x3", windows::square(13, 32, 64, 3)},
    conv_row{"5x5x64x64_3x3", windows::square(5, 64, 64, 3)},
    conv_row{"5x5x64x64_3x3", windows::square(5, 64, 64, 3), 1, 8},
    conv_row{"14x14x64x128_1x1", windows::square(14, 64, 128, 1)},
    conv_row{"14x14x32x64_5x5", windows::square(14, 32, 64, 5)},
    conv_row{"28x28x32x64_3x3_stride2", windows::strided(windows::square(28, 32, 64, 3), 2)},
    conv_row{"16x16x64_3x3_depthwise", windows::depthwise(16, 64, 3)},
    conv_row{"16x16x32x32_3x3_dilation2", windows::dilated(windows::square(16, 32, 32, 3), 2)},
    conv_row{"32x32x3x16_3x3", windows::square(32, 3, 16, 3)},
    conv_row{"16x16x20x20_3x3", windows::square(16, 20, 20, 3)},
    conv_row{"16x16x33x33_3x3", windows::square(16, 33, 33, 3)}};

}  // namespace benches
