#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "../../ir/program.hpp"
#include "fill.hpp"

namespace etch::kernels {

/// The same copy with its innermost axis joined to the one before it, as long as the box has all of
/// the innermost axis on both sides: the runs become as long as they get.
consteval copy_spec with_longest_runs(copy_spec s) {
  for (int joined = 0; joined < 3; ++joined) {
    int const inner = s.size[3];
    if (inner != s.from_shape[3] || inner != s.to_shape[3]) break;
    auto const join = [inner](std::array<int, 4>& a, int first) {
      a = {first, a[0], a[1], a[2] * inner};
    };
    for (auto* extents : {&s.from_shape, &s.to_shape, &s.size}) join(*extents, 1);
    for (auto* origin : {&s.from_origin, &s.to_origin}) join(*origin, 0);
  }
  return s;
}

/// Where the run (i, j, k) of a box begins in a tensor of this shape.
constexpr std::ptrdiff_t run_offset(std::array<int, 4> const& shape,
                                    std::array<int, 4> const& origin, int i, int j, int k) {
  std::ptrdiff_t const slab = origin[0] + i, plane = slab * shape[1] + origin[1] + j;
  return (plane * shape[2] + origin[2] + k) * shape[3] + origin[3];
}

/// Copies the box of S for every sample; `from` and `to` do not overlap. What lies outside the box
/// in `to` is left alone, or becomes the float of fill_bits when S.fills. Serves pad (which fills),
/// slice, and concat (one call an operand). Without `Copies`, the box itself is left alone.
template <class Arch, copy_spec S, bool Copies = true>
void copy_box([[maybe_unused]] float const* from, float* to, int samples) noexcept {
  constexpr copy_spec box = with_longest_runs(S);
  constexpr int run = box.size[3];
  constexpr std::ptrdiff_t from_size = run_offset(box.from_shape, {}, box.from_shape[0], 0, 0);
  constexpr std::ptrdiff_t to_size = run_offset(box.to_shape, {}, box.to_shape[0], 0, 0);
  constexpr float value = std::bit_cast<float>(box.fill_bits);
  float* written = to;  // in a copy that fills, everything before is done
  for (int s = 0; s < samples; ++s, from += S.shared || !Copies ? 0 : from_size, to += to_size)
    for (int i = 0; i < box.size[0]; ++i)
      for (int j = 0; j < box.size[1]; ++j)
        for (int k = 0; k < box.size[2]; ++k) {
          float* const target = to + run_offset(box.to_shape, box.to_origin, i, j, k);
          if constexpr (box.fills) {
            fill<Arch>(written, target - written, value);
            written = target + run;
          }
          if constexpr (Copies)
            std::memcpy(target, from + run_offset(box.from_shape, box.from_origin, i, j, k),
                        run * sizeof(float));
        }
  if constexpr (box.fills) fill<Arch>(written, to - written, value);
}

}  // namespace etch::kernels
