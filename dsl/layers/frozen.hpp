#pragma once

#include "combinator.hpp"

namespace etch {
namespace layers {

template <class Block>
struct frozen : layer, detail::layers_of<Block> {
  static constexpr std::string_view kind = "frozen";
  static constexpr bool passes_on = true;

  static constexpr inference flow_rule(flow const& in) { return Block::infer_all(in); }
  static constexpr void forward(context& c) { c.freeze(&Block::write_all); }
};

}  // namespace layers

/// The block as it is at inference, while the network learns too: parameters and batch statistics in it
/// stay as they are, dropout lets everything through, and no gradient of its parameters is computed.
/// `frozen(conv2d<16, 3> | relu) | dense<10>`. Names, and so files, are those of the block.
template <class... Parts>
constexpr auto frozen(Parts const&...) {
  if constexpr (detail::parts_fit<1, Parts...>())
    return layers::frozen<block_of<Parts>...>{};
  else
    return rejected{};
}

}  // namespace etch
