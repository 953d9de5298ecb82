#pragma once

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "../../codegen/simd/simd.hpp"
#include "catch.hpp"
#include "instruction_sets.hpp"

/// What the tests of vectors share.
namespace simd_testing {

using namespace etch;

inline constexpr float inf = std::numeric_limits<float>::infinity();
inline constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
inline constexpr float largest = std::numeric_limits<float>::max();
inline constexpr float smallest = std::numeric_limits<float>::min();
inline constexpr float denormal = std::numeric_limits<float>::denorm_min();

/// Calls `f.template operator()<Arch>()` for each instruction set of this program and machine, and
/// for the vectors of 16 lanes that the deterministic arithmetic makes of its registers.
template <class F>
void for_each_vector(F f) {
  for_each_available_set([&]<class Arch>() {
    f.template operator()<Arch>();
    INFO("deterministic");
    f.template operator()<arch::reducing<arch::deterministic_on<Arch>>>();
  });
}

/// f at x, computed in every lane; the lanes have to agree, but for the signs of NaN, which depend on
/// the order in which the compiler lets an instruction take its operands.
template <class Arch, class F>
float at(F f, float x) {
  float y[Arch::width];
  simd::store(y, f(simd::broadcast<Arch>(x)));
  for (float& lane : y)
    REQUIRE((std::memcmp(&lane, y, sizeof lane) == 0 || (std::isnan(lane) && std::isnan(y[0]))));
  return y[0];
}

/// f at (a, b), in one lane.
template <class Arch, class F>
float at(F f, float a, float b) {
  return at<Arch>([&](auto x) { return f(x, simd::broadcast<Arch>(b)); }, a);
}

inline bool is_negative_zero(float x) { return x == 0.0F && std::signbit(x); }

}  // namespace simd_testing
