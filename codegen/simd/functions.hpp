#pragma once

#include "../../dsl/functions.hpp"
#include "erf.hpp"
#include "exp.hpp"
#include "log.hpp"
#include "sigmoid.hpp"
#include "trig.hpp"

namespace etch::simd {

/// The function of one vector for each operand; it ignores those that it has not. `Accuracy` is for
/// functions that have a fast form.
template <class Arch, function Fn, accuracy Accuracy = accuracy::accurate>
[[gnu::always_inline]] inline vec<Arch> apply_function(vec<Arch> a, vec<Arch> b,
                                                       vec<Arch> c) noexcept {
  using enum function;
  if constexpr (Fn == identity) return a;
  else if constexpr (Fn == negate) return -a;
  else if constexpr (Fn == absolute) return simd::abs(a);
  else if constexpr (Fn == exp) return simd::exp<Accuracy>(a);
  else if constexpr (Fn == log) return simd::log(a);
  else if constexpr (Fn == log1p) return simd::log1p(a);
  else if constexpr (Fn == expm1) return simd::expm1(a);
  else if constexpr (Fn == sqrt) return simd::sqrt(a);
  else if constexpr (Fn == sin) return simd::sin(a);
  else if constexpr (Fn == cos) return simd::cos(a);
  else if constexpr (Fn == tanh) return simd::tanh<Accuracy>(a);
  else if constexpr (Fn == sigmoid) return simd::sigmoid<Accuracy>(a);
  else if constexpr (Fn == erf) return simd::erf<Accuracy>(a);
  else if constexpr (Fn == add) return a + b;
  else if constexpr (Fn == subtract) return a - b;
  else if constexpr (Fn == multiply) return a * b;
  else if constexpr (Fn == divide) return a / b;
  else if constexpr (Fn == maximum) return simd::maximum(a, b);
  else if constexpr (Fn == minimum) return simd::minimum(a, b);
  else if constexpr (Fn == greater) return simd::greater(a, b);
  else if constexpr (Fn == equal) return simd::equal(a, b);
  else return simd::select(a, b, c);
}

}  // namespace etch::simd
