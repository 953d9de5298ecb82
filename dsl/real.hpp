#pragma once

namespace etch {

/// A real number as a template argument, `etch::dropout<0.5>`, on compilers that have no
/// floating-point ones: digits * 10^exponent, with at most 9 digits. An error prints it as {5, -1}.
struct real {
  int digits = 0;
  int exponent = 0;

  constexpr real(double value) {
    bool const negative = value < 0;
    double magnitude = negative ? -value : value;
    if (!(magnitude > 0)) return;
    while (magnitude >= 1e9) magnitude /= 10, ++exponent;
    while (magnitude < 1e8) magnitude *= 10, --exponent;
    digits = static_cast<int>(magnitude + .5);
    while (digits % 10 == 0) digits /= 10, ++exponent;
    if (negative) digits = -digits;
  }

  constexpr real(int value) : real(static_cast<double>(value)) {}

  constexpr double value() const {
    double scale = 1;
    for (int i = 0; i < (exponent < 0 ? -exponent : exponent); ++i) scale *= 10;
    return exponent < 0 ? digits / scale : digits * scale;
  }

  constexpr bool operator==(real const&) const = default;
};

}  // namespace etch
