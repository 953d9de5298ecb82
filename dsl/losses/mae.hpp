#pragma once

#include "loss_base.hpp"

namespace etch {
namespace losses {

struct mae : elementwise_loss {
  static constexpr std::string_view kind = "mae";
  static constexpr tensor forward(context&, tensor prediction, tensor target) {
    return mean_of(abs(prediction - target));
  }
};

}  // namespace losses

/// The mean over the elements of |prediction - target|; the target has the shape of the prediction.
/// PyTorch L1Loss.
inline constexpr losses::mae mae{};

}  // namespace etch
