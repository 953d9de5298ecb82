#pragma once

#include "../network.hpp"
#include "../options.hpp"

namespace etch {

namespace options {
template <int Token>
struct padding_token {};
}  // namespace options

/// Of etch::embedding: the token that fills up what is shorter than the input. It may number a row,
/// which is then not used.
template <int Token>
inline constexpr options::padding_token<Token> padding_token{};

namespace layers {

struct embedding_options {
  initializer weights = normal_with<1.0>;
  bool pads = false;
  int padding = 0;

  constexpr detail::decides read(initializer how) {
    weights = how;
    return detail::decides::weights;
  }
  template <int Token>
  constexpr detail::decides read(options::padding_token<Token>) {
    pads = true;
    padding = Token;
    return detail::decides::padding_token;
  }
};

template <int Rows, int Width, auto... Options>
struct embedding : layer {
  static constexpr std::string_view kind = "embedding";
  static constexpr element_type takes = element_type::int32;
  static constexpr auto chosen = detail::read_options<embedding_options>(Options...);

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (Rows < 1 || Width < 1) return refuse(refusal::zero_size);
    if (in.rank == tensor_shape::max_rank) return refuse(refusal::too_many_axes);
    if (!tensor_shape{Rows, Width}.is_countable()) return refuse(refusal::too_many_elements);
    tensor_shape out = in;
    out[out.rank++] = Width;
    return accept(out);
  }

  static constexpr tensor forward(context& c, tensor tokens) {
    tensor const table =
        c.parameter("weight", {Rows, Width}, chosen.weights.with_fans(Rows, Width));
    return math::gather(table, tokens, chosen.pads, chosen.padding);
  }
};

}  // namespace layers

/// The row of a table for each token: (tokens) -> (tokens, width). `etch::tokens<64> |
/// etch::embedding<1000, 32>`. A token outside 0 to rows - 1 gives zeros, and no gradient; where
/// data are checked, by `predict`, `evaluate`, `fit` and `train_step`, it is an `error`. Parameters:
/// weight (rows, width). Options: `padding_token<0>`, which gives zeros and is no error; an
/// initializer (default normal_with<1>). ONNX Gather with axis = 0.
template <int Rows, int Width, auto... Options>
inline constexpr layers::embedding<Rows, Width, Options...> embedding{};

}  // namespace etch
