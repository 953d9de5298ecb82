#pragma once

#include <cstdint>

namespace etch {

/// Which random numbers a pass over a batch draws. Its sample s is number first_sample + s, so that
/// a batch gets the same numbers whole, in parts and on several threads.
struct random_key {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t first_sample = 0;
};

/// 32 bits to 32 bits, one to one; every bit of x reaches every bit of the result.
/// Source: the shape is MurmurHash3's finalizer, the constants Wellons' hash-prospector.
constexpr std::uint32_t mix_bits(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x21f0aaadu;
  x = (x ^ (x >> 15)) * 0xd35a2d97u;
  return x ^ (x >> 15);
}

/// The numbers that are drawn in a step of a loop; those of step 0 are those of no loop.
constexpr random_key in_step(random_key key, int step) {
  key.seed ^= mix_bits(static_cast<std::uint32_t>(step));
  return key;
}

/// What all elements of one stream of one sample share. Two words, because sequences that differ in
/// one only would soon overlap: among 2^16, some two would be copies shifted by a few elements.
struct counter_key {
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  constexpr counter_key(std::uint32_t seed, std::uint32_t step, std::uint32_t stream,
                        std::uint32_t sample)
      : first(chain(0x9e3779b9u, seed, step, stream, sample)),
        second(chain(0x85ebca6bu, sample, stream, step, seed)) {}

 private:
  static constexpr std::uint32_t chain(std::uint32_t start, std::uint32_t a, std::uint32_t b,
                                       std::uint32_t c, std::uint32_t d) {
    return mix_bits(mix_bits(mix_bits(mix_bits(start ^ a) + b) + c) + d);
  }
};

/// 32 random bits: a pure function of the key and the element's number.
constexpr std::uint32_t counter_bits(counter_key key, std::uint32_t element) {
  return mix_bits(mix_bits(element + key.first) + key.second);
}

/// Uniform in [0, 1), a multiple of 2^-24, exact in float. Only 32-bit integer arithmetic: a plain
/// loop over `element` becomes vector code (g++ -O3, clang -O2), the key computed once before it.
constexpr float counter_uniform(counter_key key, std::uint32_t element) {
  return static_cast<float>(static_cast<std::int32_t>(counter_bits(key, element) >> 8)) * 0x1p-24f;
}
constexpr float counter_uniform(std::uint32_t seed, std::uint32_t step, std::uint32_t stream,
                                std::uint32_t sample, std::uint32_t element) {
  return counter_uniform(counter_key{seed, step, stream, sample}, element);
}

}  // namespace etch
