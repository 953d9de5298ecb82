#pragma once

#include "../network.hpp"

namespace etch {
namespace refusal {
inline constexpr reason add_shapes{&add_shapes};  // streams of unequal shapes
inline constexpr reason concat_shapes{&concat_shapes};  // streams that differ before the last axis
}  // namespace refusal

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::add_shapes, Where, What, Given, Streams, extents<N...>> : refused {
  static_assert(shape_rule<Where, What, expects<extents<N...>>, Given>::is_met,
                "etch: streams that are added must have one shape; use etch::same, equal "
                "filters or equal units");
};

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::concat_shapes, Where, What, Given, Streams, extents<N...>> : refused {
  static_assert(shape_rule<Where, What, expects<extents<N...>>, Given>::is_met,
                "etch: streams that are joined must agree on all axes but the last; use "
                "etch::same");
};

namespace layers {

struct add : layer {
  static constexpr std::string_view kind = "add";

  static constexpr inference flow_rule(flow const& in) {
    if (in.streams < 2) return refuse_flow(refusal::wants_more_streams, in);
    for (int i = 1; i < in.streams; ++i)
      if (in[i] != in[0]) return refuse_flow(refusal::add_shapes, one_stream(in, in[i]), in[0]);
    inference result;
    result.out = one_stream(in, in[0]);
    return result;
  }

  static constexpr void forward(context& c) {
    tensor total = c.streams[0];
    for (std::size_t i = 1; i < c.streams.size(); ++i) total = total + c.streams[i];
    c.streams.assign(1, total);
  }
};

struct concat : layer {
  static constexpr std::string_view kind = "concat";

  static constexpr inference flow_rule(flow const& in) {
    if (in.streams < 2) return refuse_flow(refusal::wants_more_streams, in);
    tensor_shape joined = in[0];
    if (joined.rank == 0) return refuse_flow(refusal::wants_rank, in);
    int& length = joined[joined.rank - 1];
    for (int i = 1; i < in.streams; ++i) {
      tensor_shape wanted = in[0];
      wanted[wanted.rank - 1] = in[i].last();
      if (in[i] != wanted)
        return refuse_flow(refusal::concat_shapes, one_stream(in, in[i]), wanted);
      length += in[i].last();
    }
    inference result;
    result.out = one_stream(in, joined);
    return result;
  }

  static constexpr void forward(context& c) {
    tensor joined = c.streams[0];
    for (std::size_t i = 1; i < c.streams.size(); ++i)
      joined = math::concat(joined, c.streams[i], joined.shape().rank - 1);
    c.streams.assign(1, joined);
  }
};

}  // namespace layers

/// The sum of all streams, which have one shape. ONNX Sum.
inline constexpr layers::add add{};

/// All streams one behind the other along the last axis; they agree on the others: (h, w, a) and
/// (h, w, b) -> (h, w, a + b). ONNX Concat with axis = -1.
inline constexpr layers::concat concat{};

}  // namespace etch
