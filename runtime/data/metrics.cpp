#include "metrics.hpp"

#include <string>

#include "../../dsl/exactly.hpp"
#include "../argmax.hpp"
#include "../numbers.hpp"

namespace etch {

namespace {

/// Throws `error` unless all are good: "{who}: expected {expected()}; 3 of 5 are not, the first is
/// number 1: 7".
template <class Good, class Expected>
void expect_all(std::string_view who, std::span<float const> values, Good good, Expected expected) {
  if (auto const bad = detail::find_bad(values, good))
    throw error("{}: expected {}; {}", who, expected(), bad.text());
}

}  // namespace

long long count_correct(std::span<float const> predictions, std::span<float const> labels) {
  if (labels.empty()) return 0;
  std::size_t const classes = predictions.size() / labels.size();
  long long correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    int const found = argmax(predictions.subspan(i * classes, classes));
    correct += found >= 0 && is_exactly(static_cast<float>(found), labels[i]);
  }
  return correct;
}

void check_labels(std::string_view who, std::span<float const> labels, int classes) {
  float const most = static_cast<float>(classes - 1);
  auto const is_class = [most](float label) {
    float const above = label > 0 ? label : 0;  // of NaN too
    float const within = above < most ? above : most;
    return is_exactly(static_cast<float>(static_cast<int>(within)), label);
  };
  expect_all(who, labels, is_class, [&] {
    return filled("labels that are whole numbers from 0 to {}", classes - 1);
  });
}

void check_probabilities(std::string_view who, std::span<float const> targets) {
  auto const is_probability = [](float target) { return (target >= 0) & (target <= 1); };
  expect_all(who, targets, is_probability, [] { return "targets from 0 to 1"; });
}

void detail::check_targets(std::string_view who, std::span<float const> targets,
                           target_values allowed, int classes) {
  if (allowed == target_values::classes) check_labels(who, targets, classes);
  if (allowed == target_values::probabilities) check_probabilities(who, targets);
}

std::vector<int> confusion_matrix(std::span<float const> predictions, std::span<float const> labels,
                                  int classes) {
  auto const n = static_cast<std::size_t>(classes);
  if (predictions.size() != labels.size() * n)
    throw error("confusion_matrix: {} labels of {} classes need {} predictions; found {}",
                labels.size(), classes, labels.size() * n, predictions.size());
  check_labels("confusion_matrix", labels, classes);
  std::vector<int> counts(n * n);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (int const found = argmax(predictions.subspan(i * n, n)); found >= 0)
      ++counts[static_cast<std::size_t>(labels[i]) * n + static_cast<std::size_t>(found)];
  return counts;
}

}  // namespace etch
