#pragma once

#include <algorithm>

#include "conv.hpp"

namespace etch {
template <int Height, int Width>
struct output_padding_below;
template <int... Extents>
struct padding_below;

namespace refusal {
// output padding that is negative or no smaller than stride and dilation; expected: their larger
inline constexpr reason output_padding_out_of_range{&output_padding_out_of_range};
// padding that cuts off all there is; expected: the result without it
inline constexpr reason padding_cuts_all{&padding_cuts_all};
}  // namespace refusal

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::output_padding_out_of_range, Where, What, Given, Streams, extents<N...>>
    : refused {
  static_assert(shape_rule<Where, What, expects<output_padding_below<N...>>, Given>::is_met,
                "etch: output_padding must be at least 0 and less than the stride or the dilation");
};

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::padding_cuts_all, Where, What, Given, Streams, extents<N...>> : refused {
  static_assert(shape_rule<Where, What, expects<padding_below<N...>>, Given>::is_met,
                "etch: the padding of a transposed convolution is cut off from its result, and here "
                "nothing is left; use less padding");
};

namespace options {
template <int Height, int Width>
struct output_padding {};
}  // namespace options

/// Of a transposed convolution: so many rows and columns more at the bottom and on the right, which a
/// convolution with that stride would not have read.
template <int Height, int Width = Height>
inline constexpr options::output_padding<Height, Width> output_padding{};

namespace layers {

/// The options of a transposed convolution, whose window is one of `Window`.
template <class Window>
struct conv_transpose_options : conv_options<Window> {
  using conv_options<Window>::read;
  std::array<int, 2> more{};  // output padding of height and width

  template <int H, int W>
    requires(Window::rank == 3 || H == W)
  constexpr detail::decides read(options::output_padding<H, W>) {
    more = {Window::rank == 3 ? H : 0, W};
    return detail::decides::output_padding;
  }

  /// The convolution that this is the transpose of: `window` reads the result, with `beyond` rows and
  /// columns fewer and before any is cut off, and gives the input.
  struct geometry {
    contraction window;
    axis_counts cut_before{}, cut_after{}, beyond{};
    tensor_shape result;  // what is left, with `filters` channels
  };
  /// With `same`, padding and output padding are such that each axis is stride times as long. Of rows
  /// and columns that output padding adds, the first are not cut off where padding would; the next are
  /// those that the window does not read, fewer than its stride; the rest no element reaches.
  constexpr geometry over(tensor_shape const& in, int filters) const {
    geometry g;
    contraction& w = g.window;
    w = Window::over(in, filters, 1, 1, this->groups).window;
    std::swap(w.channels, w.filters);
    std::array<int, 2> const from{in.rank == 2 ? 1 : in[0], in[in.rank - 2]},
        step{w.stride_height, w.stride_width}, span{w.span_height(), w.span_width()};
    std::array<int, 2> size{}, first = this->before, last = this->after, rest{};
    for (std::size_t i = 0; i < 2; ++i) {
      size[i] = step[i] * (from[i] - 1) + span[i];
      int added = more[i];
      if (this->same) {
        int const surplus = std::max(0, span[i] - step[i] + added);
        added = std::max(added, step[i] - span[i]);
        first[i] = surplus / 2;
        last[i] = surplus - first[i];
      }
      int const cancelled = std::min(added, last[i]);
      last[i] -= cancelled;
      int const inside = std::min(added - cancelled, std::max(0, step[i] - 1));
      size[i] += inside;
      rest[i] = added - cancelled - inside;
    }
    w.height = size[0];
    w.width = size[1];
    g.cut_before = Window::in_axes(in.rank, first);
    g.cut_after = Window::in_axes(in.rank, last);
    g.beyond = Window::in_axes(in.rank, rest);
    g.result = image_shape(in.rank, size[0] - first[0] - last[0] + rest[0],
                           size[1] - first[1] - last[1] + rest[1], filters);
    return g;
  }

  constexpr verdict fit(geometry const& g) const {
    contraction const& w = g.window;
    if (verdict const said = this->has_sizes(w); !said.accepted()) return said;
    int const rows = std::max(w.stride_height, w.dilation_height);
    int const columns = std::max(w.stride_width, w.dilation_width);
    if (more[0] < 0 || more[1] < 0 || more[0] >= rows || more[1] >= columns)
      return refuse(refusal::output_padding_out_of_range, {rows, columns});
    for (std::size_t i = 0; i + 1 < static_cast<std::size_t>(g.result.rank); ++i)
      if (g.result.extent[i] < 1)
        return refuse(refusal::padding_cuts_all, {w.height, w.width});
    return Window::in_groups(w.filters, w.channels, w.groups, g.result);
  }
};

/// Base of the transposed convolutions, of images and of sequences.
template <class Reader, int Filters, auto... Options>
struct conv_transpose : layer {
  static constexpr auto chosen = detail::read_options<Reader>(Options...);

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (in.rank != chosen.rank) return refuse(chosen.other_rank);
    return chosen.fit(chosen.over(in, Filters));
  }

  static constexpr tensor forward(context& c, tensor x) {
    auto const g = chosen.over(x.shape(), Filters);
    contraction const& w = g.window;
    int const area = w.kernel_height * w.kernel_width;
    tensor const weight =
        c.parameter("weight", weight_shape(w, chosen.rank),
                    chosen.weights.with_fans(area * w.group_filters(), area * w.group_channels()));
    tensor const all = contract_transposed(x, weight, w,
                                           image_shape(chosen.rank, w.height, w.width, w.channels));
    tensor const y = pad(slice(all, g.cut_before, g.cut_after), {}, g.beyond);
    return chosen.bias ? y + c.parameter("bias", {Filters}, zeros) : y;
  }
};

}  // namespace layers
}  // namespace etch
