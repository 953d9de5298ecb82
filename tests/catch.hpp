#pragma once

/// The one place that knows which Catch2 is there: 2.13 (one header) or 3 (a library).
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#include <cstdio>
#include <string>

/// Reports the running test case as skipped, for a reason such as "ETCH_DATA is not set"; the test
/// then returns. count.py takes it out of the passed ones.
inline void skip(std::string const& reason) {
  auto const test = Catch::getResultCapture().getCurrentTestName();
  std::printf("SKIPPED: %s: %s\n", test.c_str(), reason.c_str());
  std::fflush(stdout);
}
