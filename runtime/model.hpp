#pragma once

#include <cstdint>

#include "forward.hpp"
#include "initialize.hpp"

namespace etch {

/// Where random numbers begin: equal seeds give equal weights on every machine.
struct seed {
  std::uint64_t value = 0;
};

/// A network with its weights, which it owns: one buffer on the heap, in the layout the kernels read.
/// Copies are deep. For weights that are linked into the program see embedded_model.
template <auto Net, class Arch = arch::native>
class model : public forward_interface<Net, Arch, model<Net, Arch>> {
 public:
  /// Parameters as their initializers say.
  explicit model(seed s = {}) : buffer_(static_cast<std::size_t>(facts<Net>::weight_floats)) {
    initialize<Net>(buffer_.data(), s.value);
    refresh();
  }

  /// The parameters as they lie in memory (facts<Net>::places), and behind them what follows from them.
  float const* weights() const noexcept { return buffer_.data(); }
  float* weights() noexcept { return buffer_.data(); }

  /// To be called when weights were written: computes what follows from them, such as the scale and
  /// shift that a batch_norm is at inference.
  void refresh() noexcept {
    if constexpr (facts<Net>::weight_floats > facts<Net>::parameter_floats) {
      buffers b;
      b.parameters = buffer_.data();
      b.derived = buffer_.data() + facts<Net>::parameter_floats;
      run_prologue<Arch, inference_plan<Net, 1>>(b);
    }
  }

 private:
  float_buffer buffer_;
};

}  // namespace etch
