#include "../../codegen/reference/scalar_math.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "catch.hpp"

using namespace etch;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double relative_error(double got, double expected) {
  if (got == expected || (got != got && expected != expected)) return 0;
  double const scale = std::max(std::abs(expected), DBL_MIN);
  return std::abs(got - expected) / scale;
}

/// The largest relative error on a grid over [from, to] and on magnitudes from tiny to `to`.
double worst(double (*series)(double), double (*library)(double), double from, double to) {
  double largest = 0;
  auto const at = [&](double x) {
    double const error = relative_error(series(x), library(x));
    if (!(error <= largest)) largest = error;
  };
  for (int i = 0; i <= 20000; ++i) at(from + (to - from) * i / 20000);
  for (double x = 1e-300; x < to; x *= 1.7) at(x);
  for (double x = 1e-300; x < -from; x *= 1.7) at(-x);
  return largest;
}

double library_sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}

using one = double (*)(double);

static_assert(apply<double>(function::exp, 0) == 1);
static_assert(apply<double>(function::log, 1) == 0);
static_assert(apply<double>(function::sqrt, 9) == 3);
static_assert(apply<double>(function::sqrt, 2) > 1.4142135623730945);
static_assert(apply<double>(function::sqrt, 2) < 1.4142135623730955);
static_assert(apply<double>(function::exp, 1000) == inf);
static_assert(apply<double>(function::exp, -1000) == 0);
static_assert(apply<float>(function::exp, 89) == std::numeric_limits<float>::infinity());
static_assert(apply<double>(function::log, 0) == -inf);
static_assert(apply<double>(function::log, -1) != apply<double>(function::log, -1));
static_assert(apply<double>(function::divide, 1, 0) == inf);
static_assert(apply<double>(function::divide, 1, -0.) == -inf);
static_assert(apply<double>(function::divide, 0, 0) != 0);
static_assert(apply<double>(function::sigmoid, -800) == 0);
static_assert(apply<double>(function::sigmoid, 800) == 1);
static_assert(apply<double>(function::tanh, inf) == 1 && apply<double>(function::erf, -inf) == -1);
static_assert(apply<double>(function::sin, 0) == 0 && apply<double>(function::cos, 0) == 1);
static_assert(apply<double>(function::expm1, inf) == inf);
static_assert(apply<double>(function::expm1, -inf) == -1);
static_assert(apply<double>(function::log1p, -1) == -inf);

}  // namespace

TEST_CASE("the compile-time functions agree with the library's over their range") {
  CHECK(worst(series::exp, static_cast<one>(std::exp), -745, 709.7) < 1e-14);
  CHECK(worst(series::exp, static_cast<one>(std::exp), -2, 2) < 1e-15);
  CHECK(worst(series::expm1, static_cast<one>(std::expm1), -50, 709.7) < 1e-14);
  CHECK(worst(series::expm1, static_cast<one>(std::expm1), -1, 1) < 2e-15);
  CHECK(worst(series::log, static_cast<one>(std::log), 1e-3, 10) < 1e-15);
  CHECK(worst(series::log, static_cast<one>(std::log), 1e-3, 1e300) < 1e-15);
  CHECK(worst(series::log1p, static_cast<one>(std::log1p), -.9999, 10) < 2e-15);
  CHECK(worst(series::log1p, static_cast<one>(std::log1p), 0, 1e300) < 1e-15);
  CHECK(worst(series::sqrt, static_cast<one>(std::sqrt), 0, 1e300) < 1e-15);
  CHECK(worst(series::sqrt, static_cast<one>(std::sqrt), 0, 4) < 1e-15);
  CHECK(worst(series::sin, static_cast<one>(std::sin), -50, 50) < 1e-14);
  CHECK(worst(series::cos, static_cast<one>(std::cos), -50, 50) < 1e-14);
  CHECK(worst(series::sin, static_cast<one>(std::sin), -1e6, 1e6) < 1e-14);
  CHECK(worst(series::cos, static_cast<one>(std::cos), -1e6, 1e6) < 1e-14);
  CHECK(worst(series::tanh, static_cast<one>(std::tanh), -30, 30) < 1e-14);
  CHECK(worst(series::tanh, static_cast<one>(std::tanh), -1, 1) < 2e-15);
  CHECK(worst(series::sigmoid, library_sigmoid, -745, 745) < 1e-14);
  CHECK(worst(series::erf, static_cast<one>(std::erf), -8, 8) < 1e-14);
}

TEST_CASE("sine and cosine stay accurate beside their zeros") {
  for (int n = 1; n < 600000; n = n * 3 / 2 + 1) {
    double const x = n * 1.5707963267948966;
    CHECK(relative_error(series::sin(x), std::sin(x)) < 1e-14);
    CHECK(relative_error(series::cos(x), std::cos(x)) < 1e-14);
  }
}

TEST_CASE("the compile-time functions agree on special values") {
  struct pair {
    one series, library;
  };
  pair const all[] = {{series::exp, std::exp},         {series::expm1, std::expm1},
                      {series::log, std::log},         {series::log1p, std::log1p},
                      {series::sqrt, std::sqrt},       {series::sin, std::sin},
                      {series::cos, std::cos},         {series::tanh, std::tanh},
                      {series::sigmoid, library_sigmoid}, {series::erf, std::erf}};
  int index = 0;
  for (auto const& [series, library] : all) {
    CAPTURE(index++);
    for (double x : {0., -0., 1., -1., inf, -inf, not_a_number, DBL_MIN, -DBL_MIN, 5e-324,
                     -5e-324, 1e-310}) {
      if (library == static_cast<one>(library_sigmoid) && x == inf) continue;
      CAPTURE(x);
      CHECK(relative_error(series(x), library(x)) < 1e-14);
      if (library(x) == 0) CHECK(std::signbit(series(x)) == std::signbit(library(x)));
    }
    if (library != static_cast<one>(std::sin) && library != static_cast<one>(std::cos))
      for (double x : {DBL_MAX, -DBL_MAX, 710., -746., 1e10, -1e10}) {
        CAPTURE(x);
        CHECK(relative_error(series(x), library(x)) < 1e-14);
      }
  }
  CHECK(series::exp(-745.1) == 5e-324);
  CHECK(series::exp(709.78271289338397) < inf);
  CHECK(series::exp(709.7827128933842) == inf);
}

TEST_CASE("apply computes every function") {
  auto const f = [](function fn, double a, double b = 0, double c = 0) {
    return apply(fn, a, b, c);
  };
  CHECK(f(function::identity, 3) == 3);
  CHECK(f(function::negate, 3) == -3);
  CHECK(f(function::absolute, -3) == 3);
  CHECK_FALSE(std::signbit(f(function::absolute, -0.)));
  CHECK(f(function::exp, 1.5) == std::exp(1.5));
  CHECK(f(function::log, 1.5) == std::log(1.5));
  CHECK(f(function::log1p, 1.5) == std::log1p(1.5));
  CHECK(f(function::expm1, 1.5) == std::expm1(1.5));
  CHECK(f(function::sqrt, 1.5) == std::sqrt(1.5));
  CHECK(f(function::sin, 1.5) == std::sin(1.5));
  CHECK(f(function::cos, 1.5) == std::cos(1.5));
  CHECK(f(function::tanh, 1.5) == std::tanh(1.5));
  CHECK(f(function::sigmoid, 1.5) == Approx(1 / (1 + std::exp(-1.5))).epsilon(1e-15));
  CHECK(f(function::sigmoid, -800) == 0);
  CHECK(f(function::erf, 1.5) == std::erf(1.5));
  CHECK(f(function::add, 5, 3) == 8);
  CHECK(f(function::subtract, 5, 3) == 2);
  CHECK(f(function::multiply, 5, 3) == 15);
  CHECK(f(function::divide, 6, 3) == 2);
  CHECK(f(function::divide, 6, 0) == inf);
  CHECK(f(function::maximum, 5, 3) == 5);
  CHECK(f(function::maximum, 3, 5) == 5);
  CHECK(f(function::minimum, 5, 3) == 3);
  CHECK(f(function::minimum, 3, 5) == 3);
  CHECK(std::isnan(f(function::maximum, 0, not_a_number)));
  CHECK(std::isnan(f(function::minimum, 0, not_a_number)));
  CHECK(std::isnan(f(function::maximum, not_a_number, 0)));
  CHECK(std::isnan(f(function::minimum, not_a_number, 0)));
  CHECK(f(function::greater, 5, 3) == 1);
  CHECK(f(function::greater, 3, 3) == 0);
  CHECK(f(function::equal, 3, 3) == 1);
  CHECK(f(function::equal, 5, 3) == 0);
  CHECK(f(function::select, -1, 2, 3) == 2);
  CHECK(f(function::select, 0, 2, 3) == 3);
}
