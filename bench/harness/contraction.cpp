#include "contraction.hpp"

#include <algorithm>

namespace benches {

std::vector<float> plain_contraction(etch::contraction const& c, pass p, int batch,
                                     contraction_data const& d, bool relu, int pool) {
  auto const at = [](int i) { return static_cast<std::size_t>(i); };
  int const height = c.out_height(), width = c.out_width(), taps = etch::window_size(c);
  std::vector<double> y(at(batch * c.outputs())), dx(at(batch * c.inputs())),
      dw(at(c.filters * taps));
  float const* const a = d.rotating[0].data();
  float const* const b = d.fixed.data();
  for (int s = 0; s < batch; ++s)
    for (int oy = 0; oy < height; ++oy)
      for (int ox = 0; ox < width; ++ox)
        for (int f = 0; f < c.filters; ++f) {
          int const out = ((s * height + oy) * width + ox) * c.filters + f;
          int weight = f * taps;
          for (int ky = 0; ky < c.kernel_height; ++ky)
            for (int kx = 0; kx < c.kernel_width; ++kx) {
              int const iy = oy * c.stride_height + ky * c.dilation_height;
              int const ix = ox * c.stride_width + kx * c.dilation_width;
              int in = ((s * c.height + iy) * c.width + ix) * c.channels +
                       f / c.group_filters() * c.group_channels();
              for (int k = 0; k < c.group_channels(); ++k, ++in, ++weight) {
                if (p == pass::forward)
                  y[at(out)] += static_cast<double>(a[in]) * static_cast<double>(b[weight]);
                else if (p == pass::dx)
                  dx[at(in)] += static_cast<double>(a[out]) * static_cast<double>(b[weight]);
                else
                  dw[at(weight)] += static_cast<double>(a[in]) * static_cast<double>(b[out]);
              }
            }
          if (relu) y[at(out)] = std::max(0.0, y[at(out)] + static_cast<double>(d.bias.data()[f]));
        }
  if (p == pass::dx) return {dx.begin(), dx.end()};
  if (p == pass::dw) return {dw.begin(), dw.end()};
  std::vector<float> pooled;
  for (int s = 0; s < batch; ++s)
    for (int oy = 0; oy < height / pool; ++oy)
      for (int ox = 0; ox < width / pool; ++ox)
        for (int f = 0; f < c.filters; ++f) {
          double most = -1e30;
          for (int i = 0; i < pool * pool; ++i)
            most = std::max(
                most, y[at(((s * height + oy * pool + i / pool) * width + ox * pool + i % pool) *
                               c.filters +
                           f)]);
          pooled.push_back(static_cast<float>(most));
        }
  return pooled;
}

}  // namespace benches
