#include "../../runtime/data/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "catch.hpp"

static_assert(std::uniform_random_bit_generator<etch::random_engine>);

// The expected numbers come from a second implementation, written in Python with whole numbers.
TEST_CASE("the random numbers are the published ones, on every machine") {
  etch::random_engine rng{42};
  std::array<std::uint64_t, 4> first{};
  for (auto& bits : first) bits = rng();
  CHECK(first == std::array<std::uint64_t, 4>{0x15780b2e0c2ec716u, 0x6104d9866d113a7eu,
                                              0xae17533239e499a1u, 0xecb8ad4703b360a1u});

  constexpr auto at_compile_time = [] {
    etch::random_engine r{7};
    std::array<float, 4> normals{};
    for (auto& y : normals) y = r.normal();
    return normals;
  }();
  CHECK(at_compile_time ==
        std::array<float, 4>{1.9810977f, -0.1518161f, -0.8234529f, -0.82068145f});

  etch::random_engine other{1};
  std::vector<int> order(10);
  std::iota(order.begin(), order.end(), 0);
  other.shuffle(order);
  CHECK(order == std::vector<int>{3, 6, 1, 5, 0, 9, 2, 8, 4, 7});
}

TEST_CASE("streams of one seed and seeds of one stream differ from the first number on") {
  std::vector<std::uint64_t> first;
  for (std::uint64_t seed = 1; seed < 30; ++seed)
    for (std::uint64_t stream = 0; stream < 30; ++stream) {
      etch::random_engine rng{seed, stream};
      for (int i = 0; i < 4; ++i) first.push_back(rng());
    }
  std::sort(first.begin(), first.end());
  CHECK(std::adjacent_find(first.begin(), first.end()) == first.end());
}

TEST_CASE("uniform numbers fill [0, 1) evenly") {
  etch::random_engine rng{3};
  constexpr int count = 200'000;
  std::array<int, 10> bins{};
  float least = 1, most = 0;
  for (int i = 0; i < count; ++i) {
    float const u = rng.uniform();
    least = std::min(least, u);
    most = std::max(most, u);
    REQUIRE((u >= 0 && u < 1));
    ++bins[static_cast<std::size_t>(u * 10)];
  }
  CHECK(least < 1e-4f);
  CHECK(most > 0.9999f);
  for (int n : bins) CHECK(std::abs(n - count / 10) < 700);  // 5 standard deviations of a bin
}

TEST_CASE("whole numbers below a bound are even and in range") {
  etch::random_engine rng{4};
  std::array<int, 7> bins{};
  for (int i = 0; i < 70'000; ++i) ++bins.at(static_cast<std::size_t>(rng.below(7)));
  for (int n : bins) CHECK(std::abs(n - 10'000) < 470);  // 5 standard deviations
  for (int i = 0; i < 1000; ++i) REQUIRE(rng.below(1) == 0);
  // Without rejection, two of eight numbers below 3 * 2^29 would leave the remainder 2.
  int twos = 0;
  for (int i = 0; i < 90'000; ++i) twos += rng.below(3 << 29) % 3 == 2;
  CHECK(std::abs(twos - 30'000) < 710);  // 5 standard deviations
}

TEST_CASE("normal numbers have the moments and the distribution of a normal law") {
  etch::random_engine rng{5};
  constexpr int count = 400'000;
  std::vector<double> values(count);
  for (auto& y : values) y = rng.normal();
  auto const moment = [&](int n) {
    double sum = 0;
    for (double y : values) sum += std::pow(y, n);
    return sum / count;
  };
  CHECK(moment(1) == Approx(0).margin(0.008));  // about 5 standard errors each
  CHECK(moment(2) == Approx(1).margin(0.012));
  CHECK(moment(3) == Approx(0).margin(0.031));
  CHECK(moment(4) == Approx(3).margin(0.078));
  // Kolmogorov, Smirnov: the largest distance to the normal law
  std::sort(values.begin(), values.end());
  double distance = 0;
  for (int i = 0; i < count; ++i) {
    double const law = std::erfc(-values[static_cast<std::size_t>(i)] / std::sqrt(2.0)) / 2;
    distance = std::max({distance, std::abs(law - double(i) / count),
                         std::abs(law - double(i + 1) / count)});
  }
  CHECK(distance * std::sqrt(double{count}) < 1.95);  // exceeded once in 1000 seeds
}

TEST_CASE("shuffling gives every order equally often") {
  etch::random_engine rng{6};
  std::array<int, 27> seen{};
  for (int i = 0; i < 60'000; ++i) {
    std::array<int, 3> order{0, 1, 2};
    rng.shuffle(order);
    ++seen[static_cast<std::size_t>(9 * order[0] + 3 * order[1] + order[2])];
  }
  CHECK(std::count(seen.begin(), seen.end(), 0) == 27 - 6);
  for (int n : seen) CHECK((n == 0 || std::abs(n - 10'000) < 460));  // 5 standard deviations
}
