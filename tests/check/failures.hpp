#pragma once

#include <cmath>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

namespace check {

/// What a check found wrong, a line each; empty when all is right. Values, not assertions, so that
/// a test can also demand that a check fails.
using failures = std::vector<std::string>;

template <class... Parts>
std::string text(Parts const&... parts) {
  std::ostringstream line;
  line.precision(9);
  static_cast<void>((line << ... << parts));
  return line.str();
}

inline void append(failures& to, std::string const& where, failures const& more) {
  for (std::string const& f : more) to.push_back(where + f);
}

inline double largest(std::vector<double> const& values) {
  double m = 0;
  for (double v : values) m = std::abs(v) > m ? std::abs(v) : m;
  return m;
}

/// Whether every element is within `relative` of the largest expected one, taken as 0.1 at least
/// (what cancels to nearly zero keeps the rounding of what it is made of). Reports the worst
/// element.
template <class T>
failures compare(std::string const& what, std::vector<double> const& expected,
                 std::vector<T> const& given, double relative) {
  if (given.size() != expected.size())
    return {text(what, ": expected ", expected.size(), " elements, given ", given.size())};
  double const allowed = relative * std::fmax(largest(expected), 0.1);
  std::size_t worst = 0;
  double worst_error = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    double error = std::abs(static_cast<double>(given[i]) - expected[i]);
    if (std::isnan(error)) error = INFINITY;
    if (error <= worst_error) continue;
    worst = i;
    worst_error = error;
  }
  if (worst_error <= allowed) return {};
  return {text(what, ", index ", worst, " of ", expected.size(), ": expected ", expected[worst],
               ", given ", given[worst], ", allowed error ", allowed)};
}

}  // namespace check
