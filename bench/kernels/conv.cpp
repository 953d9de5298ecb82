// Convolutions: height x width x channels x filters_kernel. Forward is with bias and relu, and with
// a max pool where the name says so.
#include "../harness/contraction.hpp"
#include "kernels.hpp"

namespace benches {
namespace {

template <etch::contraction C, pass P, int Pool>
void add(std::string const& name, int batch) {
  std::string const full = "conv/" + name + "/" + name_of(P) + "/batch:" + std::to_string(batch);
  add_contraction_rows<C, P, P == pass::forward, Pool>(full, batch, [&](contraction_data const& d) {
    return conv_peers({C, Pool}, P, batch, d.rotating, d.fixed, d.bias);
  });
}

template <etch::contraction C>
void add_passes(std::string const& name, int batch = 1) {
  add<C, pass::forward, 1>(name, batch);
  add<C, pass::dx, 1>(name, batch);
  add<C, pass::dw, 1>(name, batch);
}

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

}  // namespace

void add_conv_rows() {
  add<square(28, 1, 32, 3), pass::forward, 2>("28x28x1x32_3x3_pool2", 1);
  add_passes<square(28, 1, 32, 3)>("28x28x1x32_3x3");
  add<square(13, 32, 64, 3), pass::forward, 2>("13x13x32x64_3x3_pool2", 1);
  add_passes<square(13, 32, 64, 3)>("13x13x32x64_3x3");
  add_passes<square(5, 64, 64, 3)>("5x5x64x64_3x3");
  add_passes<square(5, 64, 64, 3)>("5x5x64x64_3x3", 8);
  add_passes<square(14, 64, 128, 1)>("14x14x64x128_1x1");
  add_passes<square(14, 32, 64, 5)>("14x14x32x64_5x5");
  add_passes<strided(square(28, 32, 64, 3), 2)>("28x28x32x64_3x3_stride2");
  add_passes<depthwise(16, 64, 3)>("16x16x64_3x3_depthwise");
  add_passes<dilated(square(16, 32, 32, 3), 2)>("16x16x32x32_3x3_dilation2");
  add_passes<square(32, 3, 16, 3)>("32x32x3x16_3x3");
  add_passes<square(16, 20, 20, 3)>("16x16x20x20_3x3");
  add_passes<square(16, 33, 33, 3)>("16x16x33x33_3x3");
}

}  // namespace benches
