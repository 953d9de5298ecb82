#pragma once

#include "../name.hpp"
#include "combinator.hpp"

namespace etch {

template <class Layer>
struct shared_with;

template <class Where, class What, class Given, int Layer, int... N>
struct sentence<refusal::tied_shapes, Where, What, Given, given<streams<Layer>>, extents<N...>>
    : refused {
  using first = shared_with<layer_number<Layer>>;
  static_assert(shape_rule<Where, What, first, expects<extents<N...>>, Given>::is_met,
                "etch: a parameter that two layers share has one shape; this layer would have it in "
                "another than the first");
};

namespace layers {

template <literal Name, class Block>
struct tied : layer, detail::layers_of<Block> {
  static constexpr std::string_view kind = "tied";
  static constexpr bool passes_on = true;

  static constexpr inference flow_rule(flow const& in) {
    inference result = Block::infer_all(in);
    if (result.accepted()) ++result.out.ties;
    return result;
  }
  static constexpr void forward(context& c) { c.share(Name.view(), &Block::write_all); }
};

}  // namespace layers

/// Layers in blocks that are tied under one name share their parameters of the same name, such as
/// `weight`: one copy is trained, by the sum of the gradients, and stored, under the name that it has in
/// the first. `tied<"table">(dense<64, no_bias>) | relu | tied<"table">(dense<64>)`. Batch statistics
/// are not shared; what is frozen in one place is in all.
template <literal Name, class... Parts>
constexpr auto tied(Parts const&...) {
  if constexpr (detail::parts_fit<1, Parts...>())
    return layers::tied<Name, block_of<Parts>...>{};
  else
    return rejected{};
}

}  // namespace etch
