#pragma once

#include "combinator.hpp"

namespace etch {
namespace refusal {
inline constexpr reason residual_shape{&residual_shape};  // the block changes the shape
}  // namespace refusal

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::residual_shape, Where, What, Given, Streams, extents<N...>> : refused {
  static_assert(shape_rule<Where, What, expects<extents<N...>>, Given>::is_met,
                "etch: the block of a residual must give back the shape it is given; use "
                "etch::same, or end it with a layer that restores the shape");
};

namespace layers {

template <class Block>
struct residual : layer, detail::layers_of<Block> {
  static constexpr std::string_view kind = "residual";

  static constexpr inference flow_rule(flow const& in) {
    if (in.streams != 1) return refuse_flow(refusal::wants_one_stream, in);
    inference const inside = Block::infer_all(in);
    if (!inside.accepted()) return inside;
    if (inside.out.streams != 1) return refuse_flow(refusal::wants_one_stream, inside.out);
    if (inside.out[0] != in[0]) return refuse_flow(refusal::residual_shape, inside.out, in[0]);
    return inside;
  }

  static constexpr void forward(context& c) {
    tensor const x = c.streams[0];
    Block::write_all(c);
    c.streams.assign(1, x + c.streams[0]);
  }
};

}  // namespace layers

/// x + block(x); the block gives back the shape it is given. `residual(layer_norm | dense<64>)`. He
/// et al. 2015.
template <class... Parts>
constexpr auto residual(Parts const&...) {
  if constexpr (detail::parts_fit<1, Parts...>())
    return layers::residual<block_of<Parts>...>{};
  else
    return rejected{};
}

}  // namespace etch
