#pragma once

#include "loss_base.hpp"

namespace etch {
namespace losses {

struct mse : elementwise_loss {
  static constexpr std::string_view kind = "mse";
  static constexpr tensor forward(context&, tensor prediction, tensor target) {
    tensor const difference = prediction - target;
    return mean_of(difference * difference);
  }
};

}  // namespace losses

/// The mean over the elements of (prediction - target)^2; the target has the shape of the
/// prediction. PyTorch MSELoss.
inline constexpr losses::mse mse{};

}  // namespace etch
