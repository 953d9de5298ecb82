#pragma once

#include <span>
#include <vector>

#include "../dsl/losses/cross_entropy.hpp"
#include "argmax.hpp"

namespace etch {

/// How many of the predictions (samples, classes) have their largest value at the label.
inline int count_correct(std::span<float const> predictions, std::span<float const> labels) {
  if (labels.empty()) return 0;
  std::size_t const classes = predictions.size() / labels.size();
  int correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    correct += argmax(predictions.subspan(i * classes, classes)) == static_cast<int>(labels[i]);
  return correct;
}

/// Counts of (label, prediction), row by row: entry [label * classes + predicted].
inline std::vector<int> confusion_matrix(std::span<float const> predictions,
                                         std::span<float const> labels, int classes) {
  auto const n = static_cast<std::size_t>(classes);
  std::vector<int> counts(n * n);
  for (std::size_t i = 0; i < labels.size(); ++i)
    ++counts[static_cast<std::size_t>(labels[i]) * n +
             static_cast<std::size_t>(argmax(predictions.subspan(i * n, n)))];
  return counts;
}

/// Whether a loss has classes, so that an accuracy makes sense.
template <class Loss>
inline constexpr bool has_classes = false;
template <>
inline constexpr bool has_classes<losses::cross_entropy> = true;

}  // namespace etch
