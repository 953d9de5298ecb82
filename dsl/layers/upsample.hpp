#pragma once

#include "../network.hpp"
#include "../options.hpp"

namespace etch {

namespace options {
template <int Height, int Width>
struct factor {};
struct nearest {};
struct bilinear {};
}  // namespace options

/// How often an image is longer in height and width behind upsample2d, `factor<2, 3>`.
template <int Height, int Width = Height>
inline constexpr options::factor<Height, Width> factor{};

/// What upsample1d and upsample2d put between elements: the nearest one, or a weighted mean of the two
/// on each axis that lie around.
inline constexpr options::nearest nearest{};
inline constexpr options::bilinear bilinear{};

namespace detail {

/// The options of upsampling along `Axes` axes.
template <int Axes>
struct upsample_options {
  static constexpr int rank = Axes + 1;
  static constexpr reason other_rank =
      Axes == 1 ? refusal::wants_sequence : refusal::wants_image;
  int height = 1, width = 0;  // which is refused: the factor is no option
  bool is_bilinear = false;

  constexpr decides read(std::integral auto both) {
    width = static_cast<int>(both);
    if (Axes == 2) height = width;
    return decides::factor;
  }
  template <int H, int W>
    requires(Axes == 2 || H == W)
  constexpr decides read(options::factor<H, W>) {
    width = W;
    if (Axes == 2) height = H;
    return decides::factor;
  }
  constexpr decides read(options::nearest) { return decides::interpolation; }
  constexpr decides read(options::bilinear) {
    is_bilinear = true;
    return decides::interpolation;
  }
};

/// The weights of linear interpolation between elements `factor` apart, 1 - distance / factor, and how
/// many there are.
constexpr int taps_between(int factor) { return 2 * factor - factor % 2; }
constexpr tensor weights_between(tensor like, int factor) {
  int const taps = taps_between(factor);
  tensor const from_centre = abs(iota(like, {taps}) - (taps - 1) / 2.0);
  return 1.0 - from_centre / static_cast<double>(factor);
}

/// The transposed convolution of each channel of x, (height, width, channels), with these weights, but
/// for what it has at the ends beyond factor * extent.
constexpr tensor spread_between(tensor x, int height, int width) {
  tensor_shape const in = x.shape();
  contraction w{.channels = in[2],
                .kernel_height = taps_between(height),
                .kernel_width = taps_between(width),
                .stride_height = height,
                .stride_width = width,
                .groups = in[2],
                .filters = in[2]};
  w.height = (in[0] - 1) * height + w.kernel_height;
  w.width = (in[1] - 1) * width + w.kernel_width;
  tensor const rows = math::reshape(weights_between(x, height), {w.kernel_height, 1});
  int const taps = w.kernel_height * w.kernel_width;
  tensor const one_channel = math::reshape(rows * weights_between(x, width), {taps});
  tensor const weights = filled(x, 1, {in[2], taps}) * one_channel;
  int const above = (w.kernel_height - height) / 2, left = (w.kernel_width - width) / 2;
  return slice(contract_transposed(x, weights, w), {above, left}, {above, left});
}

}  // namespace detail

namespace layers {

/// Base of upsampling, of images and of sequences, which are images of height 1.
template <int Axes, auto... Options>
struct upsample : layer {
  static constexpr auto chosen = detail::read_options<detail::upsample_options<Axes>>(Options...);

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (in.rank != chosen.rank) return refuse(chosen.other_rank);
    if (chosen.height < 1 || chosen.width < 1) return refuse(refusal::zero_size);
    tensor_shape const out = image_of(in);
    return accept(
        image_shape(in.rank, out[0] * chosen.height, out[1] * chosen.width, out[2]));
  }

  static constexpr tensor forward(context&, tensor x) {
    tensor_shape const in = image_of(x.shape()), out = shape_rule(x.shape()).shape;
    if (chosen.is_bilinear) return math::reshape(blended(math::reshape(x, in)), out);
    return unpool_sum(x,  // each window of which is what one element is repeated over
                      {.height = in[0] * chosen.height,
                       .width = in[1] * chosen.width,
                       .channels = in[2],
                       .kernel_height = chosen.height,
                       .kernel_width = chosen.width,
                       .stride_height = chosen.height,
                       .stride_width = chosen.width,
                       .groups = in[2],
                       .filters = in[2]},
                      out);
  }

 private:
  static constexpr tensor_shape image_of(tensor_shape const& in) {
    return Axes == 1 ? tensor_shape{1, in[0], in[1]} : in;
  }
  /// At the edges some weights have no element; the others, all of the outermost one, then stand for
  /// all: they are divided by their sum.
  static constexpr tensor blended(tensor x) {
    tensor const ones = filled(x, 1, {x.shape()[0], x.shape()[1], 1});
    return detail::spread_between(x, chosen.height, chosen.width) *
           (1 / detail::spread_between(ones, chosen.height, chosen.width));
  }
};

}  // namespace layers
}  // namespace etch
