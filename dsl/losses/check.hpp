#pragma once

#include "../diagnostics.hpp"
#include "../network.hpp"
#include "loss_base.hpp"

namespace etch {

// A word of an error: the place behind the last layer.
struct the_loss;

namespace detail {

template <is_loss Loss, is_network Network>
struct loss_inference {
  static constexpr inference value = [] {
    inference result;
    verdict const said = Loss::target_rule(Network::output_shape());
    result.why = said.why;
    result.given = Network::output_shape();
    if (!said.accepted()) result.expected = said.shape;
    return result;
  }();
};

/// Whether the loss takes the network's output; if not, one error says what it takes.
template <class Loss, class Network>
constexpr bool loss_fits() {
  constexpr auto const& said = loss_inference<Loss, Network>::value;
  if constexpr (!said.accepted()) {
    using words = report_words<said>;
    report<said.why, shape_rule<the_loss, declared_as<Loss>, typename words::expects_type,
                                typename words::given_type>>();
  }
  return said.accepted();
}

}  // namespace detail
}  // namespace etch
