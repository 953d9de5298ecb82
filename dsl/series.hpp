#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "exactly.hpp"

/// The functions of <cmath> that C++20 does not evaluate at compile time, in double. The relative
/// error is below 1e-14; special values are those of <cmath>. An overflow is an explicit infinity,
/// because an operation that overflows or makes a NaN is not a constant expression.
namespace etch::series {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double ln2_high = 0x1.62e42fefp-1;  // 33 bits: exact times an exponent
inline constexpr double ln2_low = 0x1.473de6af278edp-34;

/// 2^k for -1022 <= k <= 1023.
constexpr double power_of_two(int k) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

/// e^r - 1 = r + r^2/2! + ... for |r| < 0.36.
constexpr double expm1_near_zero(double r) {
  double sum = 0;
  for (int n = 15; n > 1; --n) sum = (sum + 1) * r / n;
  return r + r * sum;
}

/// x = k ln 2 + r with |r| <= ln 2 / 2.
constexpr double exp(double x) {
  if (is_nan(x)) return x;
  if (x > 709.782712893384) return infinity;
  if (x < -745.14) return 0;
  int const k = static_cast<int>(x * 1.4426950408889634 + (x < 0 ? -.5 : .5));
  double const p = 1 + expm1_near_zero((x - k * ln2_high) - k * ln2_low);
  return p * power_of_two(k / 2) * power_of_two(k - k / 2);  // k may be -1075 or 1024
}

constexpr double expm1(double x) {
  if (is_exactly(x, 0.0)) return x;  // keeps the sign of a zero
  if (x > -.35 && x < .35) return expm1_near_zero(x);
  double const e = exp(x);
  return is_nan(e) ? x : e >= infinity ? e : e - 1;
}

/// log((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + ...) for |s| < 0.172.
constexpr double twice_atanh(double s) {
  double const square = s * s;
  double sum = 0;
  for (int n = 25; n > 1; n -= 2) sum = (sum + 1. / n) * square;
  return 2 * (s + s * sum);
}

/// A positive finite x as m * 2^exponent with m in [1, 2).
struct binary {
  double m = 1;
  int exponent = 0;

  constexpr explicit binary(double x) {
    int shift = 0;
    if (x < 0x1p-1022) x *= 0x1p54, shift = -54;
    auto const bits = std::bit_cast<std::uint64_t>(x);
    exponent = static_cast<int>(bits >> 52) - 1023 + shift;
    m = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  }
};

constexpr double log(double x) {
  if (is_nan(x) || x >= infinity) return x;
  if (x < 0) return nan;
  if (is_exactly(x, 0.0)) return -infinity;
  binary b{x};
  if (b.m > 1.4142135623730951) b.m /= 2, ++b.exponent;
  return b.exponent * ln2_high + (twice_atanh((b.m - 1) / (b.m + 1)) + b.exponent * ln2_low);
}

constexpr double log1p(double x) {
  if (x > -.29 && x < .41) return twice_atanh(x / (2 + x));
  if (is_nan(x) || x >= infinity) return x;
  double const u = 1 + x;
  return u > 0 ? log(u) + (x - (u - 1)) / u : log(u);  // with what the rounding of 1 + x has lost
}

/// Heron's iteration on m * 4^h, m in [1, 4); its error falls 0.25, 0.03, 5e-4, 1e-7, 5e-15, 0.
constexpr double sqrt(double x) {
  if (is_nan(x) || x >= infinity || is_exactly(x, 0.0)) return x;
  if (x < 0) return nan;
  binary b{x};
  if (b.exponent % 2 != 0) b.m *= 2, --b.exponent;
  double y = (1 + b.m) / 2;
  for (int i = 0; i < 5; ++i) y = (y + b.m / y) / 2;
  return y * power_of_two(b.exponent / 2);
}

/// x = quarter * pi/2 + r with |r| <= pi/4, `quarter` modulo 4. pi/2 stands in parts of 33 bits,
/// whose products with a number below 2^20 are exact: r is accurate even near a multiple of pi/2.
struct angle {
  double r = 0;
  int quarter = 0;

  constexpr explicit angle(double x) {
    double const n = static_cast<double>(
        static_cast<long long>(x * 0.63661977236758134 + (x < 0 ? -.5 : .5)));
    r = x - n * 0x1.921fb544p+0;
    r -= n * 0x1.0b4611a6p-34;
    r -= n * 0x1.3198a2ep-69;
    r -= n * 0x1.b839a252049c1p-104;
    quarter = static_cast<int>(static_cast<long long>(n) & 3);
  }

  constexpr double sine() const {
    double const square = r * r;
    double sum = 0;
    for (int n = 19; n > 1; n -= 2) sum = -(sum + 1) * square / (n * (n - 1));
    return r + r * sum;
  }
  constexpr double cosine() const {
    double const square = r * r;
    double sum = 0;
    for (int n = 20; n > 0; n -= 2) sum = -(sum + 1) * square / (n * (n - 1));
    return 1 + sum;
  }
};

/// sin and cos: |x| <= 1e6. The accuracy falls beyond it, and from 1e15 on the result is NaN.
constexpr double sin(double x) {
  if (is_exactly(x, 0.0)) return x;
  if (!(x > -1e15 && x < 1e15)) return nan;
  angle const a{x};
  double const magnitude = a.quarter % 2 == 0 ? a.sine() : a.cosine();
  return a.quarter < 2 ? magnitude : -magnitude;
}
constexpr double cos(double x) {
  if (!(x > -1e15 && x < 1e15)) return nan;
  angle const a{x};
  double const magnitude = a.quarter % 2 == 0 ? a.cosine() : a.sine();
  return a.quarter == 0 || a.quarter == 3 ? magnitude : -magnitude;
}

constexpr double tanh(double x) {
  if (is_exactly(x, 0.0)) return x;
  if (x > 22) return 1;
  if (x < -22) return -1;
  if (is_nan(x)) return x;
  double const e = expm1(x < 0 ? -2 * x : 2 * x);
  return (x < 0 ? -e : e) / (e + 2);
}

constexpr double sigmoid(double x) {
  if (is_nan(x)) return x;
  double const e = exp(x < 0 ? x : -x);
  return (x < 0 ? e : 1) / (1 + e);
}

/// 2/sqrt(pi) exp(-x^2) (x + 2 x^3/3 + 4 x^5/15 + ...): no term is negative, so nothing cancels.
/// Source: Abramowitz and Stegun 7.1.6.
constexpr double erf(double x) {
  if (x > 6) return 1;
  if (x < -6) return -1;
  if (is_nan(x)) return x;
  double const square = x * x;
  double term = x, sum = x;
  for (int n = 3; (term < 0 ? -term : term) > 1e-18 * (sum < 0 ? -sum : sum); n += 2) {
    term *= 2 * square / n;
    sum += term;
  }
  return 1.1283791670955126 * exp(-square) * sum;
}

}  // namespace etch::series
