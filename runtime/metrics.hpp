#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "../dsl/losses/cross_entropy.hpp"

namespace etch {

/// How many of the predictions (samples, classes) have their largest value at the label.
int count_correct(std::span<float const> predictions, std::span<float const> labels);

/// Throws `error` unless every label is a class, a whole number from 0 to classes - 1; it says how
/// many are not, and where the first stands.
void check_labels(std::string_view who, std::span<float const> labels, int classes);

/// Counts of (label, prediction), row by row: entry [label * classes + predicted]. Throws `error`
/// unless there are `classes` predictions for each label and each label is a class.
std::vector<int> confusion_matrix(std::span<float const> predictions, std::span<float const> labels,
                                  int classes);

/// Whether a loss has classes, so that an accuracy makes sense.
template <class Loss>
inline constexpr bool has_classes = false;
template <>
inline constexpr bool has_classes<losses::cross_entropy> = true;

}  // namespace etch
