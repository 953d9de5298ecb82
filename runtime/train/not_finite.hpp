#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "../../codegen/ir/counter_random.hpp"
#include "../numbers.hpp"
#include "../infer/parameters.hpp"

namespace etch::detail {

/// Which step it is of `fit`: both from 1, or 0 of a step that is made alone.
struct step_place {
  int epoch = 0, batch = 0;
};

/// A step whose loss is not finite: what it was computed of, and by.
struct failed_step {
  graph_lists<viewing> computed;  // from inputs to loss
  node_id loss_node{};
  std::string_view loss_kind;
  parameter_list parameters;
  float const* weights = nullptr;
  std::span<float const> features;
  std::span<std::int32_t const> tokens;  // instead
  std::span<float const> targets, losses;  // the last are one a sample
  double loss = 0;
  random_key random{};
};

/// Throws the `error` that says where the step was, and which is the first that is not finite:
/// parameters, or what a layer gives. The data were found to be finite.
[[noreturn]] void fail_not_finite(step_place where, failed_step const& step);

}  // namespace etch::detail
