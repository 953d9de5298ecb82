#pragma once

#include "../../ir/copy_spec.hpp"
#include "../../ir/kernel_choice.hpp"
#include "../../ir/machine.hpp"
#include "../../ir/program.hpp"

/// How the rows of an element-wise program are cut.
namespace etch::kernels {

/// Every operand is a scalar or runs in step with the result, on through all samples: the samples
/// are one run. `batched`: the result has one value a sample.
constexpr bool is_flat(program const& p, int elements, bool batched) {
  for (int i = 0; i < p.loads; ++i) {
    auto const& l = p.operand(i);
    if (l.from != program::kind::memory) continue;
    bool const scalar = l.period == 1 && !(batched && l.batched);
    bool const in_step = l.run == 1 && l.period == elements && (l.batched || !batched);
    if (!scalar && !in_step) return false;
  }
  return true;
}

/// Operands of a map that have one value a channel.
constexpr int per_channel(program const& p, int channels) {
  int count = 0;
  for (int i = 0; i < p.loads; ++i)
    count += p.operand(i).from == program::kind::memory && p.operand(i).period == channels;
  return count;
}

/// Operands per channel make short rows. This many rows in one fill whole vectors, four or more of
/// them; 0 where the operands are not of that kind, where the result is too small to repay the
/// copying, or where the copies are too large.
constexpr int rows_in_one(machine const& m, map_spec const& s) {
  int const width = m.width;
  int const channels = common_row(s.code, s.elements);
  if (channels < 2 || channels >= 4 * width) return 0;
  for (int i = 0; i < s.code.loads; ++i) {
    auto const& l = s.code.operand(i);
    if (l.from != program::kind::memory) continue;
    bool const in_step = l.run == 1 && l.period == s.elements && l.batched == s.batched;
    bool const each = l.run == 1 && l.period == channels && !l.batched;
    if (!in_step && !each && !(l.period == 1 && !l.batched)) return 0;
  }
  int rows = 1;
  while (channels * rows % width != 0 || channels * rows < 4 * width) ++rows;
  bool const fits = per_channel(s.code, channels) * channels * rows <= repeated_floats;
  return fits && channels * rows * 8 <= s.elements ? rows : 0;
}

/// The same for an image that has a border, whose lines are a whole number of such rows; 1 where
/// channels are enough for rows of their own.
constexpr int rows_in_one(machine const& m, map_spec const& s, bordered_image const& image) {
  int const channels = image.channels, copied = per_channel(s.code, channels) * channels;
  if (channels >= 4 * m.width) return 1;
  if (int const rows = rows_in_one(m, s); rows > 0 && image.width % rows == 0) return rows;
  int rows = image.width;
  while (rows > 1 && (image.width % rows != 0 || copied * rows > repeated_floats)) --rows;
  return rows;
}

/// The kernel of a map.
constexpr map_choice choose_map(machine const& m, map_spec const& s) {
  if (is_flat(s.code, s.elements, s.batched)) return {map_kernel::run};
  int const row = common_row(s.code, s.elements);
  if (int const rows = rows_in_one(m, s); rows > 0) return {map_kernel::repeated, rows, row * rows};
  return {map_kernel::rows, 1, row > 0 ? row : s.elements};
}

/// The same for one whose result lies in a frame.
constexpr map_choice choose_map(machine const& m, map_spec const& s, bordered_image const& image) {
  int const rows = rows_in_one(m, s, image);
  return {map_kernel::framed, rows, image.channels * rows};
}

/// Floats that it copies to the stack.
constexpr int copied_floats(map_spec const& s, map_choice const& k) {
  bool const copies = k.which == map_kernel::repeated || k.which == map_kernel::framed;
  return copies && k.together > 1 ? per_channel(s.code, k.length / k.together) * k.length : 0;
}

}  // namespace etch::kernels
