#pragma once

#include <cstddef>
#include <cstdint>

#include "../../../codegen/simd/simd.hpp"
#include "../../infer/parameter_identity.hpp"
#include "../../infer/workspace.hpp"
#include "../touched_lines.hpp"

namespace etch {

/// What every optimizer has: a count of the steps taken, `Moments` numbers beside each parameter,
/// in the layout of the parameters, and the scratch memory of training.
///
/// These belong to the model that it trains. It goes on for as long as it is given that model,
/// wherever that has moved to, and begins anew, with moments of zero and no steps taken, when it is
/// given another: a new one, a copy, or one that was assigned to or loaded. What trains two models
/// in turns takes an optimizer for each. A copy of an optimizer goes on as the original does.
///
/// A derived class has
///
///   template <class Arch>
///   void update(float* parameters, float const* gradients, std::size_t first, std::size_t count,
///               float scale);
///
/// which changes the parameters [first, first + count), given the sum of the gradients over the
/// samples and scale = 1 / samples. It may be called for several ranges at once, on several
/// threads. One that has
///
///   bool skips_untouched() const;
///
/// says whether of a table (etch::embedding) it need be called only for the lines of 16 numbers in
/// which the batch has rows: where a gradient of zero changes nothing, or is not to.
template <int Moments>
class optimizer {
 public:
  /// Steps taken so far with this model; random layers draw anew at each, and `fit` puts the
  /// samples into another order.
  int steps() const { return steps_; }

  /// Begins anew unless the parameters are those of the step before.
  void follow(parameter_identity& parameters) {
    if (trained_ == parameters.number()) return;
    trained_ = parameters.number();
    floats_ = 0;
    steps_ = 0;
  }

  /// Called by train_step before the updates of a step of a model of `floats` parameters.
  void begin_step(std::size_t floats) {
    if (floats_ != floats) {
      moments_ = float_buffer(floats * Moments);
      floats_ = floats;
    }
    ++steps_;
  }
  /// Of a step that was begun, but makes no updates.
  void undo_step() { --steps_; }

  /// Memory that train_step uses: intermediate results, gradients, and which rows of tables these
  /// are of.
  float_buffer scratch;
  gradient_buffer gradients;
  touched_lines touched;

 protected:
  float* moment(int which) { return moments_.data() + static_cast<std::size_t>(which) * floats_; }

 private:
  float_buffer moments_;
  std::uint64_t trained_ = 0;  // the number of the parameters, or 0
  std::size_t floats_ = 0;
  int steps_ = 0;
};

}  // namespace etch
