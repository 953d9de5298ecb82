#pragma once

#include "../network.hpp"
#include "../options.hpp"

namespace etch::layers {

/// The options of a convolution, whose window is one of `Window`.
template <class Window>
struct conv_options : Window, detail::weight_options {
  using detail::weight_options::read;
  using Window::read;
  int groups = 1;

  template <int N>
  constexpr detail::decides read(options::groups<N>) {
    groups = N;
    return detail::decides::groups;
  }
};

/// (filters, kernel height, kernel width, channels / groups), without the height for a sequence.
constexpr tensor_shape weight_shape(contraction const& w, int rank) {
  if (rank == 2) return {w.filters, w.kernel_width, w.group_channels()};
  return {w.filters, w.kernel_height, w.kernel_width, w.group_channels()};
}

/// Base of the convolutions, of images and of sequences.
template <class Reader, int Filters, auto... Options>
struct conv : layer {
  static constexpr auto chosen = detail::read_options<Reader>(Options...);

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (in.rank != chosen.rank) return refuse(chosen.other_rank);
    return chosen.fit(chosen.over(in, Filters, 1, 1, chosen.groups));
  }

  static constexpr tensor forward(context& c, tensor x) {
    auto const g = chosen.over(x.shape(), Filters, 1, 1, chosen.groups);
    contraction const& w = g.window;
    int const area = w.kernel_height * w.kernel_width;
    tensor const weight =
        c.parameter("weight", weight_shape(w, chosen.rank),
                    chosen.weights.with_fans(area * w.group_channels(), area * w.group_filters()));
    tensor const y = contract(pad(x, g.before, g.after), weight, w, g.output());
    return chosen.bias ? y + c.parameter("bias", {Filters}, zeros) : y;
  }
};

}  // namespace etch::layers
