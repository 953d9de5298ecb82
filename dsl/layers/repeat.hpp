#pragma once

#include "combinator.hpp"

namespace etch {
namespace layers {

template <int Count, class Block>
struct repeat : layer, detail::layers_of<Block> {
  static constexpr std::string_view kind = "repeat";
  static constexpr bool passes_on = true;

  static constexpr inference flow_rule(flow const& in) {
    if (Count < 1) return refuse_flow(refusal::zero_size, in);
    inference result;
    result.out = in;
    for (int i = 0; i < Count && result.accepted(); ++i) {
      result = Block::infer_all(result.out);
      if (!result.accepted()) result.path[0] += i * Block::size;
    }
    return result;
  }

  static constexpr void forward(context& c) { c.repeat(Count, &Block::write_all); }
};

}  // namespace layers

/// The block `Count` times in a row, each time with parameters of its own: `repeat<6>(block)`. In
/// an error its layers are counted through all repetitions.
template <int Count = 0, class... Parts>
constexpr auto repeat(Parts const&...) {
  if constexpr (detail::parts_fit<1, Parts...>())
    return layers::repeat<Count, block_of<Parts>...>{};
  else
    return rejected{};
}

}  // namespace etch
