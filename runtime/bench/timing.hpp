#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace etch::measure {

using clock = std::chrono::steady_clock;

inline double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

/// The compiler must believe that what `p` points to is read and written here: results are not
/// dropped, and the next call is not the same as the last.
inline void touch(void const* p) { asm volatile("" : : "r"(p) : "memory"); }

/// The middle one of some measurements; they are reordered. 0 if there are none.
inline double median(std::vector<double>& values) {
  if (values.empty()) return 0;
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Seconds of one call of f, the fastest of `runs`: what can be reached, for ceilings.
template <class F>
double fastest(int runs, F&& f) {
  double best = 1e30;
  for (int run = 0; run < runs; ++run) {
    auto const start = clock::now();
    f();
    best = std::min(best, seconds_since(start));
  }
  return best;
}

/// How many calls of f take about `seconds`, at least 1; they also warm the caches up.
template <class F>
int calls_within(double seconds, F&& f) {
  for (int calls = 1;; calls *= 4) {
    auto const start = clock::now();
    for (int i = 0; i < calls; ++i) f();
    double const time = seconds_since(start);
    if (time >= seconds / 4 || calls >= 1 << 24)
      return std::max(1, static_cast<int>(calls * std::min(4.0, seconds / std::max(time, 1e-9))));
  }
}

/// Seconds of one call of f: the median of stretches of about 50 microseconds, short enough that
/// most are not interrupted on a machine that does other things too, for `seconds` in all.
template <class F>
double typical(double seconds, F&& f) {
  int const calls = calls_within(50e-6, f);
  std::vector<double> stretches;
  for (double spent = 0; spent < seconds || stretches.size() < 5;) {
    auto const start = clock::now();
    for (int i = 0; i < calls; ++i) f();
    double const time = seconds_since(start);
    stretches.push_back(time / calls);
    spent += time;
  }
  return median(stretches);
}

}  // namespace etch::measure
