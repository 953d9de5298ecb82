#pragma once

#include "../network.hpp"
#include "../options.hpp"

namespace etch {
struct image_under_every_window;

namespace refusal {
inline constexpr reason only_padding{&only_padding};  // a pooling window without a pixel under it
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::only_padding, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<image_under_every_window>, Given>::is_met,
                "etch: a window has nothing but padding under it; use less padding");
};

namespace layers {

/// Base of the layers that put a window over each channel; the stride defaults to the window.
template <auto... Options>
struct pool_window : layer {
  static constexpr auto chosen = detail::read_options<detail::window_options>(Options...);

  static constexpr auto geometry(tensor_shape const& in) {
    return chosen.over(in, in[2], chosen.kernel_height, chosen.kernel_width);
  }

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (in.rank != 3) return refuse(refusal::wants_image);
    auto const g = geometry(in);
    verdict const said = chosen.fit(g);
    if (!said.accepted()) return said;
    // A window with nothing but padding under it has neither a maximum nor a mean.
    contraction const& w = g.window;
    bool const fits = touches(in[0], g.before[0], w.kernel_height, w.stride_height,
                              w.dilation_height, w.out_height()) &&
                      touches(in[1], g.before[1], w.kernel_width, w.stride_width,
                              w.dilation_width, w.out_width());
    return fits ? said : refuse(refusal::only_padding);
  }

 private:
  static constexpr bool touches(int extent, int before, int kernel, int stride, int dilation,
                                int out) {
    for (int o = 0; o < out; ++o) {
      bool some = false;
      for (int k = 0; k < kernel; ++k) {
        int const i = o * stride + k * dilation - before;
        some = some || (i >= 0 && i < extent);
      }
      if (!some) return false;
    }
    return true;
  }
};

}  // namespace layers
}  // namespace etch
