#include "../../codegen/simd/simd.hpp"

#include <cmath>
#include <functional>
#include <vector>

#include "../check/guarded.hpp"
#include "simd_testing.hpp"

using namespace simd_testing;

static_assert(std::is_same_v<arch::half<arch::avx512>, arch::avx2>);
static_assert(std::is_same_v<arch::half<arch::avx2>, arch::sse2>);
static_assert(std::is_same_v<arch::half<arch::sse2>, arch::sse2>);
static_assert(std::is_same_v<arch::half<arch::neon>, arch::neon>);
// The machine of a tag is narrowed as the tag is.
template <class Arch>
inline constexpr bool halves = machine_of<Arch>.half() == machine_of<arch::half<Arch>>;
static_assert(halves<arch::avx512> && halves<arch::avx2> && halves<arch::sse2>);
static_assert(halves<arch::neon> && halves<arch::deterministic_on<arch::avx512>>);
static_assert(machine_of<arch::avx512>.for_panel(4) == machine_of<arch::sse2>);
static_assert(arch::compiled<arch::native>);
static_assert(std::is_same_v<simd::arch_of<simd::vec<arch::native>>, arch::native>);

TEST_CASE("the program runs on the instruction set it is compiled for") {
  CHECK(arch::native::available());
  int tried = 0;
  for_each_available_set([&]<class Arch>() {
    ++tried;
    CHECK(sizeof(simd::vec<Arch>) == Arch::width * sizeof(float));
  });
  CHECK(tried >= 1);
}

TEST_CASE("a partial load reads exactly its lanes and fills the others with zero") {
  for_each_vector([]<class Arch>() {
    for (int count = 0; count <= Arch::width; ++count) {
      check::guarded const memory(count);
      for (int i = 0; i < count; ++i) memory[i] = float(i + 1);
      float y[Arch::width];
      simd::store(y, simd::load_partial<Arch>(memory.data(), count));
      for (int i = 0; i < Arch::width; ++i) CHECK(y[i] == (i < count ? float(i + 1) : 0.0F));
    }
  });
}

TEST_CASE("the first lanes of one vector are followed by those of another") {
  for_each_vector([]<class Arch>() {
    float a[Arch::width], b[Arch::width];
    for (int i = 0; i < Arch::width; ++i) a[i] = float(i + 1), b[i] = float(-i - 1);
    for (int count = 0; count <= Arch::width; ++count) {
      float y[Arch::width];
      simd::store(y, simd::first_lanes(simd::load<Arch>(a), count, simd::load<Arch>(b)));
      for (int i = 0; i < Arch::width; ++i) CHECK(y[i] == (i < count ? a[i] : b[i]));
    }
  });
}

TEST_CASE("a partial store writes exactly its lanes, masked or in pieces") {
  for_each_vector([]<class Arch>() {
    float x[Arch::width];
    for (int i = 0; i < Arch::width; ++i) x[i] = float(i + 1);
    for (bool const pieces : {false, true}) {
      auto const store = [&](float* p, int count) {
        if (pieces) simd::store_pieces(p, simd::load<Arch>(x), count);
        else simd::store_partial(p, simd::load<Arch>(x), count);
      };
      for (int count = 0; count <= Arch::width; ++count) {
        check::guarded const between(count, 1), at_end(count);
        for (check::guarded const& y : {std::cref(between), std::cref(at_end)}) {
          store(y.data(), count);
          CHECK(y.values() == std::vector<float>(x, x + count));
          CHECK(y.intact());
        }
      }
    }
  });
}

TEST_CASE("squares of four lanes are transposed") {
  for_each_available_set([]<class Arch>() {
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

TEST_CASE("pieces of a vector, and the blocks of two in turn") {
  for_each_vector([]<class Arch>() {
    using half = arch::half<Arch>;
    constexpr int width = Arch::width;
    if constexpr (width == 2 * half::width) {
      float numbers[2 * width];
      for (int i = 0; i < 2 * width; ++i) numbers[i] = float(i);
      simd::vec<Arch> a = simd::load<Arch>(numbers), b = simd::load<Arch>(numbers + width);
      simd::interleave_blocks(a, b);
      simd::store(numbers, simd::piece<half, 0>(a));
      simd::store(numbers + width / 2, simd::piece<half, 1>(a));
      simd::store(numbers + width, simd::piece<half, 0>(b));
      simd::store(numbers + width + width / 2, simd::piece<half, 1>(b));
      for (int i = 0; i < 2 * width; ++i)
        CHECK(numbers[i] == float(i / 8 * 4 + i % 4 + i / 4 % 2 * width));
    }
  });
}

TEST_CASE("fma and fnma round once where the hardware can") {
  for_each_vector([]<class Arch>() {
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
  for_each_vector([]<class Arch>() {
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

TEST_CASE("maximum and minimum are NaN where one operand is") {
  for_each_vector([]<class Arch>() {
    auto const maximum = [](auto a, auto b) { return simd::maximum(a, b); };
    auto const minimum = [](auto a, auto b) { return simd::minimum(a, b); };
    auto const third = [](auto a, auto b) { return simd::maximum(b, a, b); };
    auto const first = [](auto a, auto b) { return simd::maximum(a, b, b); };
    auto const second = [](auto a, auto b) { return simd::maximum(b, b, a); };
    auto const exceeds = [](auto a, auto b) {
      using vec = decltype(a);
      return simd::blend(simd::exceeds(a, b), vec(1.0F), vec(0.0F));
    };
    float const values[] = {-inf, -3.0F, -0.0F, 0.0F, 2.5F, inf, not_a_number, -not_a_number};
    for (float a : values)
      for (float b : values) {
        bool const number = !std::isnan(a) && !std::isnan(b);
        CHECK(at<Arch>(exceeds, a, b) == (!std::isnan(b) && !(a <= b) ? 1.0F : 0.0F));
        CHECK(std::isnan(at<Arch>(minimum, a, b)) == !number);
        if (number) CHECK(at<Arch>(minimum, a, b) == std::fmin(a, b));
        for (auto const& y : {at<Arch>(maximum, a, b), at<Arch>(first, a, b),
                              at<Arch>(second, a, b), at<Arch>(third, a, b)}) {
          CHECK(std::isnan(y) == !number);
          if (number) CHECK(y == std::fmax(a, b));
        }
      }
  });
}

TEST_CASE("comparison, selection, absolute value, root and rounding") {
  for_each_vector([]<class Arch>() {
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
  for_each_vector([]<class Arch>() {
    for (int lane = 0; lane < Arch::width; ++lane) {
      float x[Arch::width];
      for (int i = 0; i < Arch::width; ++i) x[i] = -std::ldexp(1.0F, i);
      x[lane] = 0.0F;
      float const all = 1.0F - std::ldexp(1.0F, Arch::width);
      CHECK(simd::reduce_add(simd::load<Arch>(x)) == all + std::ldexp(1.0F, lane));
      CHECK(simd::reduce_max(simd::load<Arch>(x)) == 0.0F);
      x[lane] = -0.5F;
      CHECK(simd::reduce_max(simd::load<Arch>(x)) == -0.5F);
      x[lane] = not_a_number;
      CHECK(std::isnan(simd::reduce_max(simd::load<Arch>(x))));
    }
  });
}
