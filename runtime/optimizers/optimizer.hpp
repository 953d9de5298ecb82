#pragma once

#include <cstddef>

#include "../../codegen/simd.hpp"
#include "../workspace.hpp"

namespace etch {

/// What every optimizer has: a count of the steps taken, `Moments` numbers beside each parameter,
/// in the layout of the parameters, and the scratch memory of training. A derived class has
///
///   template <class Arch>
///   void update(float* parameters, float const* gradients, std::size_t first, std::size_t count,
///               float scale);
///
/// which changes the parameters [first, first + count), given the sum of the gradients over the
/// samples and scale = 1 / samples. It may be called for several ranges at once, on several
/// threads.
template <int Moments>
class optimizer {
 public:
  /// Steps taken so far; random layers draw anew at each.
  int steps() const { return steps_; }

  /// Called by train_step before the updates of a step of a model of `floats` parameters.
  void begin_step(std::size_t floats) {
    if (floats_ != floats) {
      moments_.resize(floats * Moments);
      floats_ = floats;
    }
    ++steps_;
  }

  /// Memory that train_step uses: intermediate results, and gradients.
  float_buffer scratch;
  gradient_buffer gradients;

 protected:
  float* moment(int which) { return moments_.data() + static_cast<std::size_t>(which) * floats_; }

 private:
  float_buffer moments_;
  std::size_t floats_ = 0;
  int steps_ = 0;
};

}  // namespace etch
