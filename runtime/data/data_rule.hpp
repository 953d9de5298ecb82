#pragma once

#include "../../dsl/network.hpp"
#include "dataset.hpp"
#include "metrics.hpp"

namespace etch::detail {

/// What a network wants of features.
struct feature_rule {
  int features = 0;  // numbers or tokens a sample
  element_type element = element_type::float32;
  row_table table{};  // of tokens
};
template <class Network>
constexpr feature_rule features_of() {
  feature_rule rule{Network::input_shape().elements(), Network::input_element()};
  if constexpr (Network::input_element() == element_type::int32)
    rule.table = table_of(graph_of(Network{}), 0);
  return rule;
}

/// What a network, and a loss behind it, want of data.
struct data_rule : feature_rule {
  int targets = 0;
  target_values values = target_values::any;
  int classes = 0;  // with a loss that has classes
};
template <class Loss, class Network>
constexpr data_rule rule_of() {
  constexpr tensor_shape output = Network::output_shape();
  return {features_of<Network>(), Loss::target_rule(output).shape.elements(), Loss::targets,
          has_classes<Loss> ? output.last() : 0};
}

/// The features of data, or their tokens where the network is given such.
template <class Network, class Data>
auto inputs_of(Data const& data) {
  if constexpr (Network::input_element() == element_type::int32)
    return std::span<std::int32_t const>{data.tokens()};
  else
    return std::span<float const>{data.features()};
}

/// Throws `error` unless the data are as the rule says; the first is of the features alone.
void check_features(std::string_view who, dataset const& data, feature_rule const& rule);
void check_data(std::string_view who, dataset const& data, data_rule const& rule);
/// Throws `error` unless the table allows each token.
void check_tokens(std::string_view who, std::span<std::int32_t const> tokens,
                  feature_rule const& rule);

}  // namespace etch::detail
