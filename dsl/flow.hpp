#pragma once

#include <array>
#include <string_view>

#include "shape.hpp"

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
  static constexpr stream_type value{tensor_shape{Extents...}};
};
template <int... Extents>
struct token_extents {
  static constexpr stream_type value{tensor_shape{Extents...}, element_type::int32};
};
struct reals;
struct whole_numbers;  // tokens
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
template <int Size>
struct sizes_at_least;

/// A rule that was broken, spelled out by its arguments: `layer_number`, `declared_as`, `expects`,
/// `given`.
template <class... Words>
struct shape_rule {
  static constexpr bool is_met = false;
};

/// Why a layer refuses what it is given. A reason is an object that holds its own address, by which
/// it is told from the others; what the error says of it is a specialization of `sentence`. Both
/// stand in the file of the layer, as those of `celu`.
struct reason {
  reason const* self = nullptr;

  constexpr bool operator==(reason const&) const = default;
};
namespace refusal {
inline constexpr reason none{};
inline constexpr reason own_words{&own_words};  // the sentence that `refuse` is given
}  // namespace refusal

/// The error of a refusal: instantiated, it fails with the words of the reason. `Words` are where,
/// declared_as, given, given<streams>, and the numbers that came with the reason, as extents. The
/// condition of the assertion stands on one line, for clang prints all of it.
template <reason Why, class... Words>
struct sentence;
template <class... Words>
struct sentence<refusal::none, Words...> {
  static constexpr bool is_accepted = true;
};
struct rejected;
struct refused {
  static constexpr bool is_accepted = false;
  using network = rejected;  // what becomes of the chain
};

namespace refusal {
inline constexpr reason wants_vector{&wants_vector};  // (features)
inline constexpr reason wants_image{&wants_image};  // (height, width, channels)
inline constexpr reason wants_sequence{&wants_sequence};  // (tokens, features)
inline constexpr reason wants_rank{&wants_rank};  // at least one axis
inline constexpr reason zero_size{&zero_size};  // an extent, a count or a stride below 1
inline constexpr reason too_many_axes{&too_many_axes};  // more than tensor_shape::max_rank
// more than tensor_shape::max_elements
inline constexpr reason too_many_elements{&too_many_elements};
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::wants_vector, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<vector>, Given>::is_met,
                "etch: this layer takes a vector (features); insert etch::flatten before it");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::wants_image, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<image>, Given>::is_met,
                "etch: this layer takes an image (height, width, channels); insert "
                "etch::reshape<height, width, channels> before it");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::wants_sequence, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<sequence>, Given>::is_met,
                "etch: this layer takes a sequence (tokens, features); insert "
                "etch::reshape<tokens, features> before it");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::wants_rank, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<at_least_one_axis>, Given>::is_met,
                "etch: a scalar is given where at least one axis is taken; end the layers before "
                "with etch::reshape<1>, or with more outputs");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::zero_size, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<sizes_at_least<1>>, Given>::is_met,
                "etch: every extent, count, window and stride must be at least 1");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::too_many_axes, Where, What, Given, More...> : refused {
  using most = axes_at_most<tensor_shape::max_rank>;
  static_assert(shape_rule<Where, What, expects<most>, Given>::is_met,
                "etch: a shape has too many axes; the batch is not part of it");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::too_many_elements, Where, What, Given, More...> : refused {
  using most = elements_at_most<tensor_shape::max_elements>;
  static_assert(shape_rule<Where, What, expects<most>, Given>::is_met,
                "etch: a tensor of one sample has more than 2^30 numbers; make it smaller by a "
                "stride or a pooling before it, or by fewer filters or units");
};

/// What a shape rule says: the output's shape; or why not, and the shape, or the numbers, that was
/// expected instead.
struct verdict {
  reason why;
  tensor_shape shape;
  std::string_view words{};  // own_words: the sentence

  constexpr bool accepted() const { return why == refusal::none; }
};
constexpr verdict accept(tensor_shape const& output) { return {refusal::none, output}; }
constexpr verdict refuse(reason why, tensor_shape const& expected = {}) { return {why, expected}; }
/// In a sentence that the error shows, a literal: `refuse("a board has 8 rows", shape<8, 8>)`.
constexpr verdict refuse(std::string_view sentence, tensor_shape const& expected = {}) {
  return {refusal::own_words, expected, sentence};
}

/// What flows between layers: the shapes of one or more streams, and those kept under a name.
struct flow {
  static constexpr int max_streams = 16;
  static constexpr int max_taps = 64;
  struct named {
    std::string_view name;
    stream_type shape;
  };

  int streams = 0;
  int taps = 0;
  int ties = 0;  // blocks before whose parameters others may share
  std::array<stream_type, max_streams> shapes{};
  std::array<named, max_taps> tapped{};

  constexpr stream_type const& operator[](int i) const {
    return shapes[static_cast<std::size_t>(i)];
  }
  constexpr stream_type& operator[](int i) { return shapes[static_cast<std::size_t>(i)]; }
  constexpr int find(std::string_view name) const {
    for (int i = taps - 1; i >= 0; --i)
      if (tapped[static_cast<std::size_t>(i)].name == name) return i;
    return -1;
  }
};

template <int Count>
struct streams_at_least;
template <int Count>
struct streams_at_most;

namespace refusal {
// several streams reach a layer of one
inline constexpr reason wants_one_stream{&wants_one_stream};
inline constexpr reason wants_numbers{&wants_numbers};  // tokens where numbers are taken
inline constexpr reason wants_tokens{&wants_tokens};  // the reverse
// a join, or each(...), with another number of streams; expected: theirs
inline constexpr reason wants_more_streams{&wants_more_streams};
inline constexpr reason too_many_streams{&too_many_streams};  // more than flow::max_streams
}  // namespace refusal

template <class Where, class What, class Given, class Streams, class Expected>
struct sentence<refusal::wants_one_stream, Where, What, Given, Streams, Expected> : refused {
  static_assert(shape_rule<Where, What, expects<streams<1>>, Streams>::is_met,
                "etch: this layer takes one stream; join them first with etch::add or "
                "etch::concat, or give each one a layer with etch::each(...)");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::wants_numbers, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<reals>, Given>::is_met,
                "etch: this layer takes numbers and is given tokens; tokens need "
                "etch::embedding<rows, width> first");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::wants_tokens, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<whole_numbers>, Given>::is_met,
                "etch: this layer takes tokens, the numbers of rows of a table, and is given "
                "numbers; the input of such a network is etch::tokens<64>");
};

template <int Count, class Where, class What, class Given, class Streams>
struct sentence<refusal::wants_more_streams, Where, What, Given, Streams, extents<Count>>
    : refused {
  static_assert(shape_rule<Where, What, expects<streams<Count>>, Streams>::is_met,
                "etch: this layer takes another number of streams; etch::each(...) has one block "
                "for each of them");
};

template <class Where, class What, class Given, class Streams>
struct sentence<refusal::wants_more_streams, Where, What, Given, Streams, extents<>> : refused {
  static_assert(shape_rule<Where, What, expects<streams_at_least<2>>, Streams>::is_met,
                "etch: this layer takes several streams; etch::fork(...), etch::from<...> and "
                "etch::inputs(...) make them");
};

template <class Where, class What, class Given, class Streams, class Expected>
struct sentence<refusal::too_many_streams, Where, What, Given, Streams, Expected> : refused {
  using most = streams_at_most<flow::max_streams>;
  static_assert(shape_rule<Where, What, expects<most>, Streams>::is_met,
                "etch: this makes too many streams; join some with etch::add or etch::concat");
};

/// The flow behind a layer, or its refusal; `path` leads through blocks to the layer that refused.
struct inference {
  static constexpr int max_depth = 8;

  reason why;
  std::string_view words{};  // own_words: the sentence
  flow out;
  tensor_shape expected, given;
  int streams = 1;  // given
  std::array<int, max_depth> path{};
  int depth = 0;

  constexpr bool accepted() const { return why == refusal::none; }

  /// The same refusal, seen from around a block: its layer `index`, counted from 1, leads to it. A
  /// path that is too long names the innermost block that it can reach.
  constexpr inference inside(int index) const {
    inference outer = *this;
    outer.depth = depth < max_depth ? depth + 1 : max_depth;
    for (int i = outer.depth - 1; i > 0; --i)
      outer.path[static_cast<std::size_t>(i)] = path[static_cast<std::size_t>(i - 1)];
    outer.path[0] = index;
    return outer;
  }
};

constexpr inference refuse_flow(verdict const& said, flow const& given) {
  inference result;
  result.why = said.why;
  result.words = said.words;
  result.given = given[0];
  result.streams = given.streams;
  result.expected = said.shape;
  return result;
}
constexpr inference refuse_flow(reason why, flow const& given, tensor_shape const& expected = {}) {
  return refuse_flow(refuse(why, expected), given);
}
constexpr inference refuse_flow(std::string_view sentence, flow const& given,
                                tensor_shape const& expected = {}) {
  return refuse_flow(refuse(sentence, expected), given);
}

/// A single stream of this shape, with the taps of `from`.
constexpr flow one_stream(flow const& from, stream_type const& shape) {
  flow out = from;
  out.streams = 1;
  out[0] = shape;
  return out;
}

}  // namespace etch
