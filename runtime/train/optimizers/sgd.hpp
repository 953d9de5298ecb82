#pragma once

#include "optimizer.hpp"

namespace etch {

/// Of gradient descent; those of PyTorch's SGD by name and meaning. A step with others than these
/// ranges is an `error`.
struct sgd_options {
  float learning_rate = 1e-2f;  // at least 0
  float momentum = 0;           // at least 0 and below 1
  float weight_decay = 0;       // at least 0; adds weight_decay * parameter to the gradient
  bool nesterov = false;
  bool lazy = false;  // of a table (etch::embedding), moments and decay of the rows that a batch does
                      // not touch stay as they are, in lines of 16 numbers
};

namespace detail {
void check_options(sgd_options const& o);
}

/// Gradient descent with momentum. With g the mean gradient:
///
///   v <- momentum v + g        p <- p - learning_rate v
///
/// nesterov takes g + momentum v for v in the second. Source: Sutskever et al. 2013, as in PyTorch.
class sgd : public optimizer<1> {
 public:
  sgd_options options;

  // Compilers show the next line to who misspells an option.
  explicit sgd(sgd_options o = {})  // options: learning_rate momentum weight_decay nesterov lazy
      : options(o) {}

  void begin_step(std::size_t floats) {
    detail::check_options(options);
    optimizer::begin_step(floats);
  }

  bool skips_untouched() const {
    return options.lazy || !(options.momentum > 0 || options.weight_decay > 0);
  }

  template <class Arch>
  void update(float* p, float const* g, std::size_t first, std::size_t count, float scale) {
    float* const v = moment(0);
    auto const rate = simd::broadcast<Arch>(-options.learning_rate);
    auto const momentum = simd::broadcast<Arch>(options.momentum);
    auto const decay = simd::broadcast<Arch>(options.weight_decay);
    auto const mean = simd::broadcast<Arch>(scale);
    bool const remembers = options.momentum > 0, nesterov = options.nesterov;
#pragma GCC unroll 2
    for (std::size_t i = first; i < first + count; i += Arch::width) {  // ranges are whole vectors
      auto const parameter = simd::load<Arch>(p + i);
      auto const gradient = simd::fma(decay, parameter, simd::load<Arch>(g + i) * mean);
      if (!remembers) {  // the moment would only take time
        simd::store(p + i, simd::fma(rate, gradient, parameter));
        continue;
      }
      auto const velocity = simd::fma(momentum, simd::load<Arch>(v + i), gradient);
      auto const move = nesterov ? simd::fma(momentum, velocity, gradient) : velocity;
      simd::store(v + i, velocity);
      simd::store(p + i, simd::fma(rate, move, parameter));
    }
  }
};

}  // namespace etch
