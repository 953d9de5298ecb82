#pragma once

#include "../layers/softplus.hpp"
#include "loss_base.hpp"

namespace etch {
namespace losses {

struct binary_cross_entropy : elementwise_loss {
  static constexpr std::string_view kind = "binary_cross_entropy";
  static constexpr target_values targets = target_values::probabilities;
  static constexpr bool takes_logits = true;
  static constexpr tensor forward(context&, tensor prediction, tensor target) {
    return mean_of(layers::softplus::of(prediction) - prediction * target);
  }
};

}  // namespace losses

/// From logits x (no sigmoid has made probabilities of them) and probabilities t in [0, 1] of the
/// same shape: the mean over the elements of -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)) =
/// log(1 + e^x) - x t. Another t is an `error` where it is given. PyTorch BCEWithLogitsLoss.
inline constexpr losses::binary_cross_entropy binary_cross_entropy{};

}  // namespace etch
