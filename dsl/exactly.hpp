#pragma once

namespace etch {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"

/// Whether two floating-point numbers are the same one, which is what is meant here.
template <class T>
constexpr bool is_exactly(T a, T b) {
  return a == b;
}

#pragma GCC diagnostic pop

template <class T>
constexpr bool is_nan(T a) {
  return !is_exactly(a, a);
}

}  // namespace etch
