#include "evaluate.hpp"

namespace etch::detail {

void count_labels(evaluation& e, data_rule const& rule, std::span<float const> predictions,
                  std::span<float const> targets) {
  if (rule.classes == 0) return;
  e.labels += static_cast<long long>(targets.size());
  e.correct += count_correct(predictions, targets);
}

}  // namespace etch::detail
