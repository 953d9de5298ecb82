#pragma once

#include "../../dsl/contraction.hpp"
#include "../check/guarded.hpp"

/// What the tests of the contraction kernels have in common.
namespace contract_testing {

using check::edge, check::guarded;

/// Small numbers that differ everywhere and are the same on every machine.
inline float number(int i, int salt) {
  auto const h = static_cast<unsigned>(i) * 2654435761u + static_cast<unsigned>(salt) * 40503u;
  return static_cast<float>((h >> 8) & 0xffff) / 32768.0f - 1.0f;
}

/// A square convolution, no padding.
constexpr etch::contraction conv(int size, int channels, int kernel, int filters, int stride = 1,
                                 int dilation = 1, int groups = 1) {
  return {size,   size,     channels, kernel, kernel, stride,
          stride, dilation, dilation, groups, filters};
}

}  // namespace contract_testing
