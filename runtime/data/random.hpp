#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace etch {

/// A generator of random numbers that gives the same numbers on every machine and compiler: integer
/// arithmetic only, none of the standard library's distributions, none of libm. Satisfies
/// `std::uniform_random_bit_generator`. Source: xoshiro256** (Blackman, Vigna, 2018), splitmix64.
class random_engine {
 public:
  using result_type = std::uint64_t;

  explicit constexpr random_engine(std::uint64_t seed) {
    for (auto& word : state_) word = mix(seed += 0x9e3779b97f4a7c15u);  // splitmix64
  }
  /// One of many streams that have nothing in common, such as one for each parameter of a model.
  constexpr random_engine(std::uint64_t seed, std::uint64_t stream)
      : random_engine(mix(seed) + stream) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }

  /// 64 random bits.
  constexpr result_type operator()() {
    auto const result = std::rotl(state_[1] * 5, 7) * 9;
    auto const shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1), a multiple of 2^-24.
  constexpr float uniform() { return static_cast<float>((*this)() >> 40) * 0x1p-24f; }

  /// Uniform in {0, ..., count - 1}, without bias; count > 0. Source: Lemire (2019).
  constexpr int below(int count) {
    auto const range = static_cast<std::uint32_t>(count);
    std::uint64_t product = bits32() * range;
    if (static_cast<std::uint32_t>(product) < range) {
      std::uint32_t const threshold = (0u - range) % range;
      while (static_cast<std::uint32_t>(product) < threshold) product = bits32() * range;
    }
    return static_cast<int>(product >> 32);
  }

  /// Normal with mean 0 and variance 1: y = +-(k + x), k whole, x in [0, 1). Compares uniform
  /// integers only, as logarithms and cosines differ between libraries. Source: Karney, "Sampling
  /// exactly from the normal distribution" (2016), algorithm N.
  constexpr float normal() {
    for (;;) {
      std::uint64_t k = 0;
      while (accept_exp(half)) ++k;  // k with probability ~ exp(-k / 2)
      if (!accept_exp(half, k * (k > 0 ? k - 1 : 0))) continue;
      std::uint64_t const x = bits32();
      // exp(-x (2k + x) / 2) in k + 1 equal factors, so that each exponent is at most 1
      if (!accept_exp((2 * k * x + (x * x >> 32)) / (2 * k + 2), k + 1)) continue;
      float const y = static_cast<float>(k << 32 | x) * 0x1p-32f;
      return ((*this)() >> 63) != 0 ? -y : y;
    }
  }

  /// Every order with the same probability (Fisher, Yates).
  constexpr void shuffle(std::span<int> values) {
    for (std::size_t left = values.size(); left > 1; --left) {
      auto const other = static_cast<std::size_t>(below(static_cast<int>(left)));
      std::swap(values[left - 1], values[other]);
    }
  }

 private:
  static constexpr std::uint64_t half = std::uint64_t{1} << 31;

  static constexpr std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  constexpr std::uint64_t bits32() { return (*this)() >> 32; }

  /// True with probability exp(-x / 2^32), x at most 2^32: a falling run of uniform numbers that
  /// starts below x has an even length that often (von Neumann).
  constexpr bool accept_exp(std::uint64_t x) {
    for (bool even = true;; even = !even) {
      std::uint64_t const next = bits32();
      if (next >= x) return even;
      x = next;
    }
  }

  constexpr bool accept_exp(std::uint64_t x, std::uint64_t times) {
    for (; times > 0; --times)
      if (!accept_exp(x)) return false;
    return true;
  }

  std::uint64_t state_[4]{};
};

}  // namespace etch
