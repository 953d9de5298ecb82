#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "simd_testing.hpp"

using namespace simd_testing;
using simd::accuracy;

namespace {

/// The distance of two floats next to `x`, at least that of the smallest normal number.
double ulp(double x) {
  int exponent = 0;
  std::frexp(std::max(std::abs(x), double(smallest)), &exponent);
  return std::ldexp(1.0, exponent - 24);
}

/// The largest error of f against `reference` over the floats between `from` and `to`, in ulp and
/// absolute. A result that is inf or NaN where the reference is not counts as infinitely wrong.
struct error {
  double in_ulp = 0;
  double absolute = 0;
};

template <class Arch, class F, class Reference>
error sweep(float from, float to, F f, Reference reference) {
  error worst;
  constexpr int steps = 60000;
  std::vector<float> points;
  // half of the points evenly spaced, half evenly over the bit patterns (all magnitudes)
  for (int i = 0; i <= steps; ++i) points.push_back(from + (to - from) * (float(i) / float(steps)));
  for (float end : {from, to}) {
    auto const last = std::bit_cast<std::uint32_t>(end);
    for (std::uint32_t bits = last & 0x80000000U; bits <= last; bits += 71993U) {
      float const x = std::bit_cast<float>(bits);
      if (x >= from && x <= to) points.push_back(x);
    }
  }
  while (points.size() % Arch::width != 0) points.push_back(to);
  float y[Arch::width];
  for (std::size_t i = 0; i < points.size(); i += Arch::width) {
    simd::store(y, f(simd::load<Arch>(&points[i])));
    for (std::size_t lane = 0; lane < Arch::width; ++lane) {
      double const expected = reference(double(points[i + lane]));
      double difference = std::abs(double(y[lane]) - expected);
      if (std::isnan(difference)) difference = std::numeric_limits<double>::infinity();
      worst.absolute = std::max(worst.absolute, difference);
      worst.in_ulp = std::max(worst.in_ulp, difference / ulp(expected));
    }
  }
  return worst;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("exp is accurate, overflows to inf and underflows to zero") {
  for_each_available_set([]<class Arch>() {
    auto const exp = [](auto x) { return simd::exp(x); };
    auto const fast = [](auto x) { return simd::exp<accuracy::fast>(x); };
    auto const reference = [](double x) { return std::exp(x); };
    CHECK(sweep<Arch>(-86.9F, 88.72F, exp, reference).in_ulp < 1.1);
    CHECK(sweep<Arch>(-20.0F, 20.0F, fast, reference).in_ulp < 3.0);
    CHECK(sweep<Arch>(-86.9F, 88.72F, fast, reference).in_ulp < 7.0);
    for (float x : {88.73F, 100.0F, largest, inf}) {
      CHECK(at<Arch>(exp, x) == inf);
      CHECK(at<Arch>(fast, x) == inf);
    }
    for (float x : {-87.0F, -88.0F, -100.0F, -150.0F, -largest, -inf}) {
      CHECK(at<Arch>(exp, x) == 0.0F);
      CHECK(at<Arch>(fast, x) == 0.0F);
    }
    for (float x : {0.0F, -0.0F, denormal, -denormal}) CHECK(at<Arch>(exp, x) == 1.0F);
    CHECK(std::isnan(at<Arch>(exp, not_a_number)));
    CHECK(std::isnan(at<Arch>(exp, std::bit_cast<float>(0x7f812345U))));
  });
}

TEST_CASE("expm1 keeps small arguments") {
  for_each_available_set([]<class Arch>() {
    auto const expm1 = [](auto x) { return simd::expm1(x); };
    auto const reference = [](double x) { return std::expm1(x); };
    CHECK(sweep<Arch>(-100.0F, 88.72F, expm1, reference).in_ulp < 2.0);
    CHECK(sweep<Arch>(-1.0F, 1.0F, expm1, reference).in_ulp < 2.0);
    CHECK(at<Arch>(expm1, inf) == inf);
    CHECK(at<Arch>(expm1, 89.0F) == inf);
    CHECK(at<Arch>(expm1, -inf) == -1.0F);
    CHECK(is_negative_zero(at<Arch>(expm1, -0.0F)));
    CHECK(at<Arch>(expm1, denormal) == denormal);
    CHECK(std::isnan(at<Arch>(expm1, not_a_number)));
  });
}

TEST_CASE("log and log1p are accurate over all magnitudes") {
  for_each_available_set([]<class Arch>() {
    auto const log = [](auto x) { return simd::log(x); };
    auto const log1p = [](auto x) { return simd::log1p(x); };
    auto const log_reference = [](double x) { return std::log(x); };
    auto const log1p_reference = [](double x) { return std::log1p(x); };
    CHECK(sweep<Arch>(denormal, largest, log, log_reference).in_ulp < 2.0);
    CHECK(sweep<Arch>(0.4F, 2.5F, log, log_reference).in_ulp < 2.0);
    CHECK(sweep<Arch>(-0.9999F, largest, log1p, log1p_reference).in_ulp < 2.0);
    CHECK(sweep<Arch>(-0.5F, 1.0F, log1p, log1p_reference).in_ulp < 2.0);
    CHECK(at<Arch>(log, 1.0F) == 0.0F);
    for (float zero : {0.0F, -0.0F}) CHECK(at<Arch>(log, zero) == -inf);
    CHECK(at<Arch>(log, inf) == inf);
    for (float x : {-denormal, -1.0F, -inf, not_a_number}) CHECK(std::isnan(at<Arch>(log, x)));
    CHECK(at<Arch>(log1p, -1.0F) == -inf);
    CHECK(at<Arch>(log1p, inf) == inf);
    CHECK(is_negative_zero(at<Arch>(log1p, -0.0F)));
    CHECK(at<Arch>(log1p, denormal) == denormal);
    for (float x : {-1.5F, -inf, not_a_number}) CHECK(std::isnan(at<Arch>(log1p, x)));
  });
}

TEST_CASE("tanh, sigmoid and erf keep the documented bounds and saturate") {
  auto const check = []<class Arch>() {
    auto const tanh = [](auto x) { return simd::tanh(x); };
    auto const tanh_fast = [](auto x) { return simd::tanh<accuracy::fast>(x); };
    auto const sigmoid_accurate = [](auto x) { return simd::sigmoid(x); };
    auto const sigmoid_fast = [](auto x) { return simd::sigmoid<accuracy::fast>(x); };
    auto const erf = [](auto x) { return simd::erf(x); };
    auto const erf_fast = [](auto x) { return simd::erf<accuracy::fast>(x); };
    auto const tanh_reference = [](double x) { return std::tanh(x); };
    auto const erf_reference = [](double x) { return std::erf(x); };
    for (float range : {1.0F, 12.0F, largest / 4}) {
      CHECK(sweep<Arch>(-range, range, tanh, tanh_reference).in_ulp < 1.9);
      CHECK(sweep<Arch>(-range, range, tanh_fast, tanh_reference).absolute < 3.5e-7);
      CHECK(sweep<Arch>(std::max(-86.9F, -range), range, sigmoid_accurate, sigmoid).in_ulp < 1.6);
      CHECK(sweep<Arch>(-range, range, sigmoid_accurate, sigmoid).absolute < 1e-7);
      CHECK(sweep<Arch>(-range, range, sigmoid_fast, sigmoid).absolute < 2e-7);
      CHECK(sweep<Arch>(-range, range, erf, erf_reference).in_ulp < 2.0);
      CHECK(sweep<Arch>(-range, range, erf_fast, erf_reference).absolute < 3.5e-7);
    }
    for (float sign : {1.0F, -1.0F}) {
      CHECK(at<Arch>(tanh, sign * inf) == sign);
      CHECK(at<Arch>(erf, sign * inf) == sign);
      CHECK(at<Arch>(tanh_fast, sign * inf) == Approx(sign).epsilon(3e-7));
      CHECK(at<Arch>(erf_fast, sign * inf) == Approx(sign).epsilon(3e-7));
      CHECK(at<Arch>(sigmoid_accurate, sign * inf) == (sign > 0 ? 1.0F : 0.0F));
      CHECK(std::abs(at<Arch>(sigmoid_fast, sign * inf) - (sign > 0 ? 1.0F : 0.0F)) < 2e-7F);
      CHECK(at<Arch>(sigmoid_fast, sign * denormal) == 0.5F);
    }
    CHECK(at<Arch>(sigmoid_accurate, -87.7F) == 0.0F);
    CHECK(is_negative_zero(at<Arch>(tanh, -0.0F)));
    CHECK(is_negative_zero(at<Arch>(tanh_fast, -0.0F)));
    CHECK(is_negative_zero(at<Arch>(erf, -0.0F)));
    CHECK(std::isnan(at<Arch>(tanh, not_a_number)));
    CHECK(std::isnan(at<Arch>(tanh_fast, not_a_number)));
    CHECK(std::isnan(at<Arch>(sigmoid_accurate, not_a_number)));
    CHECK(std::isnan(at<Arch>(sigmoid_fast, not_a_number)));
    CHECK(std::isnan(at<Arch>(erf, not_a_number)));
    CHECK(std::isnan(at<Arch>(erf_fast, not_a_number)));
  };
  for_each_available_set(check);
  check.template operator()<arch::deterministic>();
}

TEST_CASE("roots without the dividing unit are near") {
  for_each_available_set([]<class Arch>() {
    using set = simd::instructions<Arch>;
    if constexpr (requires(simd::vec<Arch> x) { set::near_sqrt(x); }) {
      auto const root = [](auto x) { return set::near_sqrt(x); };
      CHECK(sweep<Arch>(smallest, largest, root, [](double x) { return std::sqrt(x); }).in_ulp <
            1.0);
      CHECK(at<Arch>(root, 0.0F) == 0.0F);
    }
  });
}

TEST_CASE("estimates of reciprocals are near") {
  for_each_available_set([]<class Arch>() {
    using set = simd::instructions<Arch>;
    auto const exact = [](double x) { return 1 / x; };
    if constexpr (requires(simd::vec<Arch> x) { set::near_reciprocal(x); }) {
      auto const near = [](auto x) { return set::near_reciprocal(x); };
      CHECK(sweep<Arch>(1e-30F, 1e30F, near, exact).in_ulp < 1024);  // 2^-14
    }
    if constexpr (requires(simd::vec<Arch> x) { set::rough_reciprocal(x); }) {
      auto const rough = [](auto x) { return set::rough_reciprocal(x); };
      CHECK(sweep<Arch>(1e-30F, 1e30F, rough, exact).in_ulp < 6144);  // 1.5 * 2^-12
    }
  });
}

TEST_CASE("sin and cos hold near and far from zero") {
  for_each_available_set([]<class Arch>() {
    auto const sin = [](auto x) { return simd::sin(x); };
    auto const cos = [](auto x) { return simd::cos(x); };
    auto const sin_reference = [](double x) { return std::sin(x); };
    auto const cos_reference = [](double x) { return std::cos(x); };
    CHECK(sweep<Arch>(-1.0F, 1.0F, sin, sin_reference).in_ulp < 2.0);
    CHECK(sweep<Arch>(-0.75F, 0.75F, cos, cos_reference).in_ulp < 2.0);
    for (float range : {10.0F, 8192.0F, largest / 4}) {
      CHECK(sweep<Arch>(-range, range, sin, sin_reference).absolute < 1.5e-7);
      CHECK(sweep<Arch>(-range, range, cos, cos_reference).absolute < 1.5e-7);
    }
    CHECK(at<Arch>(sin, -0.0F) == 0.0F);
    CHECK(at<Arch>(cos, denormal) == 1.0F);
    for (float x : {inf, -inf, not_a_number}) {
      CHECK(std::isnan(at<Arch>(sin, x)));
      CHECK(std::isnan(at<Arch>(cos, x)));
    }
  });
}

namespace {

/// The largest distance of a function's vectors from its scalar form in double: in ulp, and of the
/// fast form divided by the larger of 1 and the value; and whether the two forms ever differ.
struct distance {
  double in_ulp = 0, of_fast = 0;
  bool fast_differs = false;
};
template <class Arch, function Fn>
distance from_scalar_form() {
  distance worst;
  constexpr float operands[] = {-7.3F, -1, -.61F, 0, .13F, .97F, 1, 2.4F, 9};
  float accurate[Arch::width], fast[Arch::width];
  auto const of = [](float x) { return simd::broadcast<Arch>(x); };
  for (float a : operands)
    for (float b : operands)
      for (float c : {-2.F, 3.F}) {
        if ((arity(Fn) < 2 && b != 1) || (arity(Fn) < 3 && c != 3)) continue;
        double const y = apply<double>(Fn, double(a), double(b), double(c));
        simd::store(accurate, simd::apply_function<Arch, Fn>(of(a), of(b), of(c)));
        simd::store(fast, simd::apply_function<Arch, Fn, accuracy::fast>(of(a), of(b), of(c)));
        worst.fast_differs |= std::memcmp(accurate, fast, sizeof fast) != 0;
        if (std::isnan(y) || std::isinf(y)) {
          bool const same = std::isnan(y) ? std::isnan(accurate[0]) : accurate[0] == float(y);
          if (!same) worst.in_ulp = std::numeric_limits<double>::infinity();
          continue;
        }
        worst.in_ulp = std::max(worst.in_ulp, std::abs(double(accurate[0]) - y) / ulp(y));
        worst.of_fast =
            std::max(worst.of_fast, std::abs(double(fast[0]) - y) / std::max(1.0, std::abs(y)));
      }
  return worst;
}

}  // namespace

TEST_CASE("every function of the table is on vectors what it is on scalars") {
  for_each_available_set([]<class Arch>() {
    int fast = 0;
    auto const check = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
      constexpr function_info const& f = functions[I];
      INFO(f.name);
      distance const d = from_scalar_form<Arch, f.fn>();
      CHECK(d.in_ulp < 2.0);
      CHECK(d.of_fast < 4e-7);
      CHECK((!d.fast_differs || f.has_fast_form));  // an instruction set may have one for both
      fast += d.fast_differs;
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (check(std::integral_constant<std::size_t, I>{}), ...);
    }(std::make_index_sequence<std::size(functions)>{});
    CHECK(fast > 1);
  });
}
