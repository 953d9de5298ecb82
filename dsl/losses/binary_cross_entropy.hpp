#pragma once

#include "loss_base.hpp"

namespace etch {
namespace losses {

struct binary_cross_entropy : elementwise_loss {
  static constexpr std::string_view kind = "binary_cross_entropy";
  static constexpr target_values targets = target_values::probabilities;
  static constexpr bool takes_logits = true;
  static constexpr tensor forward(context&, tensor prediction, tensor target) {
    // max(x, 0) (1 - t) - min(x, 0) t + log1p(e^-|x|), where a weight of 0 wins over an infinity
    tensor const above = max(0, prediction), below = min(prediction, 0), rest = 1 - target;
    return mean_of(select(rest, above * rest, 0) - select(target, below * target, 0) +
                   log1p(exp(below - above)));
  }
};

}  // namespace losses

/// From logits x (no sigmoid has made probabilities of them) and probabilities t in [0, 1] of the
/// same shape: the mean over the elements of -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)) =
/// log(1 + e^x) - x t. Another t is an `error` where it is given. PyTorch BCEWithLogitsLoss.
inline constexpr losses::binary_cross_entropy binary_cross_entropy{};

}  // namespace etch
