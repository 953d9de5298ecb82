#pragma once

#include "combinator.hpp"

namespace etch {
namespace layers {

template <class... Blocks>
struct fork : layer, detail::layers_of_each<Blocks...> {
  static constexpr std::string_view kind = "fork";
  static constexpr bool passes_on = true;
  using branches = detail::side_by_side<true, Blocks...>;

  static constexpr inference flow_rule(flow const& in) {
    if (in.streams != 1) return refuse_flow(refusal::wants_one_stream, in);
    return branches::infer_all(in);
  }
  static constexpr void forward(context& c) { branches::write_all(c); }
};

template <class... Blocks>
struct each : layer, detail::layers_of_each<Blocks...> {
  static constexpr std::string_view kind = "each";
  static constexpr bool passes_on = true;
  using branches = detail::side_by_side<false, Blocks...>;

  static constexpr inference flow_rule(flow const& in) {
    if (in.streams != sizeof...(Blocks))
      return refuse_flow(refusal::wants_more_streams, in, {static_cast<int>(sizeof...(Blocks))});
    return branches::infer_all(in);
  }
  static constexpr void forward(context& c) { branches::write_all(c); }
};

}  // namespace layers

/// One stream into several: each block is given the same input. `fork(dense<10>, dense<1>)` at the
/// end of a network gives it two outputs.
template <class... Parts>
constexpr auto fork(Parts const&...) {
  if constexpr (detail::parts_fit<detail::many, Parts...>())
    return layers::fork<block_of<Parts>...>{};
  else
    return rejected{};
}

/// The i-th block on the i-th stream: `inputs(input<8>, input<4>) | each(dense<16>, dense<16>)`.
template <class... Parts>
constexpr auto each(Parts const&...) {
  if constexpr (detail::parts_fit<detail::many, Parts...>())
    return layers::each<block_of<Parts>...>{};
  else
    return rejected{};
}

}  // namespace etch
