#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "../../dsl/losses/loss_base.hpp"

namespace etch {

/// How many of the predictions (samples, classes) have their largest value at the label. One with a
/// NaN predicts no class, and is wrong whatever the label.
long long count_correct(std::span<float const> predictions, std::span<float const> labels);

/// Throws `error` unless every label is a class, a whole number from 0 to classes - 1; it says how
/// many are not, and where the first stands.
void check_labels(std::string_view who, std::span<float const> labels, int classes);

/// The same for targets that are probabilities, from 0 to 1.
void check_probabilities(std::string_view who, std::span<float const> targets);

/// Counts of (label, prediction), row by row: entry [label * classes + predicted]. A prediction with
/// a NaN is counted nowhere, so that its label's row adds up to less than the labels. Throws `error`
/// unless there are `classes` predictions for each label and each label is a class.
std::vector<int> confusion_matrix(std::span<float const> predictions, std::span<float const> labels,
                                  int classes);

/// Whether a loss has classes, so that an accuracy makes sense.
template <class Loss>
inline constexpr bool has_classes = false;
template <is_loss Loss>
inline constexpr bool has_classes<Loss> = Loss::targets == target_values::classes;

namespace detail {

/// Throws `error` unless the targets are what a loss takes; `classes` counts, if any number may be
/// a class.
void check_targets(std::string_view who, std::span<float const> targets, target_values allowed,
                   int classes);

}  // namespace detail
}  // namespace etch
