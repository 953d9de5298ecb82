#pragma once

#include <limits>

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

/// Base of the layers that put a window over each channel, of images and of sequences; the stride
/// defaults to the window.
template <class Window, auto... Options>
struct pool_window : layer {
  static constexpr auto chosen = detail::read_options<Window>(Options...);

  static constexpr auto geometry(tensor_shape const& in) {
    return chosen.over(in, in.last(), chosen.kernel_height, chosen.kernel_width);
  }

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (in.rank != chosen.rank) return refuse(chosen.other_rank);
    auto const g = geometry(in);
    verdict const said = chosen.fit(g);
    if (!said.accepted()) return said;
    // A window with nothing but padding under it has neither a maximum nor a mean.
    contraction const& w = g.window;
    int const wide = in.rank - 2;  // the axis of the width
    bool const fits = (wide == 0 || touches(in[0], g.before[0], w.kernel_height, w.stride_height,
                                            w.dilation_height, w.out_height())) &&
                      touches(in[wide], g.before[static_cast<std::size_t>(wide)], w.kernel_width,
                              w.stride_width, w.dilation_width, w.out_width());
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

/// Base of the maxima, of images and of sequences.
template <class Window, auto... Options>
struct max_pool : pool_window<Window, Options...> {
  static constexpr tensor forward(context&, tensor x) {
    auto const g = max_pool::geometry(x.shape());
    double const never = -std::numeric_limits<double>::infinity();
    return pool(function::maximum, pad(x, g.before, g.after, never), g.window, g.output());
  }
};

/// Base of the means, of images and of sequences.
template <class Window, auto... Options>
struct avg_pool : pool_window<Window, Options...> {
  static constexpr tensor forward(context&, tensor x) {
    auto g = avg_pool::geometry(x.shape());
    tensor const padded = pad(x, g.before, g.after);
    tensor const total = pool(function::add, padded, g.window, g.output());
    if (padded.shape() == x.shape())
      return total / (1.0 * g.window.kernel_height * g.window.kernel_width);
    // How many elements of the image lie under each window depends on nothing that is computed.
    tensor_shape one_channel = x.shape();
    one_channel[one_channel.rank - 1] = g.window.channels = g.window.filters = 1;
    tensor const ones = pad(filled(x, 1, one_channel), g.before, g.after);
    return total * (1 / pool(function::add, ones, g.window, g.output()));
  }
};

}  // namespace layers
}  // namespace etch
