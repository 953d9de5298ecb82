#pragma once

#include "../diagnostics.hpp"
#include "../logits.hpp"
#include "../network.hpp"
#include "loss_base.hpp"

namespace etch {
struct a_loss;
struct logits;

namespace refusal {
inline constexpr reason no_loss{&no_loss};  // something else where a loss is taken
inline constexpr reason no_logits{&no_logits};  // probabilities where the loss takes logits
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::no_loss, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<a_loss>, Given>::is_met,
                "etch: this is not a loss, such as etch::mse or etch::cross_entropy; see "
                "etch::loss for how to write one");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::no_logits, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<logits>, Given>::is_met,
                "etch: this loss takes logits and makes probabilities of them itself; leave out "
                "the softmax, log_softmax or sigmoid at the end. etch::predict(model, data, "
                "etch::softmax) gives probabilities, and a model of net | etch::softmax takes "
                "the weights of one of net");
};

namespace detail {

/// Whether a network with one output ends in logits, or in something that makes no probabilities.
template <class Network>
inline constexpr bool ends_in_logits = [] {
  graph const g = graph_of(Network{});
  return logits_of(g, g.outputs[0]) == node_id::none;
}();

/// Whether the loss takes the output of the network, and the complaint if not, which the functions
/// that the program calls name themselves: one call less for compilers to tell of.
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
  static constexpr bool fits = value.accepted();
  using words = report_words<value>;
  using complaint = sentence<value.why, the_loss, declared_as<Loss>, typename words::given,
                             typename words::streams, typename words::expected>;
};

}  // namespace detail
}  // namespace etch
