#include "data_rule.hpp"

#include <string>

#include "../error.hpp"
#include "../numbers.hpp"

namespace etch::detail {

void check_tokens(std::string_view who, std::span<std::int32_t const> tokens,
                  feature_rule const& rule) {
  row_table const& table = rule.table;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (table.allows(tokens[i])) continue;
    std::size_t const each = static_cast<std::size_t>(rule.features);
    std::string const padding = table.pads ? filled(", or {} for padding", table.padding) : "";
    throw error("{}: expected tokens from 0 to {}, which number the {} rows of the network's "
                "table{}; sample {}, position {} is {}",
                who, table.rows - 1, table.rows, padding, i / each, i % each, tokens[i]);
  }
}

void check_features(std::string_view who, dataset const& data, feature_rule const& rule) {
  bool const wants_tokens = rule.element == element_type::int32;
  if (data.feature_element() != rule.element)
    throw error("{}: the network takes {}, the data have {}; a dataset has tokens where its "
                "features are a std::vector<std::int32_t>",
                who, wants_tokens ? "tokens" : "numbers", wants_tokens ? "numbers" : "tokens");
  if (int const given = data.feature_shape().elements(); given != rule.features)
    throw error("{}: the network takes {} {} a sample, the data have {}", who, rule.features,
                wants_tokens ? "tokens" : "numbers", given);
  check_tokens(who, data.tokens(), rule);
}

void check_data(std::string_view who, dataset const& data, data_rule const& rule) {
  check_features(who, data, rule);
  if (int const given = data.target_shape().elements(); given != rule.targets)
    throw error("{}: the loss takes {} target numbers a sample, the data have {}", who,
                rule.targets, given);
  check_targets(who, data.targets(), rule.values, rule.classes);
}

}  // namespace etch::detail
