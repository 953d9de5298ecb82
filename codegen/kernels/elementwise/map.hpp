#pragma once

#include "../../passes/select/map.hpp"
#include "apply.hpp"
#include "../move/copy.hpp"

namespace etch::kernels {

/// The length of the row that all samples of a flat program form.
inline constexpr int endless = 1 << 30;

/// The flat program as one along such a row.
constexpr program one_run(program p, int elements) {
  for (int i = 0; i < p.loads; ++i) {
    auto& l = p.load_list[static_cast<std::size_t>(i)];
    if (l.from != program::kind::memory) continue;
    bool const scalar = l.period == 1 && (elements > 1 || !l.batched);
    l = {.period = scalar ? 1 : endless};
  }
  return p;
}

/// y[i] = the program at i, for i < length. All loads of a step come before its stores, so y may be
/// an operand.
template <class Arch, program P, class Row>
[[gnu::always_inline]] inline void map_row(float* y, Row const& row,
                                           std::ptrdiff_t length) noexcept {
  constexpr int width = Arch::width;
  constexpr int unroll = instruction_count(P) > 8 ? 1 : 4;
  std::ptrdiff_t i = 0;
  if constexpr (unroll > 1) {
#pragma GCC unroll 1
    for (; i + unroll * width <= length; i += unroll * width) {
      simd::vec<Arch> result[unroll];
#pragma GCC unroll 4
      for (int u = 0; u < unroll; ++u) result[u] = row(i + u * width, width);
#pragma GCC unroll 4
      for (int u = 0; u < unroll; ++u) simd::store(y + i + u * width, result[u]);
    }
  }
#pragma GCC unroll 1
  for (; i + width <= length; i += width) simd::store(y + i, row(i, width));
  if (i < length) {
    int const lanes = static_cast<int>(length - i);
    simd::store_partial(y + i, row(i, lanes), lanes);
  }
}

/// How many vectors of a row of `Length` elements an operand of all rows can keep in registers; 0
/// if that is less than the row.
template <class Arch, program P, int Length, int Rows>
consteval int held_row_vectors() {
  int operands = 0;
  for (int i = 0; i < P.loads; ++i) operands += program_row<Arch, P, Length, Rows>::is_held(i);
  int const vectors = Length / Arch::width;
  bool const fits = Length % Arch::width == 0 && operands * vectors <= Arch::registers / 2;
  return fits && operands > 0 && instruction_count(P) <= 8 ? vectors : 0;
}

/// Rows [first, last) of a sample, one after the other into y.
template <class Arch, program P, int Length, int Rows>
[[gnu::always_inline]] inline void map_rows(float* y, float const* const* operands,
                                            std::ptrdiff_t sample, std::ptrdiff_t first,
                                            std::ptrdiff_t last) noexcept {
  using operand_row = program_row<Arch, P, Length, Rows>;
  constexpr int vectors = held_row_vectors<Arch, P, Length, Rows>();
  if constexpr (vectors > 0) {
    simd::vec<Arch> held[operand_row::size][vectors];
    for (int i = 0; i < P.loads; ++i)
      for (int u = 0; u < vectors; ++u)
        if (operand_row::is_held(i)) held[i][u] = simd::load<Arch>(operands[i] + u * Arch::width);
#pragma GCC unroll 1
    for (; first < last; ++first, y += Length) {
      operand_row const row(operands, sample, first);
      simd::vec<Arch> result[vectors];
#pragma GCC unroll 16
      for (int u = 0; u < vectors; ++u) result[u] = row.at_vector(u, held);
#pragma GCC unroll 16
      for (int u = 0; u < vectors; ++u) simd::store(y + u * Arch::width, result[u]);
    }
  } else {
    for (; first < last; ++first, y += Length) {
      operand_row const row(operands, sample, first);
      map_row<Arch, P>(y, row, Length);
    }
  }
}

/// The same for a flat program, over all samples: shared by maps of every size.
template <class Arch, program P>
void map_run(float* y, float const* const* operands, std::ptrdiff_t length) noexcept {
  program_row<Arch, P, endless, 1> const row(operands, 0, 0);
  map_row<Arch, P>(y, row, length);
}

/// The program of a map along rows of `length` elements, with what is per channel repeated.
constexpr program repeated(map_spec s, int channels, int length) {
  for (int i = 0; i < s.code.loads; ++i) {
    auto& l = s.code.load_list[static_cast<std::size_t>(i)];
    if (l.from == program::kind::memory && l.period > 1)
      l = {.batched = l.period != channels, .period = length};
  }
  return s.code;
}

/// What `repeated` reads: the operands, of which those per channel are copied as often as a row has
/// room for them.
template <map_spec S, int Channels, int Length>
struct repeated_operands {
  static constexpr int copied = Length > Channels ? per_channel(S.code, Channels) : 0;
  alignas(64) float copies[std::max(1, copied)][copied > 0 ? Length : 1];
  float const* from[std::max(1, S.code.loads)];

  [[gnu::always_inline]] explicit repeated_operands(float const* const* operands) noexcept {
    int made = 0;
    for (int i = 0; i < S.code.loads; ++i) {
      auto const& l = S.code.operand(i);
      bool const in_memory = l.from == program::kind::memory;
      from[i] = in_memory ? operands[i] : nullptr;
      if (copied == 0 || !in_memory || l.period != Channels) continue;
      for (int j = 0; j < Length; ++j) copies[made][j] = operands[i][j % Channels];
      from[i] = copies[made++];
    }
  }
};

/// A flat map but for operands per channel, which are copied to make long rows.
template <class Arch, map_spec S, map_choice K>
void map_channels(float* y, float const* const* operands, std::ptrdiff_t total) noexcept {
  constexpr int length = K.length, channels = length / K.together;
  constexpr program P = repeated(S, channels, length);
  repeated_operands<S, channels, length> const made(operands);
  std::ptrdiff_t const rows = total / length;
  map_rows<Arch, P, length, 1>(y, made.from, 0, 0, rows);
  if (total % length > 0) {
    program_row<Arch, P, length, 1> const row(made.from, rows, 0);
    map_row<Arch, P>(y + rows * length, row, total % length);
  }
}

/// y[s, i] = the program at element i of sample s; y has S.elements values a sample, or in all when
/// the result is not batched. An operand that is not batched serves every sample. y may be an
/// operand that runs in step with it. Nothing outside y and the operands is read or written.
template <class Arch, map_spec S, map_choice K = choose_map(machine_of<Arch>, S)>
void map(float* y, float const* const* operands, int samples) noexcept {
  constexpr program P = S.code;
  std::ptrdiff_t const count = S.batched ? samples : 1;
  if constexpr (K.which == map_kernel::run) {
    map_run<Arch, one_run(P, S.elements)>(y, operands, count * S.elements);
  } else if constexpr (K.which == map_kernel::repeated) {
    map_channels<Arch, S, K>(y, operands, count * S.elements);
  } else {
    constexpr int length = K.length, rows = S.elements / length;
    for (std::ptrdiff_t sample = 0; sample < count; ++sample, y += S.elements)
      map_rows<Arch, P, length, rows>(y, operands, sample, 0, rows);
  }
}

/// The same, line by line of an image that lies in a larger one, into `framed`, and into y, if that is
/// not null. Every operand has a value for each element or each channel, or one in all.
template <class Arch, map_spec S, bordered_image Image,
          map_choice K = choose_map(machine_of<Arch>, S, Image)>
void map_framed(float* y, float* framed, float const* const* operands, int samples) noexcept {
  constexpr int channels = Image.channels, line = Image.width * channels;
  constexpr int length = K.length, rows = Image.width / K.together;
  constexpr program P = repeated(S, channels, length);
  repeated_operands<S, channels, length> const read(operands);
  std::ptrdiff_t const count = S.batched ? samples : 1;
  fill_border<Arch, Image>(framed, static_cast<int>(count));
  std::ptrdiff_t row = 0;
  for (std::ptrdiff_t s = 0; s < count; ++s, framed += Image.whole_elements())
    for (int i = 0; i < Image.height; ++i, row += rows) {
      float* const to = framed + Image.offset(i);
      float* const made = y == nullptr ? to : y + row * length;
      map_rows<Arch, P, length, 1>(made, read.from, 0, row, row + rows);
      if (y != nullptr) std::memcpy(to, made, line * sizeof(float));
    }
}

}  // namespace etch::kernels
