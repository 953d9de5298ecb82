#pragma once

#include <boost/hana/tuple.hpp>

#include <type_traits>
#include <utility>

#include "../network.hpp"

namespace etch {

namespace detail {

inline constexpr std::size_t many = 1 << 20;

/// Whether a combinator of at most `Most` blocks can be made of these; if not, one error says why,
/// unless there was one before.
template <std::size_t Most, class... Parts>
constexpr auto parts_fit() {
  constexpr bool count_fits = sizeof...(Parts) >= 1 && sizeof...(Parts) <= Most;
  constexpr bool are_parts = (is_part<Parts> && ...);
  if constexpr ((is_rejected<Parts> || ...)) {
    return false;
  } else {
    static_assert(are_parts, "etch: what is combined are layers and blocks of layers, without an "
                             "input; one of your own derives from etch::layer in public");
    static_assert(!are_parts || count_fits,
                  "etch: residual, repeat, frozen and tied take one block, (a | b); fork, each and parallel take "
                  "one for each stream, (a, b)");
    return count_fits && are_parts;
  }
}

/// The layers of a block counted from 1, so that an error names the one that refuses.
template <class Block>
struct layers_of {
  template <int I>
  using inner = typename Block::template at<(I < 1 ? 0 : (I - 1) % Block::size)>;
};

/// The same for blocks side by side: first the block, then its layer.
template <class... Blocks>
struct layers_of_each {
  template <int I>
  using inner = layers_of<std::remove_cvref_t<decltype(boost::hana::at_c<(I < 1 ? 0 : I - 1)>(
      std::declval<boost::hana::tuple<Blocks...>&>()))>>;
};

/// One block a stream: the i-th is given the stream i, or all are given stream 0 (`Copies`). Their
/// outputs stand side by side; a tap made in one is there for those behind it.
template <bool Copies, class... Blocks>
struct side_by_side {
  static constexpr inference infer_all(flow const& in) {
    inference result;
    result.out = one_stream(in, {});
    result.out.streams = 0;
    int index = 0;
    auto const step = [&](inference (*infer_block)(flow const&)) {
      flow& out = result.out;
      inference const next = infer_block(one_stream(out, in[Copies ? 0 : index]));
      ++index;
      if (!next.accepted()) {
        result = next.inside(index);
      } else if (out.streams + next.out.streams > flow::max_streams) {
        flow all = in;
        all.streams = out.streams + next.out.streams;
        result = refuse_flow(refusal::too_many_streams, all);
      } else {
        flow joined = next.out;
        for (int i = 0; i < next.out.streams; ++i) joined[out.streams + i] = next.out[i];
        for (int i = 0; i < out.streams; ++i) joined[i] = out[i];
        joined.streams = out.streams + next.out.streams;
        out = joined;
      }
      return result.accepted();
    };
    static_cast<void>((step(&Blocks::infer_all) && ...));
    return result;
  }

  static constexpr void write_all(context& c) {
    constexpr_list<tensor> const in = c.streams;
    constexpr_list<tensor> out;
    std::size_t index = 0;
    auto const step = [&](void (*write_block)(context&)) {
      c.streams.assign(1, in[Copies ? 0 : index++]);
      c.enter({});
      write_block(c);
      c.leave();
      for (tensor const& y : c.streams) out.push_back(y);
    };
    (step(&Blocks::write_all), ...);
    c.streams = out;
  }
};

}  // namespace detail
}  // namespace etch
