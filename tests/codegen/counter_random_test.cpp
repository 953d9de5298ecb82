#include "../../codegen/ir/counter_random.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "catch.hpp"

using namespace etch;

namespace {

using sequence = std::vector<float>;
constexpr int length = 1 << 18;

/// How far the counts are from equal, in standard deviations of the chi-square distribution.
double chi_square_deviations(std::vector<int> const& counts, double expected) {
  double chi = 0;
  for (int c : counts) chi += (c - expected) * (c - expected) / expected;
  double const freedom = static_cast<double>(counts.size()) - 1;
  return (chi - freedom) / std::sqrt(2 * freedom);
}

double uniformity(sequence const& v) {
  std::vector<int> counts(256);
  for (float x : v) ++counts[static_cast<std::size_t>(x * 256)];
  return chi_square_deviations(counts, static_cast<double>(v.size()) / 256);
}

/// Uniformity of the pairs (a[i], b[i]) on a 32 x 32 grid: any dependence, not only a linear one.
double independence(sequence const& a, sequence const& b, std::size_t shift = 0) {
  std::vector<int> counts(1024);
  std::size_t const pairs = a.size() - shift;
  for (std::size_t i = 0; i < pairs; ++i)
    ++counts[static_cast<std::size_t>(a[i] * 32) * 32 +
             static_cast<std::size_t>(b[i + shift] * 32)];
  return chi_square_deviations(counts, static_cast<double>(pairs) / 1024);
}

/// The correlation of a[i] and b[i], in standard deviations of that of independent numbers.
double correlation(sequence const& a, sequence const& b, std::size_t shift = 0) {
  double sum = 0;
  std::size_t const pairs = a.size() - shift;
  for (std::size_t i = 0; i < pairs; ++i)
    sum += (static_cast<double>(a[i]) - .5) * (static_cast<double>(b[i + shift]) - .5);
  return sum * 12 / std::sqrt(static_cast<double>(pairs));
}

template <class Draw>
sequence draws(Draw draw) {
  sequence v;
  for (std::uint32_t i = 0; i < length; ++i) v.push_back(draw(i));
  return v;
}

/// Each argument of counter_uniform as the one that counts.
std::vector<sequence> counted_by_each_argument(std::uint32_t offset) {
  return {draws([=](std::uint32_t i) { return counter_uniform(1, 2, offset, 3, i); }),
          draws([=](std::uint32_t i) { return counter_uniform(1, 2, offset, i, 3); }),
          draws([=](std::uint32_t i) { return counter_uniform(1, 2, i, offset, 3); }),
          draws([=](std::uint32_t i) { return counter_uniform(1, i, offset, 2, 3); }),
          draws([=](std::uint32_t i) { return counter_uniform(i, 1, offset, 2, 3); })};
}

static_assert(counter_uniform(0, 0, 0, 0, 0) >= 0 && counter_uniform(0, 0, 0, 0, 0) < 1);
static_assert(counter_uniform(0, 0, 0, 0, 0) != counter_uniform(0, 0, 0, 0, 1));

}  // namespace

TEST_CASE("the statistics of these tests notice bad numbers") {
  sequence const ramp = draws([](std::uint32_t i) { return static_cast<float>(i % 1000) / 1000; });
  sequence const squares = draws([](std::uint32_t i) {
    float const x = counter_uniform(1, 2, 3, 4, i);
    return x * x;
  });
  CHECK(std::abs(uniformity(squares)) > 5);
  CHECK(std::abs(independence(ramp, ramp, 1)) > 5);
  CHECK(std::abs(correlation(ramp, ramp, 1)) > 5);
}

TEST_CASE("draws are uniform and independent, whichever argument counts") {
  auto const a = counted_by_each_argument(0), b = counted_by_each_argument(1);
  for (std::size_t argument = 0; argument < a.size(); ++argument) {
    CAPTURE(argument);
    for (float x : a[argument])
      if (!(x >= 0 && x < 1)) FAIL("outside [0, 1)");
    CHECK(std::abs(uniformity(a[argument])) < 4.5);
    for (std::size_t shift : {1u, 2u, 3u, 8u, 64u, 256u}) {
      CAPTURE(shift);
      CHECK(std::abs(correlation(a[argument], a[argument], shift)) < 4.5);
      CHECK(std::abs(independence(a[argument], a[argument], shift)) < 4.5);
    }
    for (std::size_t shift : {0u, 1u}) {
      CHECK(std::abs(correlation(a[argument], b[argument], shift)) < 4.5);
      CHECK(std::abs(independence(a[argument], b[argument], shift)) < 4.5);
    }
    for (std::size_t other = 0; other < argument; ++other) {
      CAPTURE(other);
      CHECK(std::abs(independence(a[argument], a[other])) < 4.5);
    }
  }
}

TEST_CASE("one changed bit of any argument changes each bit of the result half of the time") {
  for (int argument = 0; argument < 5; ++argument)
    for (int bit = 0; bit < 32; ++bit) {
      std::vector<int> flips(32);
      for (std::uint32_t i = 0; i < 2000; ++i) {
        std::uint32_t word[5] = {i, i / 3, i % 7, i / 64, i};
        auto const draw = [&] {
          return counter_bits({word[0], word[1], word[2], word[3]}, word[4]);
        };
        std::uint32_t const before = draw();
        word[argument] ^= std::uint32_t{1} << bit;
        std::uint32_t const difference = before ^ draw();
        for (std::size_t k = 0; k < 32; ++k) flips[k] += (difference >> k) & 1u;
      }
      CAPTURE(argument, bit);
      for (int count : flips)
        if (std::abs(count - 1000) > 5.5 * std::sqrt(500.))
          FAIL("a bit flips " << count << " times of 2000");
    }
}

TEST_CASE("no two short sequences are the same numbers shifted") {
  // 2^14 sequences whose windows of two draws would collide if they shared one cycle of 2^32.
  constexpr int count = 1 << 14, span = 64;
  std::vector<std::uint64_t> windows;
  for (std::uint32_t s = 0; s < count; ++s) {
    counter_key const key{7, s / 256, 0, s % 256};
    for (std::uint32_t i = 0; i < span; ++i)
      windows.push_back(std::uint64_t{counter_bits(key, i)} << 32 | counter_bits(key, i + 1));
  }
  std::sort(windows.begin(), windows.end());
  CHECK(std::adjacent_find(windows.begin(), windows.end()) == windows.end());
}

TEST_CASE("every draw is a multiple of 2^-24") {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    float const scaled = counter_uniform(5, 6, 7, 8, i) * 0x1p24f;
    CHECK(scaled == std::floor(scaled));
  }
}

TEST_CASE("each step of a loop draws numbers of its own, the first those of no loop") {
  random_key const key{.seed = 5, .step = 3};
  auto const drawn = [&](int loop_step) {
    random_key const k = in_step(key, loop_step);
    return draws([=](std::uint32_t i) { return counter_uniform(k.seed, k.step, 1, 2, i); });
  };
  sequence const first = drawn(0);
  CHECK(first[7] == counter_uniform(5, 3, 1, 2, 7));
  for (int loop_step : {1, 2, 63}) {
    CHECK(std::abs(uniformity(drawn(loop_step))) < 4.5);
    CHECK(std::abs(independence(first, drawn(loop_step))) < 4.5);
  }
}
