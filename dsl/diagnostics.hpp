#pragma once

#include <utility>

#include "flow.hpp"

namespace etch {

// The words of an error. They are types because a compiler prints types best.
template <int... Index>
struct layer_number;  // counted from 1 behind the input; a second number counts within a block
template <class Layer>
struct declared_as;
template <class... What>
struct expects;
template <int... Extents>
struct given;
template <int... Extents>
struct extents {
  static constexpr tensor_shape value{Extents...};
};
struct vector;
struct image;
struct one_stream_only;

/// A rule that was broken, spelled out by its arguments.
template <class Where, class Declared, class Expected, class Given>
struct shape_rule {
  static constexpr bool is_met = false;
};

namespace detail {

template <template <int...> class Word, auto const& Numbers, std::size_t... I>
constexpr auto spell(std::index_sequence<I...>) -> Word<Numbers[static_cast<int>(I)]...>*;

template <auto const& Inference>
struct report_words {
  static constexpr tensor_shape expected = Inference.expected;
  static constexpr tensor_shape given_shape = Inference.given;
  template <template <int...> class Word, auto const& Shape>
  using of = std::remove_pointer_t<decltype(spell<Word, Shape>(std::make_index_sequence<Shape.rank>{}))>;

  template <refusal Why>
  static constexpr auto expectation() {
    if constexpr (Why == refusal::wants_vector) return static_cast<expects<vector>*>(nullptr);
    else if constexpr (Why == refusal::wants_image) return static_cast<expects<image>*>(nullptr);
    else if constexpr (Why == refusal::wants_one_stream)
      return static_cast<expects<one_stream_only>*>(nullptr);
    else return static_cast<expects<of<extents, expected>>*>(nullptr);
  }
  using expects_type = std::remove_pointer_t<decltype(expectation<Inference.why>())>;
  using given_type = of<given, given_shape>;
};

/// Exactly one assertion fails, with the sentence that belongs to the refusal.
template <refusal Why, class Rule>
constexpr void report() {
  if constexpr (Why == refusal::wants_vector)
    static_assert(Rule::is_met, "etch: this layer takes a vector (features); insert etch::flatten before it");
  if constexpr (Why == refusal::wants_image)
    static_assert(Rule::is_met, "etch: this layer takes an image (height, width, channels); insert etch::reshape<height, width, channels> before it");
  if constexpr (Why == refusal::wants_rank)
    static_assert(Rule::is_met, "etch: this layer takes at least one axis, not a scalar");
  if constexpr (Why == refusal::wants_one_stream)
    static_assert(Rule::is_met, "etch: this layer takes one stream; join them first with etch::add or etch::concat, or use etch::each");
  if constexpr (Why == refusal::wants_more_streams)
    static_assert(Rule::is_met, "etch: this layer takes another number of streams; fork(...), from<...> and inputs(...) make several");
  if constexpr (Why == refusal::zero_size)
    static_assert(Rule::is_met, "etch: every extent, count, window and stride must be at least 1");
  if constexpr (Why == refusal::kernel_too_large)
    static_assert(Rule::is_met, "etch: the window is larger than the padded image; use a smaller one, less dilation, or etch::same");
  if constexpr (Why == refusal::channels_per_group)
    static_assert(Rule::is_met, "etch: the channels of the input must be a multiple of the groups");
  if constexpr (Why == refusal::filters_per_group)
    static_assert(Rule::is_met, "etch: the filters must be a multiple of the groups");
  if constexpr (Why == refusal::residual_shape)
    static_assert(Rule::is_met, "etch: the block of a residual must give back the shape it is given; add a projection or use etch::same");
  if constexpr (Why == refusal::add_shapes)
    static_assert(Rule::is_met, "etch: streams that are added must have one shape");
  if constexpr (Why == refusal::concat_shapes)
    static_assert(Rule::is_met, "etch: streams that are joined must agree on all axes but the last; use etch::same");
  if constexpr (Why == refusal::reshape_elements)
    static_assert(Rule::is_met, "etch: a reshape must keep the number of elements");
  if constexpr (Why == refusal::unknown_tap)
    static_assert(Rule::is_met, "etch: no tap of this name stands before this layer");
  if constexpr (Why == refusal::too_many_taps)
    static_assert(Rule::is_met, "etch: a network has at most 16 taps and 4 streams");
  if constexpr (Why == refusal::rate_out_of_range)
    static_assert(Rule::is_met, "etch: the rate must be at least 0 and below 1");
  if constexpr (Why == refusal::other)
    static_assert(Rule::is_met, "etch: this layer does not accept the shape it is given; see its shape_rule");
}

}  // namespace detail
}  // namespace etch
