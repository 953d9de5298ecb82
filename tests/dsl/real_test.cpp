#include "../../dsl/real.hpp"

#include <type_traits>

#include "catch.hpp"

namespace {

using etch::real;

template <real Value>
struct holder {
  static constexpr double value = Value.value();
};

static_assert(real{0.5} == real{0.50000});
static_assert(real{0.5}.digits == 5 && real{0.5}.exponent == -1);
static_assert(real{0}.digits == 0 && real{-0.0} == real{0.0});
static_assert(real{-250}.digits == -25 && real{-250}.exponent == 1);
static_assert(std::is_same_v<holder<0.1>, holder<1e-1>>);
static_assert(!std::is_same_v<holder<0.1>, holder<0.2>>);

TEST_CASE("a real gives back the double that was written") {
  for (double value : {0.0, 1.0, -1.0, 0.1, 0.25, 0.3, 0.01, 1e-5, 1e-8, 1e-12, 3e-3, 0.999,
                       0.9999999, 123456789.0, 1e20, -0.02, -7e-4})
    CHECK(real{value}.value() == value);
}

TEST_CASE("a real keeps nine digits") {
  CHECK(real{1.0 / 3}.value() == Approx(1.0 / 3).epsilon(5e-9));
  CHECK(real{1.0 / 3}.digits == 333333333);
  CHECK(real{3.14159265358979}.value() == Approx(3.14159265358979).epsilon(5e-9));
  CHECK(real{0.99999999999}.value() == Approx(1).epsilon(5e-9));
}

TEST_CASE("a real is a template argument") {
  CHECK(holder<0.5>::value == 0.5);
  CHECK(holder<1e-5>::value == 1e-5);
  CHECK(holder<-0.01>::value == -0.01);
}

}  // namespace
