#pragma once

#include "../diagnostics.hpp"
#include "../logits.hpp"
#include "../network.hpp"
#include "loss_base.hpp"

namespace etch {
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

/// Whether a network with one output ends in logits, or in something that makes no probabilities.
template <class Network>
inline constexpr bool ends_in_logits = [] {
  graph const g = graph_of(Network{});
  return logits_of(g, g.outputs[0]) < 0;
}();

/// Whether the loss takes the network's output; if not, one error says what it takes.
template <class Loss, class Network>
constexpr auto loss_fits() {
  if constexpr (is_rejected<Network>) {
    return false;
  } else if constexpr (constexpr bool is_one = is_loss<Loss>; !is_one) {
    static_assert(is_one, "etch: this is not a loss, such as etch::mse or etch::cross_entropy; see "
                          "etch::loss for how to write one");
    return false;
  } else {
    using words = report_words<loss_inference<Loss, Network>::value>;
    constexpr refusal why = loss_inference<Loss, Network>::value.why;
    if constexpr (why == refusal::none && Loss::takes_logits) {
      constexpr bool takes_them = ends_in_logits<Network>;
      static_assert(takes_them,
                    "etch: this loss takes logits and makes probabilities of them itself; leave out "
                    "the softmax, log_softmax or sigmoid at the end. etch::predict(model, data, "
                    "etch::softmax) gives probabilities, and a model of net | etch::softmax takes "
                    "the weights of one of net");
      return takes_them;
    } else {
      return report<why, the_loss, declared_as<Loss>, typename words::given,
                    typename words::streams>(typename words::expected{});
    }
  }
}

}  // namespace detail
}  // namespace etch
