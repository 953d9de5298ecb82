#include "../../dsl/functions.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <set>

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

namespace {

/// What <cmath> gives for a function of the table; none if this file does not say.
using reference_form = double (*)(double, double, double);
reference_form reference(function fn) {
  using enum function;
  switch (fn) {
    case identity: return [](double a, double, double) { return a; };
    case negate: return [](double a, double, double) { return -a; };
    case absolute: return [](double a, double, double) { return std::abs(a); };
    case exp: return [](double a, double, double) { return std::exp(a); };
    case log: return [](double a, double, double) { return std::log(a); };
    case log1p: return [](double a, double, double) { return std::log1p(a); };
    case expm1: return [](double a, double, double) { return std::expm1(a); };
    case sqrt: return [](double a, double, double) { return std::sqrt(a); };
    case sin: return [](double a, double, double) { return std::sin(a); };
    case cos: return [](double a, double, double) { return std::cos(a); };
    case tanh: return [](double a, double, double) { return std::tanh(a); };
    case sigmoid: return [](double a, double, double) { return library_sigmoid(a); };
    case erf: return [](double a, double, double) { return std::erf(a); };
    case add: return [](double a, double b, double) { return a + b; };
    case subtract: return [](double a, double b, double) { return a - b; };
    case multiply: return [](double a, double b, double) { return a * b; };
    case divide: return [](double a, double b, double) { return a / b; };
    case maximum:
      return [](double a, double b, double) { return std::isnan(a + b) ? a + b : std::fmax(a, b); };
    case minimum:
      return [](double a, double b, double) { return std::isnan(a + b) ? a + b : std::fmin(a, b); };
    case greater: return [](double a, double b, double) { return std::isgreater(a, b) ? 1. : 0.; };
    case equal: return [](double a, double b, double) { return a == b ? 1. : 0.; };
    case select: return [](double a, double b, double c) { return a != 0 ? b : c; };
  }
  return nullptr;
}

constexpr double grid[] = {-3.5, -1, -.25, 0, .25, 1, 1.5, 4, 1000};

/// Calls f(a, b, c) for operands from the grid, which differ in as many of them as there are.
template <class F>
void for_each_operands(int operands, F f) {
  for (double a : grid)
    for (double b : grid)
      for (double c : grid)
        if ((operands > 1 || b == 0) && (operands > 2 || c == 0)) f(a, b, c);
}

/// Whether f never decreases in an operand, the others being constant, and `positive` if asked for.
template <class F>
bool grows_in(int operand, int operands, F f, bool positive = false) {
  bool grows = true;
  for_each_operands(operands, [&](double a, double b, double c) {
    if (positive && (operand == 0 ? b : a) < 0) return;
    double more[] = {a, b, c};
    for (more[operand] += .125; more[operand] < 5; more[operand] += .5)
      grows = grows && f(more[0], more[1], more[2]) >= f(a, b, c);
  });
  return grows;
}

}  // namespace

TEST_CASE("every function of the table has a name of its own and the values of <cmath>") {
  std::set<std::string_view> names;
  for (function_info const& f : functions) {
    INFO(f.name);
    CHECK_FALSE(f.name.empty());
    CHECK(names.insert(f.name).second);
    CHECK(&info(f.fn) == &f);
    reference_form const expected = reference(f.fn);
    REQUIRE(expected);
    int differing = 0;
    for_each_operands(f.arity, [&](double a, double b, double c) {
      CAPTURE(a, b, c);
      CHECK(relative_error(apply(f.fn, a, b, c), expected(a, b, c)) < 1e-15);
      auto const in_float = apply(f.fn, float(a), float(b), float(c));
      CHECK(relative_error(double(in_float), double(float(expected(a, b, c)))) < 3e-7);
      differing += apply(f.fn, a, b, c) != a;
    });
    CHECK((differing > 0) == (f.fn != function::identity));
    CHECK(std::isnan(apply(f.fn, not_a_number, not_a_number, not_a_number)) ==
          (f.fn != function::greater && f.fn != function::equal));
  }
  for (function const limit : {function::maximum, function::minimum}) {
    CHECK(std::isnan(apply(limit, 0., not_a_number)));
    CHECK(std::isnan(apply(limit, not_a_number, 0.)));
  }
  CHECK_FALSE(std::signbit(apply(function::absolute, -0.)));
}

TEST_CASE("the properties in the table are those of the functions") {
  for (function_info const& f : functions) {
    INFO(f.name);
    auto const y = [&](double a, double b, double c) { return apply(f.fn, a, b, c); };
    if (f.grows == growth::in_all || f.grows == growth::in_first) CHECK(grows_in(0, f.arity, y));
    if (f.grows == growth::in_all && f.arity > 1) CHECK(grows_in(1, f.arity, y));
    if (f.grows == growth::in_each_times_positive)
      CHECK((grows_in(0, 2, y, true) && grows_in(1, 2, y, true)));
    int neutral = 0, folded = 0, infinite = 0;
    for_each_operands(f.arity, [&](double a, double b, double c) {
      CAPTURE(a, b, c);
      if (b == 0 && std::isnan(f.right_neutral) + std::isnan(f.left_neutral) < 2) ++neutral;
      if (!std::isnan(f.right_neutral)) CHECK(y(a, f.right_neutral, 0) == a);
      if (!std::isnan(f.left_neutral)) CHECK(y(f.left_neutral, b, 0) == b);
      double const known = fold(f.fn, a, b, c);
      if (!std::isnan(known)) CHECK(known == y(a, b, c));
      folded += !std::isnan(known);
      infinite += !std::isfinite(y(a, b, c));
    });
    CHECK((infinite > 0) == f.may_raise);
    CHECK((folded > 0) == (!f.scalar.has_series));
    CHECK((neutral > 0) == (f.fn == function::add || f.fn == function::subtract ||
                            f.fn == function::multiply || f.fn == function::divide));
  }
  // what the checks above say no to
  CHECK_FALSE(grows_in(0, 1, [](double a, double, double) { return -a; }));
  CHECK_FALSE(grows_in(1, 2, [](double a, double b, double) { return a - b; }));
  CHECK_FALSE(grows_in(0, 2, [](double a, double b, double) { return a * b; }));
  CHECK(std::isnan(fold(function::divide, 1, 0, 0)));
  CHECK(std::isnan(fold(function::exp, 1, 0, 0)));
}
