#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "flow.hpp"

namespace etch {

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

/// A sentence and the shape that was expected.
template <class Says, int... Expected>
struct own_words {};

#if __cpp_static_assert >= 202306L
/// `etch: ` and the pieces, as static_assert takes a message.
template <auto... Pieces>
struct message {
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

}  // namespace detail

template <class Where, class What, class Given, class Streams, auto... Pieces, int... N>
struct sentence<refusal::own_words, Where, What, Given, Streams,
                detail::own_words<says<Pieces...>, N...>> : refused {
  using rule = std::conditional_t<
      sizeof...(N) == 0, shape_rule<says<Pieces...>, Where, What, Given>,
      shape_rule<says<Pieces...>, Where, What, expects<extents<N...>>, Given>>;
#if __cpp_static_assert >= 202306L
  static_assert(rule::is_met, detail::message<Pieces...>{});
#else
  static_assert(rule::is_met, "etch: what is given here is refused; the reason stands in quotes");
#endif
};

namespace detail {

template <auto const& Shape, std::size_t... I>
constexpr auto spell(std::index_sequence<I...>) -> extents<Shape[static_cast<int>(I)]...>;

/// What `sentence` is told of an inference that refused.
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
