#pragma once

#include "../network.hpp"

namespace etch {

template <int Rank>
struct each_axis_once;
template <int Rank>
struct axes_below;

namespace refusal {
// not each axis once; expected: their number
inline constexpr reason permute_axes{&permute_axes};
// an axis that is none, or one twice; expected: their number
inline constexpr reason flip_axes{&flip_axes};
}  // namespace refusal

template <class Where, class What, class Given, class Streams, int Rank>
struct sentence<refusal::permute_axes, Where, What, Given, Streams, extents<Rank>> : refused {
  static_assert(shape_rule<Where, What, expects<each_axis_once<Rank>>, Given>::is_met,
                "etch: permute names each axis of its input once, counted from 0: "
                "etch::permute<2, 0, 1> puts the channels of an image first");
};

template <class Where, class What, class Given, class Streams, int Rank>
struct sentence<refusal::flip_axes, Where, What, Given, Streams, extents<Rank>> : refused {
  static_assert(shape_rule<Where, What, expects<axes_below<Rank>>, Given>::is_met,
                "etch: flip names axes of its input, each once, counted from 0: etch::flip<1> "
                "mirrors an image");
};

namespace detail {

/// Whether the axes are some of a shape of this rank, each named once.
template <int... Axes>
constexpr bool are_axes(int rank) {
  unsigned named = 0;
  for (int axis : {Axes...}) {
    if (axis < 0 || axis >= rank || (named >> axis & 1U) != 0) return false;
    named |= 1U << axis;
  }
  return true;
}

}  // namespace detail

namespace layers {

template <int... Axes>
struct permute : layer {
  static constexpr std::string_view kind = "permute";

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (in.rank != sizeof...(Axes) || !detail::are_axes<Axes...>(in.rank))
      return refuse(refusal::permute_axes, {in.rank});
    tensor_shape out;
    for (int axis : {Axes...}) out[out.rank++] = in[axis];
    return accept(out);
  }

  static constexpr tensor forward(context&, tensor x) { return math::permute(x, {Axes...}); }
};

template <int... Axes>
struct flip : layer {
  static constexpr std::string_view kind = "flip";

  static constexpr verdict shape_rule(tensor_shape const& in) {
    return detail::are_axes<Axes...>(in.rank) ? accept(in) : refuse(refusal::flip_axes, {in.rank});
  }

  static constexpr tensor forward(context&, tensor x) {
    ((x = math::flip(x, Axes)), ...);
    return x;
  }
};

}  // namespace layers

/// The axes in another order: axis i of the output is axis number i of the list. `permute<2, 0, 1>`:
/// (height, width, channels) -> (channels, height, width). ONNX Transpose, without the batch.
template <int... Axes>
  requires(sizeof...(Axes) > 0)
inline constexpr layers::permute<Axes...> permute{};

/// The indices of these axes in reverse: `flip<1>` mirrors an image, left to right. NumPy flip, without
/// the batch.
template <int... Axes>
  requires(sizeof...(Axes) > 0)
inline constexpr layers::flip<Axes...> flip{};

}  // namespace etch
