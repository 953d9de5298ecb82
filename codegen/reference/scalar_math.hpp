#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "../../dsl/exactly.hpp"
#include "../../dsl/function.hpp"
#include "../simd/c_math.hpp"
#include "series.hpp"

namespace etch {

/// A double as a T; infinite where T cannot hold it, also in constant evaluation.
template <std::floating_point T>
constexpr T narrow(double value) {
  if (std::is_constant_evaluated() && sizeof(T) < sizeof(double)) {
    constexpr double largest = static_cast<double>(std::numeric_limits<T>::max());
    if (value > largest) return std::numeric_limits<T>::infinity();
    if (value < -largest) return -std::numeric_limits<T>::infinity();
  }
  return static_cast<T>(value);
}

namespace detail {

/// `series` in constant evaluation, `library` at run time.
template <class T>
constexpr T either(T a, double (*series)(double), T (*library)(T)) {
  return std::is_constant_evaluated() ? narrow<T>(series(static_cast<double>(a))) : library(a);
}

/// A division by zero is no constant expression, but IEEE 754 says what it gives.
template <class T>
constexpr T divide(T a, T b) {
  if (std::is_constant_evaluated() && is_exactly(b, T(0))) {
    if (is_exactly(a, T(0)) || is_nan(a)) return std::numeric_limits<T>::quiet_NaN();
    bool const negative = (a < 0) != (std::bit_cast<std::uint64_t>(static_cast<double>(b)) != 0);
    return negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
  }
  return a / b;
}

template <class T>
T library_sigmoid(T a) {
  T const e = c_math::exp(a < 0 ? a : -a);
  return (a < 0 ? e : T(1)) / (1 + e);
}

}  // namespace detail

/// The element-wise function `fn` of one scalar each: what every kernel is compared with.
/// maximum and minimum are NaN where one of the two is; greater and equal give 1 or 0; select is
/// a != 0 ? b : c.
template <std::floating_point T>
constexpr T apply(function fn, T a, T b = {}, T c = {}) {
  using one = T (*)(T);
  switch (fn) {
    case function::identity: return a;
    case function::negate: return -a;
    case function::absolute: return a <= 0 ? 0 - a : a;
    case function::exp: return detail::either(a, series::exp, static_cast<one>(c_math::exp));
    case function::log: return detail::either(a, series::log, static_cast<one>(c_math::log));
    case function::log1p: return detail::either(a, series::log1p, static_cast<one>(c_math::log1p));
    case function::expm1: return detail::either(a, series::expm1, static_cast<one>(c_math::expm1));
    case function::sqrt: return detail::either(a, series::sqrt, static_cast<one>(c_math::sqrt));
    case function::sin: return detail::either(a, series::sin, static_cast<one>(c_math::sin));
    case function::cos: return detail::either(a, series::cos, static_cast<one>(c_math::cos));
    case function::tanh: return detail::either(a, series::tanh, static_cast<one>(c_math::tanh));
    case function::sigmoid: return detail::either(a, series::sigmoid, detail::library_sigmoid<T>);
    case function::erf: return detail::either(a, series::erf, static_cast<one>(c_math::erf));
    case function::add: return a + b;
    case function::subtract: return a - b;
    case function::multiply: return a * b;
    case function::divide: return detail::divide(a, b);
    case function::maximum: return a > b || is_nan(a) ? a : b;
    case function::minimum: return a < b || is_nan(a) ? a : b;
    case function::greater: return a > b ? T(1) : T(0);
    case function::equal: return is_exactly(a, b) ? T(1) : T(0);
    case function::select: return is_exactly(a, T(0)) ? c : b;
  }
  return a;
}

}  // namespace etch
