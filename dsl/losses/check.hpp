#pragma once

#include "../diagnostics.hpp"
#include "../logits.hpp"
#include "../network.hpp"
#include "loss_base.hpp"

namespace etch {
namespace detail {

/// Whether a network with one output ends in logits, or in something that makes no probabilities.
template <class Network>
inline constexpr bool ends_in_logits = [] {
  graph const g = graph_of(Network{});
  return logits_of(g, g.outputs[0]) < 0;
}();

/// Whether the loss takes the output of the network, in the words of `report`, which is called
/// where the program does: one call less for compilers to tell of.
template <class Loss, class Network>
struct loss_said {
  static constexpr inference value = [] {
    inference said;
    if constexpr (!is_loss<Loss>) {
      said.why = refusal::no_loss;
    } else if constexpr (!is_rejected<Network>) {
      verdict const target = Loss::target_rule(Network::output_shape());
      said.why = target.why;
      said.words = target.words;
      said.given = Network::output_shape();
      if (!target.accepted()) said.expected = target.shape;
      if constexpr (Loss::takes_logits)
        if (target.accepted() && !ends_in_logits<Network>) said.why = refusal::no_logits;
    }
    return said;
  }();
  static constexpr refusal why = value.why;
  using what = declared_as<Loss>;
  using given = typename report_words<value>::given;
  using streams = typename report_words<value>::streams;
  using expected = typename report_words<value>::expected;
};

}  // namespace detail
}  // namespace etch
