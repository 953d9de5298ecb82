#include "data_rule.hpp"

#include "../error.hpp"

namespace etch::detail {

void check_features(std::string_view who, dataset const& data, int features) {
  if (int const given = data.feature_shape().elements(); given != features)
    throw error("{}: the network takes {} numbers a sample, the data have {}", who, features, given);
}

void check_data(std::string_view who, dataset const& data, data_rule const& rule) {
  check_features(who, data, rule.features);
  if (int const given = data.target_shape().elements(); given != rule.targets)
    throw error("{}: the loss takes {} target numbers a sample, the data have {}", who,
                rule.targets, given);
  check_targets(who, data.targets(), rule.values, rule.classes);
}

}  // namespace etch::detail
