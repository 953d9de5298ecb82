#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "flow.hpp"

namespace etch {

// The words of an error. They are types because a compiler prints types best.
template <int... Index>
struct layer_number;  // counted from 1 behind the input; a second number counts within a block
struct the_input;
struct the_loss;
template <class What>
struct declared_as;
template <class What>
struct expects;
template <class What>
struct given;

template <int... Extents>
struct extents {
  static constexpr tensor_shape value{Extents...};
};
struct vector;    // (features)
struct image;     // (height, width, channels)
struct sequence;  // (tokens, features)
struct at_least_one_axis;
template <int Count>
struct axes_at_most;
template <int Count>
struct elements;
template <int Count>
struct elements_at_most;
template <int Count>
struct streams;
template <int Count>
struct streams_at_least;
template <int Count>
struct streams_at_most;
template <int Count>
struct taps_at_most;
template <int Size>
struct sizes_at_least;
template <int Height, int Width>
struct image_at_least;
struct image_under_every_window;
template <int Count>
struct channels_in_multiples_of;
template <int Count>
struct filters_in_multiples_of;
struct options_of_this_layer;
struct options_by_name;
struct one_option_of_a_kind;
struct one_window;
struct one_padding;
struct epsilon_at_least_0;
struct momentum_from_0_to_1;
struct alpha_other_than_0;
struct delta_above_0;
struct rate_at_least_0_and_below_1;
struct tap_of_this_name_before;
struct a_loss;
struct logits;
struct member_kind;
struct member_shape_rule;
struct constexpr_shape_rule;
struct member_forward;

/// A rule that was broken, spelled out by its arguments: `layer_number`, `declared_as`, `expects`,
/// `given`.
template <class... Words>
struct shape_rule {
  static constexpr bool is_met = false;
};
/// A layer's own sentence, in as many pieces as compilers need to print all of it.
template <auto... Pieces>
struct says;
template <std::size_t Size>
struct text {
  char characters[Size]{};
};

/// The output shape of a network that was refused: equal to every shape, for an error is said once.
struct any_shape : tensor_shape {
  constexpr any_shape() : tensor_shape{1} {}
  friend constexpr bool operator==(any_shape, tensor_shape const&) { return true; }
};
/// The same for what is counted: it keeps within every bound.
struct any_count {
  template <class T>
  static constexpr bool is_number = std::is_arithmetic_v<T>;

  constexpr operator int() const { return 0; }
  template <class T>
    requires is_number<T>
  friend constexpr bool operator==(any_count, T) { return true; }
  template <class T>
    requires is_number<T>
  friend constexpr bool operator<(any_count, T) { return true; }
  template <class T>
    requires is_number<T>
  friend constexpr bool operator<=(any_count, T) { return true; }
  template <class T>
    requires is_number<T>
  friend constexpr bool operator>(any_count, T) { return true; }
  template <class T>
    requires is_number<T>
  friend constexpr bool operator>=(any_count, T) { return true; }
};

namespace detail {

/// Of a text in a type's name, clang prints 36 characters.
#ifdef __clang__
inline constexpr std::size_t longest_piece = 36;
#else
inline constexpr std::size_t longest_piece = static_cast<std::size_t>(-1);
#endif
/// The first piece of the words: it ends behind a space, if there is one.
constexpr std::string_view first_piece(std::string_view words) {
  if (words.size() <= longest_piece) return words;
  std::size_t const space = words.substr(0, longest_piece).rfind(' ');
  return words.substr(0, space == std::string_view::npos ? longest_piece : space + 1);
}
constexpr std::size_t pieces_of(std::string_view words) {
  std::size_t count = 0;
  for (; !words.empty(); ++count) words.remove_prefix(first_piece(words).size());
  return count;
}
template <auto const& Inference, std::size_t Index>
inline constexpr auto piece_of = [] {
  constexpr std::string_view piece = [] {
    std::string_view words = Inference.words;
    for (std::size_t i = 0; i < Index; ++i) words.remove_prefix(first_piece(words).size());
    return first_piece(words);
  }();
  text<piece.size() + 1> result;
  for (std::size_t i = 0; i < piece.size(); ++i) result.characters[i] = piece[i];
  result.characters[piece.size()] = 0;  // clang prints a text whose end is written
  return result;
}();

/// A sentence and the shape that was expected, for `report`.
template <class Says, int... Expected>
struct own_words {};

#if __cpp_static_assert >= 202306L
/// `etch: ` and the pieces, as static_assert takes a message.
template <auto... Pieces>
struct sentence {
  static constexpr std::size_t length = 6 + (0 + ... + (sizeof(Pieces.characters) - 1));
  static constexpr auto joined = [] {
    text<length + 1> all{"etch: "};
    std::size_t end = 6;
    auto const append = [&](auto const& piece) {
      for (char c : piece.characters)
        if (c != 0) all.characters[end++] = c;
    };
    (append(Pieces), ...);
    return all;
  }();
  constexpr std::size_t size() const { return length; }
  constexpr char const* data() const { return joined.characters; }
};
#endif

/// True where nothing is refused; else one assertion fails, with the words and the sentence of the
/// refusal. `N` are the numbers that came with it. A condition stands on one line, for clang prints
/// all of it. The result type is deduced so that compilers instantiate it, and name where from, at
/// once.
template <refusal Why, class Where, class What, class Given, class Streams, int... N>
constexpr auto report(extents<N...>) {
  using enum refusal;
  constexpr int most_streams = flow::max_streams, most_axes = tensor_shape::max_rank,
                most_elements = tensor_shape::max_elements;
  if constexpr (Why == none)
    return true;
  else if constexpr (Why == wants_vector)
    static_assert(shape_rule<Where, What, expects<vector>, Given>::is_met,
                  "etch: this layer takes a vector (features); insert etch::flatten before it");
  else if constexpr (Why == wants_image)
    static_assert(shape_rule<Where, What, expects<image>, Given>::is_met,
                  "etch: this layer takes an image (height, width, channels); insert "
                  "etch::reshape<height, width, channels> before it");
  else if constexpr (Why == wants_sequence)
    static_assert(shape_rule<Where, What, expects<sequence>, Given>::is_met,
                  "etch: this layer takes a sequence (tokens, features); insert "
                  "etch::reshape<tokens, features> before it");
  else if constexpr (Why == wants_rank)
    static_assert(shape_rule<Where, What, expects<at_least_one_axis>, Given>::is_met,
                  "etch: a scalar is given where at least one axis is taken; end the layers before "
                  "with etch::reshape<1>, or with more outputs");
  else if constexpr (Why == wants_one_stream)
    static_assert(shape_rule<Where, What, expects<streams<1>>, Streams>::is_met,
                  "etch: this layer takes one stream; join them first with etch::add or "
                  "etch::concat, or give each one a layer with etch::each(...)");
  else if constexpr (Why == wants_more_streams && sizeof...(N) == 1)
    static_assert(shape_rule<Where, What, expects<streams<N...>>, Streams>::is_met,
                  "etch: this layer takes another number of streams; etch::each(...) has one block "
                  "for each of them");
  else if constexpr (Why == wants_more_streams)
    static_assert(shape_rule<Where, What, expects<streams_at_least<2>>, Streams>::is_met,
                  "etch: this layer takes several streams; etch::fork(...), etch::from<...> and "
                  "etch::inputs(...) make them");
  else if constexpr (Why == too_many_streams)
    static_assert(shape_rule<Where, What, expects<streams_at_most<most_streams>>, Streams>::is_met,
                  "etch: this makes too many streams; join some with etch::add or etch::concat");
  else if constexpr (Why == zero_size)
    static_assert(shape_rule<Where, What, expects<sizes_at_least<1>>, Given>::is_met,
                  "etch: every extent, count, window and stride must be at least 1");
  else if constexpr (Why == negative_padding)
    static_assert(shape_rule<Where, What, expects<sizes_at_least<0>>, Given>::is_met,
                  "etch: padding must be at least 0");
  else if constexpr (Why == too_many_axes)
    static_assert(shape_rule<Where, What, expects<axes_at_most<most_axes>>, Given>::is_met,
                  "etch: a shape has too many axes; the batch is not part of it");
  else if constexpr (Why == too_many_elements)
    static_assert(shape_rule<Where, What, expects<elements_at_most<most_elements>>, Given>::is_met,
                  "etch: a tensor of one sample has more than 2^30 numbers; make it smaller by a "
                  "stride or a pooling before it, or by fewer filters or units");
  else if constexpr (Why == kernel_too_large)
    static_assert(shape_rule<Where, What, expects<image_at_least<N...>>, Given>::is_met,
                  "etch: the window is larger than the image; use a smaller one, less dilation, or "
                  "etch::same");
  else if constexpr (Why == only_padding)
    static_assert(shape_rule<Where, What, expects<image_under_every_window>, Given>::is_met,
                  "etch: a window has nothing but padding under it; use less padding");
  else if constexpr (Why == channels_per_group)
    static_assert(shape_rule<Where, What, expects<channels_in_multiples_of<N...>>, Given>::is_met,
                  "etch: the channels of the input must be a multiple of the groups");
  else if constexpr (Why == filters_per_group)
    static_assert(shape_rule<Where, What, expects<filters_in_multiples_of<N...>>, Given>::is_met,
                  "etch: the filters must be a multiple of the groups");
  else if constexpr (Why == residual_shape)
    static_assert(shape_rule<Where, What, expects<extents<N...>>, Given>::is_met,
                  "etch: the block of a residual must give back the shape it is given; use "
                  "etch::same, or end it with a layer that restores the shape");
  else if constexpr (Why == add_shapes)
    static_assert(shape_rule<Where, What, expects<extents<N...>>, Given>::is_met,
                  "etch: streams that are added must have one shape; use etch::same, equal "
                  "filters or equal units");
  else if constexpr (Why == concat_shapes)
    static_assert(shape_rule<Where, What, expects<extents<N...>>, Given>::is_met,
                  "etch: streams that are joined must agree on all axes but the last; use "
                  "etch::same");
  else if constexpr (Why == reshape_elements)
    static_assert(shape_rule<Where, What, expects<elements<N...>>, Given>::is_met,
                  "etch: a reshape must keep the number of elements");
  else if constexpr (Why == unknown_tap)
    static_assert(shape_rule<Where, What, expects<tap_of_this_name_before>, Given>::is_met,
                  "etch: no tap of this name stands before this layer; set it with "
                  "etch::tap<\"name\">");
  else if constexpr (Why == too_many_taps)
    static_assert(shape_rule<Where, What, expects<taps_at_most<flow::max_taps>>, Given>::is_met,
                  "etch: a network has too many taps; use a name again that is no longer needed");
  else if constexpr (Why == unknown_option)
    static_assert(shape_rule<Where, What, expects<options_of_this_layer>, Given>::is_met,
                  "etch: one of the options is none of this layer, whose documentation names those "
                  "that it has; an activation is a layer that follows, | etch::relu");
  else if constexpr (Why == unknown_number)
    static_assert(shape_rule<Where, What, expects<options_by_name>, Given>::is_met,
                  "etch: this layer does not take that number: its input is what the layer before "
                  "gives, and options have names, as etch::epsilon<1e-3>");
  else if constexpr (Why == repeated_option)
    static_assert(shape_rule<Where, What, expects<one_option_of_a_kind>, Given>::is_met,
                  "etch: two options say the same thing, leave one out; height and width are one "
                  "option, as etch::stride<1, 2>");
  else if constexpr (Why == two_windows)
    static_assert(shape_rule<Where, What, expects<one_window>, Given>::is_met,
                  "etch: this layer takes one window: 3 is a square one, etch::kernel<3, 5> a "
                  "rectangular one; a stride is etch::stride<2>, and the channels of the input are "
                  "known");
  else if constexpr (Why == two_paddings)
    static_assert(shape_rule<Where, What, expects<one_padding>, Given>::is_met,
                  "etch: this layer takes one padding: etch::same, etch::valid, etch::padding<1>, "
                  "etch::padding<height, width> or etch::padding<top, left, bottom, right>");
  else if constexpr (Why == epsilon_out_of_range)
    static_assert(shape_rule<Where, What, expects<epsilon_at_least_0>, Given>::is_met,
                  "etch: epsilon must be at least 0");
  else if constexpr (Why == momentum_out_of_range)
    static_assert(shape_rule<Where, What, expects<momentum_from_0_to_1>, Given>::is_met,
                  "etch: momentum, the weight of a new batch, must be at least 0 and at most 1");
  else if constexpr (Why == rate_out_of_range)
    static_assert(shape_rule<Where, What, expects<rate_at_least_0_and_below_1>, Given>::is_met,
                  "etch: the rate must be at least 0 and below 1");
  else if constexpr (Why == alpha_is_zero)
    static_assert(shape_rule<Where, What, expects<alpha_other_than_0>, Given>::is_met,
                  "etch: celu divides by its alpha, which must not be 0");
  else if constexpr (Why == delta_too_small)
    static_assert(shape_rule<Where, What, expects<delta_above_0>, Given>::is_met,
                  "etch: the delta of huber, at which it turns from a square to a line, must be "
                  "above 0");
  else if constexpr (Why == no_loss)
    static_assert(shape_rule<Where, What, expects<a_loss>, Given>::is_met,
                  "etch: this is not a loss, such as etch::mse or etch::cross_entropy; see "
                  "etch::loss for how to write one");
  else if constexpr (Why == no_logits)
    static_assert(shape_rule<Where, What, expects<logits>, Given>::is_met,
                  "etch: this loss takes logits and makes probabilities of them itself; leave out "
                  "the softmax, log_softmax or sigmoid at the end. etch::predict(model, data, "
                  "etch::softmax) gives probabilities, and a model of net | etch::softmax takes "
                  "the weights of one of net");
  else if constexpr (Why == no_kind)
    static_assert(shape_rule<Where, What, expects<member_kind>, Given>::is_met,
                  "etch: a layer has a name; add `static constexpr std::string_view kind`");
  else if constexpr (Why == no_shape_rule)
    static_assert(shape_rule<Where, What, expects<member_shape_rule>, Given>::is_met,
                  "etch: a layer says what shape it gives; add `static constexpr etch::verdict "
                  "shape_rule(etch::tensor_shape const& in)`");
  else if constexpr (Why == no_constant_rule)
    static_assert(shape_rule<Where, What, expects<constexpr_shape_rule>, Given>::is_met,
                  "etch: the compiler cannot evaluate the shape rule of this layer; it must be "
                  "constexpr, and all that it calls");
  else
    static_assert(shape_rule<Where, What, expects<member_forward>, Given>::is_met,
                  "etch: a layer says what it computes; add `static constexpr etch::tensor "
                  "forward(etch::context& c, etch::tensor x)`");
  return Why == none;
}

/// The same for a layer that refuses in its own words.
template <refusal, class Where, class What, class Given, class Streams, auto... Pieces, int... N>
constexpr auto report(own_words<says<Pieces...>, N...>) {
  using rule = std::conditional_t<
      sizeof...(N) == 0, shape_rule<says<Pieces...>, Where, What, Given>,
      shape_rule<says<Pieces...>, Where, What, expects<extents<N...>>, Given>>;
#if __cpp_static_assert >= 202306L
  static_assert(rule::is_met, sentence<Pieces...>{});
#else
  static_assert(rule::is_met, "etch: what is given here is refused; the reason stands in quotes");
#endif
  return false;
}

template <auto const& Shape, std::size_t... I>
constexpr auto spell(std::index_sequence<I...>) -> extents<Shape[static_cast<int>(I)]...>;

/// The arguments of `report` for an inference that refused.
template <auto const& Inference>
struct report_words {
  template <auto const& Shape>
  using spelled = decltype(spell<Shape>(std::make_index_sequence<Shape.rank>{}));
  template <class Expected>
  struct with_sentence {
    using type = Expected;
  };
  template <int... N>
    requires(!Inference.words.empty())
  struct with_sentence<extents<N...>> {
    template <std::size_t... I>
    static constexpr auto of(std::index_sequence<I...>)
        -> own_words<says<piece_of<Inference, I>...>, N...>;
    using type = decltype(of(std::make_index_sequence<pieces_of(Inference.words)>{}));
  };

  static constexpr tensor_shape expected_shape = Inference.expected;
  static constexpr tensor_shape given_shape = Inference.given;
  using expected = typename with_sentence<spelled<expected_shape>>::type;
  using given = etch::given<spelled<given_shape>>;
  using streams = etch::given<etch::streams<Inference.streams>>;
};

}  // namespace detail
}  // namespace etch
