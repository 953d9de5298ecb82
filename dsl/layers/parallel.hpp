#pragma once

#include "fork.hpp"
#include "join.hpp"

namespace etch {
namespace layers {

template <auto Join, class... Blocks>
struct parallel : layer, detail::layers_of_each<Blocks...> {
  static constexpr std::string_view kind = "parallel";
  static constexpr bool passes_on = true;

  static constexpr inference flow_rule(flow const& in) {
    inference const forked = fork<Blocks...>::flow_rule(in);
    return forked.accepted() ? decltype(Join)::flow_rule(forked.out) : forked;
  }
  static constexpr void forward(context& c) {
    fork<Blocks...>::forward(c);
    decltype(Join)::forward(c);
  }
};

}  // namespace layers

/// Each block is given the same input; `add` or `concat` joins what they give:
/// `parallel<concat>(conv2d<8, 1>, conv2d<8, 3, same>)`. Szegedy et al. 2014.
template <auto Join = 0, class... Parts>
constexpr auto parallel(Parts const&...) {
  constexpr bool joins = detail::has_flow_rule<std::remove_const_t<decltype(Join)>>;
  static_assert(joins, "etch: what the blocks give is joined, parallel<etch::concat>(a, b) or "
                       "parallel<etch::add>(a, b)");
  if constexpr (joins && detail::parts_fit<detail::many, Parts...>())
    return layers::parallel<Join, block_of<Parts>...>{};
  else
    return rejected{};
}

}  // namespace etch
