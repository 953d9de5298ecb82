#pragma once

#include <concepts>
#include <string_view>

#include "context.hpp"
#include "flow.hpp"

namespace etch {

struct member_kind;
struct member_shape_rule;
struct constexpr_shape_rule;
struct member_forward;

namespace refusal {
inline constexpr reason no_kind{&no_kind};  // a layer's type lacks a member
inline constexpr reason no_shape_rule{&no_shape_rule};
// one that the compiler cannot evaluate
inline constexpr reason no_constant_rule{&no_constant_rule};
inline constexpr reason no_forward{&no_forward};
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::no_kind, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<member_kind>, Given>::is_met,
                "etch: a layer has a name; add `static constexpr std::string_view kind`");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::no_shape_rule, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<member_shape_rule>, Given>::is_met,
                "etch: a layer says what shape it gives; add `static constexpr etch::verdict "
                "shape_rule(etch::tensor_shape const& in)`");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::no_constant_rule, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<constexpr_shape_rule>, Given>::is_met,
                "etch: the compiler cannot evaluate the shape rule of this layer; it must be "
                "constexpr, and all that it calls");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::no_forward, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<member_forward>, Given>::is_met,
                "etch: a layer says what it computes; add `static constexpr etch::tensor "
                "forward(etch::context& c, etch::tensor x)`");
};

/// Base of every layer, so that `|` is found. A layer is an empty type with
///
///   static constexpr std::string_view kind = "dense";
///   static constexpr verdict shape_rule(tensor_shape const& in);   // output shape, or refuse(...)
///   static constexpr tensor forward(context& c, tensor x);         // an expression of primitives
///
/// or, when it joins or splits streams, `flow_rule(flow const&) -> inference` and
/// `forward(context&)`. It is given numbers, unless it says
///
///   static constexpr etch::element_type takes = etch::element_type::int32;
struct layer {
  static constexpr element_type takes = element_type::float32;
  static constexpr bool passes_on = false;  // to other layers what it is given, of any type
};

template <class T>
concept is_layer = std::derived_from<T, layer>;

namespace detail {

template <class T>
concept has_kind = requires { std::string_view{T::kind}; };
template <class T>
concept has_shape_rule = requires {
  { T::shape_rule(tensor_shape{}) } -> std::same_as<verdict>;
};
template <class T>
concept has_flow_rule = requires {
  { T::flow_rule(flow{}) } -> std::same_as<inference>;
};

}  // namespace detail

template <class T>
concept single_stream_layer =
    is_layer<T> && detail::has_shape_rule<T> && requires(context& c, tensor x) {
      { T::forward(c, x) } -> std::same_as<tensor>;
    };
template <class T>
concept multi_stream_layer =
    is_layer<T> && detail::has_flow_rule<T> && requires(context& c) { T::forward(c); };

namespace detail {

/// What the layer says flows out of it.
template <is_layer Layer>
constexpr inference infer_unchecked(flow const& in) {
  if constexpr (!detail::has_kind<Layer>) {
    return refuse_flow(refusal::no_kind, in);
  } else if constexpr (!detail::has_shape_rule<Layer> && !detail::has_flow_rule<Layer>) {
    return refuse_flow(refusal::no_shape_rule, in);
  } else if constexpr (!single_stream_layer<Layer> && !multi_stream_layer<Layer>) {
    return refuse_flow(refusal::no_forward, in);
  } else if constexpr (single_stream_layer<Layer>) {
    if (in.streams != 1) return refuse_flow(refusal::wants_one_stream, in);
    if (in[0].element != Layer::takes)
      return refuse_flow(Layer::takes == element_type::int32 ? refusal::wants_tokens
                                                             : refusal::wants_numbers, in);
    if constexpr (requires { Layer::chosen.wrong; })
      if (Layer::chosen.wrong != refusal::none) return refuse_flow(Layer::chosen.wrong, in);
    verdict const said = Layer::shape_rule(in[0]);
    if (!said.accepted()) return refuse_flow(said, in);
    inference result;
    result.out = one_stream(in, said.shape);
    return result;
  } else {
    if constexpr (!Layer::passes_on)
      for (int i = 0; i < in.streams; ++i)
        if (in[i].element != Layer::takes) return refuse_flow(refusal::wants_numbers, in);
    return Layer::flow_rule(in);
  }
}

}  // namespace detail

/// What flows out of a layer that is given `in`.
template <is_layer Layer>
constexpr inference infer(flow const& in) {
  inference const said = detail::infer_unchecked<Layer>(in);
  for (int i = 0; said.accepted() && i < said.out.streams; ++i)
    if (!said.out[i].is_countable()) return refuse_flow(refusal::too_many_elements, in);
  return said;
}

namespace faults {
inline void forward_gives_another_shape_than_the_shape_rule_says() {}
inline void inference_depends_on_the_other_samples_of_the_batch() {}
inline void a_tensor_has_more_than_2_to_the_30_numbers() {}
inline void of_tokens_only_the_rows_of_a_table_are_computed() {}
}  // namespace faults

/// Writes a layer's primitives into the graph.
template <is_layer Layer>
constexpr void write(context& c) {
  c.enter(Layer::kind);
  if constexpr (single_stream_layer<Layer>) {
    tensor const x = c.streams[0];
    // Always so; without the question g++ says a second error of a forward that is not constexpr.
    tensor const y = c.streams.size() == 1 ? Layer::forward(c, x) : x;
    if (y.shape() != Layer::shape_rule(x.shape()).shape)
      faults::forward_gives_another_shape_than_the_shape_rule_says();
    c.streams.assign(1, y);
  } else {
    if (c.streams.size() > 0) Layer::forward(c);
  }
  c.leave();
}

}  // namespace etch
