#pragma once

#include "../../../dsl/c_math.hpp"
#include "../../../dsl/exactly.hpp"
#include "optimizer.hpp"

namespace etch {

/// Of Adam; the defaults are those of its paper. A step with others than these ranges is an `error`.
struct adam_options {
  float learning_rate = 1e-3f;  // at least 0
  float beta1 = 0.9f;           // at least 0 and below 1
  float beta2 = 0.999f;         // the same
  float epsilon = 1e-8f;        // at least 1e-30, far from what is flushed to zero
  float weight_decay = 0;  // decoupled: p <- p - learning_rate * weight_decay * p (AdamW); at least 0
  bool lazy = false;  // of a table (etch::embedding), moments and decay of the rows that a batch does
                      // not touch stay as they are, in lines of 16 numbers
};

namespace detail {
void check_options(adam_options const& o);
}

/// Adam. With g the mean gradient and t the step:
///
///   m <- beta1 m + (1 - beta1) g       v <- beta2 v + (1 - beta2) g^2
///   p <- p - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// Source: Kingma and Ba 2015; the decay: Loshchilov and Hutter 2019.
class adam : public optimizer<2> {
 public:
  adam_options options;

  // Compilers show the next line to who misspells an option.
  explicit adam(adam_options o = {})  // options: learning_rate beta1 beta2 epsilon weight_decay lazy
      : options(o) {}

  void begin_step(std::size_t floats) {
    detail::check_options(options);
    optimizer::begin_step(floats);
    if (!is_exactly(double{options.beta1}, beta1_) || !is_exactly(double{options.beta2}, beta2_) ||
        steps() != counted_ + 1) {
      beta1_ = options.beta1, beta2_ = options.beta2;
      power1_ = power(beta1_, steps() - 1), power2_ = power(beta2_, steps() - 1);
    }
    power1_ *= beta1_, power2_ *= beta2_;
    counted_ = steps();
    root_ = c_math::sqrt(1 - power2_);
    corrected_ = options.learning_rate * root_ / (1 - power1_);
  }

  bool skips_untouched() const { return options.lazy; }

  template <class Arch>
  void update(float* p, float const* g, std::size_t first, std::size_t count, float scale) {
    float* const m = moment(0);
    float* const v = moment(1);
    auto const rate = simd::broadcast<Arch>(static_cast<float>(-corrected_));
    auto const epsilon = simd::broadcast<Arch>(static_cast<float>(options.epsilon * root_));
    double const decay = static_cast<double>(options.learning_rate) * options.weight_decay;
    auto const keep = simd::broadcast<Arch>(static_cast<float>(1 - decay));
    auto const beta1 = simd::broadcast<Arch>(options.beta1);
    auto const beta2 = simd::broadcast<Arch>(options.beta2);
    auto const mean = simd::broadcast<Arch>(scale);
    for (std::size_t i = first; i < first + count; i += Arch::width) {  // ranges are whole vectors
      auto const gradient = simd::load<Arch>(g + i) * mean;
      auto const m_old = simd::load<Arch>(m + i);
      auto const v_old = simd::load<Arch>(v + i);
      auto const square = gradient * gradient;
      auto const m_new = simd::fma(beta1, m_old - gradient, gradient);
      auto const v_new = simd::fma(beta2, v_old - square, square);
      auto const parameter = simd::load<Arch>(p + i) * keep;
      simd::store(m + i, m_new);
      simd::store(v + i, v_new);
      simd::store(p + i, simd::fma(rate, normalised<Arch>(m_new, v_new, epsilon), parameter));
    }
  }

 private:
  /// m / (sqrt(v) + epsilon), within 3 ulp where there are estimates: the dividing unit alone would
  /// take longer than the memory.
  template <class Arch>
  static simd::vec<Arch> normalised(simd::vec<Arch> m, simd::vec<Arch> v,
                                    simd::vec<Arch> epsilon) {
    using set = simd::instructions<Arch>;
    if constexpr (requires { set::near_sqrt(v); }) {
      auto const divisor = set::near_sqrt(v) + epsilon;
      return corrected(m, divisor, set::near_reciprocal(divisor));
    } else if constexpr (requires { set::rough_reciprocal(v); }) {
      auto const divisor = simd::sqrt(v) + epsilon;
      return corrected(m, divisor, set::rough_reciprocal(divisor));
    } else {
      return m / (simd::sqrt(v) + epsilon);
    }
  }

  /// a / b from an estimate of 1 / b, the square of whose error remains.
  template <class Vector>
  static Vector corrected(Vector a, Vector b, Vector reciprocal) {
    auto const near = a * reciprocal;
    return simd::fma(simd::fnma(near, b, a), reciprocal, near);
  }

  /// base^exponent by products alone, because std::pow differs between processors.
  static double power(double base, int exponent) {
    double result = 1;
    for (; exponent > 0; exponent /= 2, base *= base)
      if (exponent % 2 != 0) result *= base;
    return result;
  }

  int counted_ = 0;                                         // the step of the powers
  double beta1_ = 0, beta2_ = 0, power1_ = 0, power2_ = 0;  // base and power, as of that step
  // Both corrections in one factor, so that the loop has one division and one root.
  double root_ = 0, corrected_ = 0;
};

}  // namespace etch
