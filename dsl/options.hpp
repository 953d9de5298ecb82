#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <type_traits>

#include "contraction.hpp"
#include "flow.hpp"
#include "initializer.hpp"

namespace etch {

struct options_of_this_layer;
struct options_by_name;
struct one_option_of_a_kind;
struct one_window;
struct one_padding;
struct epsilon_at_least_0;
struct momentum_from_0_to_1;
template <int Height, int Width>
struct image_at_least;
template <int Count>
struct channels_in_multiples_of;
template <int Count>
struct filters_in_multiples_of;

namespace refusal {
inline constexpr reason unknown_option{&unknown_option};
// a number among the options of a layer that takes none
inline constexpr reason unknown_number{&unknown_number};
inline constexpr reason repeated_option{&repeated_option};  // two for one thing
inline constexpr reason two_windows{&two_windows};  // the same, of windows and paddings
inline constexpr reason two_paddings{&two_paddings};
inline constexpr reason epsilon_out_of_range{&epsilon_out_of_range};
inline constexpr reason momentum_out_of_range{&momentum_out_of_range};
inline constexpr reason negative_padding{&negative_padding};  // padding below 0
// window larger than the padded image; expected: its least height and width
inline constexpr reason kernel_too_large{&kernel_too_large};
// channels are no multiple of the groups; expected: the groups
inline constexpr reason channels_per_group{&channels_per_group};
// filters are no multiple of the groups; expected: the groups
inline constexpr reason filters_per_group{&filters_per_group};
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::unknown_option, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<options_of_this_layer>, Given>::is_met,
                "etch: one of the options is none of this layer, whose documentation names those "
                "that it has; an activation is a layer that follows, | etch::relu");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::unknown_number, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<options_by_name>, Given>::is_met,
                "etch: this layer does not take that number: its input is what the layer before "
                "gives, and options have names, as etch::epsilon<1e-3>");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::repeated_option, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<one_option_of_a_kind>, Given>::is_met,
                "etch: two options say the same thing, leave one out; height and width are one "
                "option, as etch::stride<1, 2>");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::two_windows, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<one_window>, Given>::is_met,
                "etch: this layer takes one window: 3 is a square one, etch::kernel<3, 5> a "
                "rectangular one; a stride is etch::stride<2>, and the channels of the input are "
                "known");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::two_paddings, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<one_padding>, Given>::is_met,
                "etch: this layer takes one padding: etch::same, etch::valid, etch::padding<1>, "
                "etch::padding<height, width> or etch::padding<top, left, bottom, right>");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::epsilon_out_of_range, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<epsilon_at_least_0>, Given>::is_met,
                "etch: epsilon must be at least 0");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::momentum_out_of_range, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<momentum_from_0_to_1>, Given>::is_met,
                "etch: momentum, the weight of a new batch, must be at least 0 and at most 1");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::negative_padding, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<sizes_at_least<0>>, Given>::is_met,
                "etch: padding must be at least 0");
};

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::kernel_too_large, Where, What, Given, Streams, extents<N...>> : refused {
  static_assert(shape_rule<Where, What, expects<image_at_least<N...>>, Given>::is_met,
                "etch: the window is larger than the image; use a smaller one, less dilation, or "
                "etch::same");
};

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::channels_per_group, Where, What, Given, Streams, extents<N...>> : refused {
  static_assert(shape_rule<Where, What, expects<channels_in_multiples_of<N...>>, Given>::is_met,
                "etch: the channels of the input must be a multiple of the groups");
};

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::filters_per_group, Where, What, Given, Streams, extents<N...>> : refused {
  static_assert(shape_rule<Where, What, expects<filters_in_multiples_of<N...>>, Given>::is_met,
                "etch: the filters must be a multiple of the groups");
};

/// The options of layers. They are values of small types, so that an error prints what was written.
namespace options {

struct no_bias {};
struct same {};
template <int Top, int Left, int Bottom, int Right>
struct padding {};
template <int Height, int Width>
struct kernel {};
template <int Height, int Width>
struct stride {};
template <int Height, int Width>
struct dilation {};
template <int Count>
struct groups {};
template <real Value>
struct epsilon {
  static constexpr reason wrong =
      Value.value() >= 0 ? refusal::none : refusal::epsilon_out_of_range;
};
template <real Value>
struct momentum {
  static constexpr reason wrong = Value.value() >= 0 && Value.value() <= 1
                                       ? refusal::none
                                       : refusal::momentum_out_of_range;
};

}  // namespace options

inline constexpr options::no_bias no_bias{};

/// Padding: `same` keeps ceil(extent / stride), with the odd row or column at the end (ONNX
/// SAME_UPPER); `valid`, the default, adds nothing; `padding<1>` adds to all sides, `padding<1, 2>`
/// to height and width, `padding<top, left, bottom, right>` to each side.
inline constexpr options::same same{};
inline constexpr options::padding<0, 0, 0, 0> valid{};

namespace detail {
template <int... N>
struct sides {
  static constexpr bool known = sizeof...(N) == 1;
  static_assert(known, "etch: padding<1> is that of all sides, padding<1, 2> of height and width, "
                       "padding<top, left, bottom, right> of each side");
  using type = options::padding<0, 0, 0, 0>;
};
template <int N>
struct sides<N> {
  using type = options::padding<N, N, N, N>;
};
template <int H, int W>
struct sides<H, W> {
  using type = options::padding<H, W, H, W>;
};
template <int T, int L, int B, int R>
struct sides<T, L, B, R> {
  using type = options::padding<T, L, B, R>;
};
}  // namespace detail

template <int... N>
inline constexpr typename detail::sides<N...>::type padding{};
template <int Height, int Width = Height>
inline constexpr options::kernel<Height, Width> kernel{};
template <int Height, int Width = Height>
inline constexpr options::stride<Height, Width> stride{};
template <int Height, int Width = Height>
inline constexpr options::dilation<Height, Width> dilation{};
template <int Count>
inline constexpr options::groups<Count> groups{};
template <real Value>
inline constexpr options::epsilon<Value> epsilon{};
template <real Value>
inline constexpr options::momentum<Value> momentum{};

namespace detail {

/// What an option decides; a layer takes one option for each.
enum class decides {
  window, stride, dilation, padding, output_padding, groups, bias, weights, epsilon, momentum,
  padding_token, factor, interpolation
};

/// What a layer reads its options into, a struct with an overload of `read` for each that it has,
/// which says what the option decides; and why the layer is refused, if something is wrong.
template <class Reader>
struct options_of : Reader {
  reason wrong;
};

constexpr reason twice(decides what) {
  return what == decides::window    ? refusal::two_windows
         : what == decides::padding ? refusal::two_paddings
                                    : refusal::repeated_option;
}

/// `Options`, in any order. A layer calls the result `chosen`. Wrong are an option that it has not,
/// and two that decide the same.
template <class Reader, class... Options>
constexpr options_of<Reader> read_options(Options... options) {
  options_of<Reader> all;
  unsigned decided = 0;
  auto const decide = [&](decides what) {
    unsigned const bit = 1u << static_cast<unsigned>(what);
    if ((decided & bit) != 0) all.wrong = twice(what);
    decided |= bit;
  };
  [[maybe_unused]] auto const read = [&](auto option) {
    if constexpr (requires { option.wrong; })
      if (option.wrong != refusal::none) all.wrong = option.wrong;
    if constexpr (requires { all.read(option); }) decide(all.read(option));
    else if constexpr (std::is_arithmetic_v<decltype(option)>) all.wrong = refusal::unknown_number;
    else all.wrong = refusal::unknown_option;
  };
  (read(options), ...);
  return all;
}

/// An option of a call, `batch_norm(epsilon<1e-3>)`, as a template argument. A number, of which no
/// such layer has one, keeps its kind alone.
template <class Option>
using called_with = std::conditional_t<std::is_arithmetic_v<Option>, int, Option>;

/// The options of a layer with weights.
struct weight_options {
  bool bias = true;
  initializer weights = glorot_uniform;

  constexpr decides read(options::no_bias) {
    bias = false;
    return decides::bias;
  }
  constexpr decides read(initializer how) {
    weights = how;
    return decides::weights;
  }
};

/// The options of a window over an image (height, width, channels).
struct window_options {
  static constexpr int image_rank = 3, rank = image_rank;  // of what the layer is given
  static constexpr reason other_rank = refusal::wants_image;
  int kernel_height = 0, kernel_width = 0;  // which is refused: the window is no option
  static constexpr int not_said = std::numeric_limits<int>::min();
  int stride_height = not_said, stride_width = not_said;
  int dilation_height = 1, dilation_width = 1;
  bool same = false, causal = false;
  std::array<int, 2> before{}, after{};  // padding of height and width

  constexpr decides read(std::integral auto square) {
    kernel_height = kernel_width = static_cast<int>(square);
    return decides::window;
  }
  template <int H, int W>
  constexpr decides read(options::kernel<H, W>) {
    kernel_height = H, kernel_width = W;
    return decides::window;
  }
  template <int H, int W>
  constexpr decides read(options::stride<H, W>) {
    stride_height = H, stride_width = W;
    return decides::stride;
  }
  template <int H, int W>
  constexpr decides read(options::dilation<H, W>) {
    dilation_height = H, dilation_width = W;
    return decides::dilation;
  }
  template <int T, int L, int B, int R>
  constexpr decides read(options::padding<T, L, B, R>) {
    before = {T, L}, after = {B, R};
    return decides::padding;
  }
  constexpr decides read(options::same) {
    same = true;
    return decides::padding;
  }

  /// The geometry over `in`, an image or a sequence, after padding; `before` and `after` then hold the
  /// padding in full, for each axis of `in`.
  struct geometry {
    contraction window;
    axis_counts before{}, after{};
    int rank = image_rank;

    constexpr tensor_shape shape(int height, int width, int channels) const {
      return image_shape(rank, height, width, channels);
    }
    constexpr tensor_shape output() const {
      return shape(window.out_height(), window.out_width(), window.filters);
    }
  };
  constexpr geometry over(tensor_shape const& in, int filters, int default_stride_height,
                          int default_stride_width, int groups = 1) const {
    int const wide = in.rank - 2;  // the axis of the width
    geometry g{.window = {.height = wide == 0 ? 1 : in[0],
                          .width = in[wide],
                          .channels = in.last(),
                          .kernel_height = kernel_height,
                          .kernel_width = kernel_width,
                          .stride_height = said_or(stride_height, default_stride_height),
                          .stride_width = said_or(stride_width, default_stride_width),
                          .dilation_height = dilation_height,
                          .dilation_width = dilation_width,
                          .groups = groups,
                          .filters = filters},
               .rank = in.rank};
    contraction& w = g.window;
    std::array<int, 2> first = before, last = after;
    if (same && w.stride_height > 0 && w.stride_width > 0) {
      int const h = missing(w.height, w.stride_height, w.span_height());
      int const v = missing(w.width, w.stride_width, w.span_width());
      first = {h / 2, v / 2};
      last = {h - h / 2, v - v / 2};
    }
    if (causal) first[1] = w.span_width() - 1;
    w.height += first[0] + last[0];
    w.width += first[1] + last[1];
    g.before = in_axes(g.rank, first);
    g.after = in_axes(g.rank, last);
    return g;
  }

  /// The shape behind the window, or why it does not fit the image.
  constexpr verdict fit(geometry const& g) const {
    contraction const& w = g.window;
    if (verdict const said = has_sizes(w); !said.accepted()) return said;
    if (w.span_height() > w.height || w.span_width() > w.width) {
      tensor_shape least = g.shape(w.span_height(), w.span_width(), 0);
      --least.rank;
      for (std::size_t i = 0; i < 2; ++i) least.extent[i] -= g.before[i] + g.after[i];
      return refuse(refusal::kernel_too_large, least);
    }
    return in_groups(w.channels, w.filters, w.groups, g.output());
  }

 protected:
  static constexpr int said_or(int said, int otherwise) {
    return said == not_said ? otherwise : said;
  }
  /// Numbers for height and width, as those of the axes of an image or a sequence.
  static constexpr axis_counts in_axes(int axes, std::array<int, 2> const& counts) {
    return axes == image_rank ? axis_counts{counts[0], counts[1]} : axis_counts{counts[1]};
  }
  /// Whether no padding is below 0 and no size of the window below 1.
  constexpr verdict has_sizes(contraction const& w) const {
    for (std::size_t i : {0u, 1u})
      if (before[i] < 0 || after[i] < 0) return refuse(refusal::negative_padding);
    for (int size :
         {w.height, w.width, w.channels, w.kernel_height, w.kernel_width, w.stride_height,
          w.stride_width, w.dilation_height, w.dilation_width, w.groups, w.filters})
      if (size < 1) return refuse(refusal::zero_size);
    return accept({});
  }
  /// The shape, if the channels of the input and the filters are multiples of the groups.
  static constexpr verdict in_groups(int channels, int filters, int groups,
                                     tensor_shape const& shape) {
    if (channels % groups != 0) return refuse(refusal::channels_per_group, {groups});
    if (filters % groups != 0) return refuse(refusal::filters_per_group, {groups});
    return accept(shape);
  }

 private:
  static constexpr int missing(int extent, int step, int span) {
    int const needed = ((extent + step - 1) / step - 1) * step + span - extent;
    return needed > 0 ? needed : 0;
  }
};

}  // namespace detail
}  // namespace etch
