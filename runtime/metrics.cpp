#include "metrics.hpp"

#include "argmax.hpp"
#include "error.hpp"

namespace etch {

int count_correct(std::span<float const> predictions, std::span<float const> labels) {
  if (labels.empty()) return 0;
  std::size_t const classes = predictions.size() / labels.size();
  int correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    correct += argmax(predictions.subspan(i * classes, classes)) == static_cast<int>(labels[i]);
  return correct;
}

void check_labels(std::string_view who, std::span<float const> labels, int classes) {
  std::size_t wrong = 0, first = 0;
  for (std::size_t i = labels.size(); i-- > 0;) {
    float const label = labels[i];
    bool const good = label >= 0 && label < static_cast<float>(classes) &&
                      label == static_cast<float>(static_cast<int>(label));
    if (good) continue;
    ++wrong;
    first = i;
  }
  if (wrong > 0)
    throw error(
        "{}: expected labels that are whole numbers from 0 to {}; {} of {} are not, the first "
        "is number {}: {}",
        who, classes - 1, wrong, labels.size(), first, labels[first]);
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
    ++counts[static_cast<std::size_t>(labels[i]) * n +
             static_cast<std::size_t>(argmax(predictions.subspan(i * n, n)))];
  return counts;
}

}  // namespace etch
