#include "../../codegen/simd.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace etch;
using simd::accuracy;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float largest = std::numeric_limits<float>::max();
constexpr float smallest = std::numeric_limits<float>::min();
constexpr float denormal = std::numeric_limits<float>::denorm_min();

/// Calls `f.template operator()<Arch>()` for each compiled instruction set that this machine has.
template <class F>
void for_each_arch(F f) {
  arch::for_each_compiled([&]<class Arch>() {
    if (!Arch::available()) return;
    INFO("instruction set " << Arch::name);
    f.template operator()<Arch>();
  });
}

/// f at x, computed in every lane; the lanes have to agree.
template <class Arch, class F>
float at(F f, float x) {
  float y[Arch::width];
  simd::store(y, f(simd::broadcast<Arch>(x)));
  for (float& lane : y) REQUIRE(std::memcmp(&lane, y, sizeof lane) == 0);
  return y[0];
}

/// f at (a, b), in one lane.
template <class Arch, class F>
float at(F f, float a, float b) {
  return at<Arch>([&](auto x) { return f(x, simd::broadcast<Arch>(b)); }, a);
}

bool is_negative_zero(float x) { return x == 0.0F && std::signbit(x); }

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

/// Room for `count` floats that end where an inaccessible page starts.
class page_end {
 public:
  explicit page_end(int count) {
    auto const page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    length_ = 2 * page;
    base_ = mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(base_ != MAP_FAILED);
    REQUIRE(mprotect(static_cast<char*>(base_) + page, page, PROT_NONE) == 0);
    first_ = reinterpret_cast<float*>(static_cast<char*>(base_) + page) - count;
  }
  page_end(page_end const&) = delete;
  page_end& operator=(page_end const&) = delete;
  ~page_end() { munmap(base_, length_); }
  float* first() const { return first_; }

 private:
  void* base_;
  float* first_;
  std::size_t length_;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

static_assert(std::is_same_v<arch::half<arch::avx512>, arch::avx2>);
static_assert(std::is_same_v<arch::half<arch::avx2>, arch::sse2>);
static_assert(std::is_same_v<arch::half<arch::sse2>, arch::sse2>);
static_assert(std::is_same_v<arch::half<arch::neon>, arch::neon>);
static_assert(arch::compiled<arch::native>);
static_assert(std::is_same_v<simd::arch_of<simd::vec<arch::native>>, arch::native>);

TEST_CASE("the program runs on the instruction set it is compiled for") {
  CHECK(arch::native::available());
  int tried = 0;
  for_each_arch([&]<class Arch>() {
    ++tried;
    CHECK(sizeof(simd::vec<Arch>) == Arch::width * sizeof(float));
  });
  CHECK(tried >= 1);
}

TEST_CASE("a partial load reads exactly its lanes and fills the others with zero") {
  for_each_arch([]<class Arch>() {
    for (int count = 0; count <= Arch::width; ++count) {
      page_end const memory(count);
      for (int i = 0; i < count; ++i) memory.first()[i] = float(i + 1);
      float y[Arch::width];
      simd::store(y, simd::load_partial<Arch>(memory.first(), count));
      for (int i = 0; i < Arch::width; ++i) CHECK(y[i] == (i < count ? float(i + 1) : 0.0F));
    }
  });
}

TEST_CASE("a partial store writes exactly its lanes, masked or in pieces") {
  for_each_arch([]<class Arch>() {
    float x[Arch::width];
    for (int i = 0; i < Arch::width; ++i) x[i] = float(i + 1);
    for (bool const pieces : {false, true}) {
      auto const store = [&](float* p, int count) {
        if (pieces) simd::store_pieces(p, simd::load<Arch>(x), count);
        else simd::store_partial(p, simd::load<Arch>(x), count);
      };
      for (int count = 0; count <= Arch::width; ++count) {
        float y[3 * Arch::width];
        std::memset(y, 0x5a, sizeof y);
        float const guard = y[0];
        store(y + Arch::width, count);
        for (int i = 0; i < 3 * Arch::width; ++i) {
          int const lane = i - Arch::width;
          CHECK(y[i] == (lane >= 0 && lane < count ? float(lane + 1) : guard));
        }
        page_end const memory(count);
        store(memory.first(), count);
        for (int i = 0; i < count; ++i) CHECK(memory.first()[i] == x[i]);
      }
    }
  });
}

TEST_CASE("squares of four lanes are transposed") {
  for_each_arch([]<class Arch>() {
    constexpr int width = Arch::width;
    float numbers[4][width];
    simd::vec<Arch> row[4];
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < width; ++j) numbers[i][j] = float(100 * i + j);
      row[i] = simd::load<Arch>(numbers[i]);
    }
    simd::transpose_blocks(row);
    for (int i = 0; i < 4; ++i) {
      simd::store(numbers[i], row[i]);
      for (int j = 0; j < width; ++j) CHECK(numbers[i][j] == float(100 * (j % 4) + j / 4 * 4 + i));
    }
  });
}

TEST_CASE("fma and fnma round once where the hardware can") {
  for_each_arch([]<class Arch>() {
    auto const fma = [](auto a, auto b) { return simd::fma(a, a, b); };
    auto const fnma = [](auto a, auto b) { return simd::fnma(a, a, b); };
    CHECK(at<Arch>(fma, 3.0F, 5.0F) == 14.0F);
    CHECK(at<Arch>(fnma, 3.0F, 5.0F) == -4.0F);
    if (!simd::instructions<Arch>::fused) return;
    float const x = 1.0F + std::ldexp(1.0F, -12);  // x^2 = 1 + 2^-11 + 2^-24
    float const rounded = 1.0F + std::ldexp(1.0F, -11);
    CHECK(at<Arch>(fma, x, -rounded) == std::ldexp(1.0F, -24));
    CHECK(at<Arch>(fnma, x, rounded) == -std::ldexp(1.0F, -24));
  });
}

TEST_CASE("max and min return the second operand when one is NaN") {
  for_each_arch([]<class Arch>() {
    auto const max = [](auto a, auto b) { return simd::max(a, b); };
    auto const min = [](auto a, auto b) { return simd::min(a, b); };
    CHECK(at<Arch>(max, 1.0F, 2.0F) == 2.0F);
    CHECK(at<Arch>(max, 2.0F, -inf) == 2.0F);
    CHECK(at<Arch>(min, 1.0F, 2.0F) == 1.0F);
    CHECK(at<Arch>(min, inf, -2.0F) == -2.0F);
    CHECK(std::isnan(at<Arch>(max, 0.0F, not_a_number)));
    CHECK(std::isnan(at<Arch>(min, 0.0F, not_a_number)));
    CHECK(at<Arch>(max, not_a_number, 1.0F) == 1.0F);
    CHECK(at<Arch>(min, not_a_number, 1.0F) == 1.0F);
    CHECK(is_negative_zero(at<Arch>(max, 0.0F, -0.0F)));
    CHECK_FALSE(is_negative_zero(at<Arch>(min, -0.0F, 0.0F)));
  });
}

TEST_CASE("comparison, selection, absolute value, root and rounding") {
  for_each_arch([]<class Arch>() {
    auto const greater = [](auto a, auto b) { return simd::greater(a, b); };
    auto const equal = [](auto a, auto b) { return simd::equal(a, b); };
    auto const abs = [](auto x) { return simd::abs(x); };
    auto const sqrt = [](auto x) { return simd::sqrt(x); };
    auto const floor = [](auto x) { return simd::floor(x); };
    auto const round = [](auto x) { return simd::round(x); };
    float const values[] = {-inf, -3.0F, -0.0F, 0.0F, 2.5F, inf, not_a_number};
    for (float a : values) {
      for (float b : values) {
        CHECK(at<Arch>(greater, a, b) == (a > b ? 1.0F : 0.0F));
        CHECK(at<Arch>(equal, a, b) == (a == b ? 1.0F : 0.0F));
      }
      auto const choice = [](auto c, auto b) { return simd::select(c, b, -b); };
      CHECK(at<Arch>(choice, a, 7.0F) == (a == 0.0F ? -7.0F : 7.0F));
    }
    CHECK(at<Arch>(abs, -inf) == inf);
    CHECK_FALSE(std::signbit(at<Arch>(abs, -0.0F)));
    CHECK(at<Arch>(sqrt, 9.0F) == 3.0F);
    CHECK(std::isnan(at<Arch>(sqrt, -1.0F)));
    for (float x : {-2.5F, -1.5F, -0.5F, 0.5F, 1.5F, 2.5F, 2.49F, -3.7F, 8388609.0F, -3e9F, inf}) {
      CHECK(at<Arch>(floor, x) == std::floor(x));
      CHECK(at<Arch>(round, x) == std::nearbyint(x));
    }
  });
}

TEST_CASE("reductions use every lane once") {
  for_each_arch([]<class Arch>() {
    for (int lane = 0; lane < Arch::width; ++lane) {
      float x[Arch::width];
      for (int i = 0; i < Arch::width; ++i) x[i] = -std::ldexp(1.0F, i);
      x[lane] = 0.0F;
      float const all = 1.0F - std::ldexp(1.0F, Arch::width);
      CHECK(simd::reduce_add(simd::load<Arch>(x)) == all + std::ldexp(1.0F, lane));
      CHECK(simd::reduce_max(simd::load<Arch>(x)) == 0.0F);
      x[lane] = -0.5F;
      CHECK(simd::reduce_max(simd::load<Arch>(x)) == -0.5F);
    }
  });
}

TEST_CASE("exp is accurate, overflows to inf and underflows to zero") {
  for_each_arch([]<class Arch>() {
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
  for_each_arch([]<class Arch>() {
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
  for_each_arch([]<class Arch>() {
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
  for_each_arch(check);
  check.template operator()<arch::deterministic>();
}

TEST_CASE("roots without the dividing unit are near") {
  for_each_arch([]<class Arch>() {
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
  for_each_arch([]<class Arch>() {
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
  for_each_arch([]<class Arch>() {
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
