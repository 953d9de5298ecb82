#pragma once

#include "dataset.hpp"
#include "metrics.hpp"

namespace etch::detail {

/// What a network, and a loss behind it, want of data.
struct data_rule {
  int features = 0;  // numbers a sample
  int targets = 0;
  target_values values = target_values::any;
  int classes = 0;  // with a loss that has classes
};
template <class Loss, class Network>
constexpr data_rule rule_of() {
  constexpr tensor_shape output = Network::output_shape();
  return {Network::input_shape().elements(), Loss::target_rule(output).shape.elements(),
          Loss::targets, has_classes<Loss> ? output.last() : 0};
}

/// Throws `error` unless the data are as the rule says; the first is of the features alone.
void check_features(std::string_view who, dataset const& data, int features);
void check_data(std::string_view who, dataset const& data, data_rule const& rule);

}  // namespace etch::detail
