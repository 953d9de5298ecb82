#pragma once

#include <array>
#include <string_view>

#include "shape.hpp"

namespace etch {

/// Why a layer refuses what it is given. Each has its sentence in diagnostics.hpp, but for those of
/// layers that bring their own.
enum class refusal {
  none,
  wants_vector,        // (features)
  wants_image,         // (height, width, channels)
  wants_sequence,      // (tokens, features)
  wants_rank,          // at least one axis
  wants_one_stream,    // several streams reach a layer of one
  wants_more_streams,  // a join, or each(...), with another number of streams; expected: theirs
  too_many_streams,    // more than flow::max_streams
  zero_size,           // an extent, a count or a stride below 1
  negative_padding,    // padding below 0
  too_many_axes,       // more than tensor_shape::max_rank
  too_many_elements,   // more than tensor_shape::max_elements
  kernel_too_large,    // window larger than the padded image; expected: its least height and width
  only_padding,        // a pooling window without a pixel under it
  channels_per_group,  // channels are no multiple of the groups; expected: the groups
  filters_per_group,   // filters are no multiple of the groups; expected: the groups
  residual_shape,      // the block changes the shape
  add_shapes,          // streams of unequal shapes
  concat_shapes,       // streams that differ before the last axis
  reshape_elements,    // another number of elements; expected: their number
  unknown_tap,
  too_many_taps,
  unknown_option,
  unknown_number,   // a number among the options of a layer that takes none
  repeated_option,  // two for one thing
  two_windows,      // the same, of windows and paddings
  two_paddings,
  epsilon_out_of_range,
  momentum_out_of_range,
  rate_out_of_range,  // dropout outside [0, 1)
  alpha_is_zero,      // celu
  delta_too_small,    // huber, 0 or below
  no_kind,            // a layer's type lacks a member
  no_shape_rule,
  no_constant_rule,   // one that the compiler cannot evaluate
  no_forward,
  no_loss,            // something else where a loss is taken
  no_logits,          // probabilities where the loss takes logits
  own_words,          // those of the layer's file
};

/// What a shape rule says: the output's shape; or why not, and the shape, or the numbers, that was
/// expected instead.
struct verdict {
  refusal why = refusal::none;
  tensor_shape shape;
  std::string_view words{};  // own_words: the sentence

  constexpr bool accepted() const { return why == refusal::none; }
};
constexpr verdict accept(tensor_shape const& output) { return {refusal::none, output}; }
constexpr verdict refuse(refusal why, tensor_shape const& expected = {}) { return {why, expected}; }
/// In a sentence that the error shows, a literal: `refuse("a board has 8 rows", shape<8, 8>)`.
constexpr verdict refuse(std::string_view sentence, tensor_shape const& expected = {}) {
  return {refusal::own_words, expected, sentence};
}

/// What flows between layers: the shapes of one or more streams, and those kept under a name.
struct flow {
  static constexpr int max_streams = 4;
  static constexpr int max_taps = 16;
  struct named {
    std::string_view name;
    tensor_shape shape;
  };

  int streams = 0;
  int taps = 0;
  std::array<tensor_shape, max_streams> shapes{};
  std::array<named, max_taps> tapped{};

  constexpr tensor_shape const& operator[](int i) const {
    return shapes[static_cast<std::size_t>(i)];
  }
  constexpr tensor_shape& operator[](int i) { return shapes[static_cast<std::size_t>(i)]; }
  constexpr int find(std::string_view name) const {
    for (int i = taps - 1; i >= 0; --i)
      if (tapped[static_cast<std::size_t>(i)].name == name) return i;
    return -1;
  }
};

/// The flow behind a layer, or its refusal; `path` leads through blocks to the layer that refused.
struct inference {
  static constexpr int max_depth = 8;

  refusal why = refusal::none;
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
constexpr inference refuse_flow(refusal why, flow const& given, tensor_shape const& expected = {}) {
  return refuse_flow(refuse(why, expected), given);
}
constexpr inference refuse_flow(std::string_view sentence, flow const& given,
                                tensor_shape const& expected = {}) {
  return refuse_flow(refuse(sentence, expected), given);
}

/// A single stream of this shape, with the taps of `from`.
constexpr flow one_stream(flow const& from, tensor_shape const& shape) {
  flow out = from;
  out.streams = 1;
  out[0] = shape;
  return out;
}

}  // namespace etch
