#pragma once

#include "../../ir/packing.hpp"
#include "../reduce/reduce.hpp"

/// Kernels of narrow networks, for one block of samples side by side in the lanes of vectors:
/// element e of the block's sample s is at p[e * Arch::width + s]. Operands that are not batched
/// lie as everywhere. Lanes without a sample repeat another's, and are left out of sums over samples.
namespace etch::kernels {

/// Squares of 4 x 4 that cover Size elements of 4 samples, the last two perhaps overlapping.
template <int Size>
inline constexpr int squares = Size < 4 ? 0 : (Size + 3) / 4;

/// A block of `count` samples of Size elements, which follow each other in memory, into lanes; the
/// other lanes repeat one of the samples, so that nothing is computed but of samples.
template <class Arch, int Size>
[[gnu::always_inline]] inline void to_lanes(float const* from, float* to, int count) noexcept {
  constexpr int width = Arch::width;
  if constexpr (Size == 1) return simd::store(to, simd::load_repeated<Arch>(from, count));
  if (count < width) {
    for (int e = 0; e < Size; ++e) {
      simd::store(to + e * width, simd::broadcast<Arch>(from[e]));
#pragma GCC unroll 1
      for (int s = 1; s < count; ++s) to[e * width + s] = from[s * Size + e];
    }
    return;
  }
  for (int s = 0; s < width; s += 4)
    for (int i = 0; i < squares<Size>; ++i) {
      int const e = std::min(4 * i, Size - 4);
      simd::transpose_4x4(from + s * Size + e, Size, to + e * width + s, width);
    }
  for (int e = squares<Size> > 0 ? Size : 0; e < Size; ++e)
    for (int s = 0; s < width; ++s) to[e * width + s] = from[s * Size + e];
}

/// The reverse.
template <class Arch, int Size>
[[gnu::always_inline]] inline void from_lanes(float const* from, float* to, int count) noexcept {
  constexpr int width = Arch::width;
  if constexpr (Size == 1) return simd::store_partial(to, simd::load<Arch>(from), count);
  int const in_squares = count < width ? 0 : squares<Size>;
  for (int s = 0; s < width; s += 4)
    for (int i = 0; i < in_squares; ++i) {
      int const e = std::min(4 * i, Size - 4);
      simd::transpose_4x4(from + e * width + s, width, to + s * Size + e, Size);
    }
  for (int e = in_squares > 0 ? Size : 0; e < Size; ++e)
    for (int s = 0; s < count; ++s) to[s * Size + e] = from[e * width + s];
}

/// Program P at element e of every lane's sample.
template <class Arch, program P>
[[gnu::always_inline]] inline simd::vec<Arch> at_element(
    [[maybe_unused]] float const* const* operands, [[maybe_unused]] int e,
    [[maybe_unused]] simd::vec<Arch> acc) noexcept {
  simd::vec<Arch> reg[std::max(1, P.registers())];
  auto const load = [&]<int I>(std::integral_constant<int, I>) __attribute__((always_inline)) {
    constexpr auto l = P.operand(I);
    if constexpr (l.from == program::kind::constant) {
      return simd::broadcast<Arch>(simd::bit_cast<float>(l.bits));
    } else if constexpr (l.from == program::kind::accumulator) {
      return acc;
    } else {
      int const index = l.period == 1 ? 0 : e / l.run % l.period;
      if constexpr (l.batched) return simd::load<Arch>(operands[I] + index * Arch::width);
      else return simd::broadcast<Arch>(operands[I][index]);
    }
  };
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    ((reg[I] = load(std::integral_constant<int, I>{})), ...);
  }(std::make_integer_sequence<int, P.loads>{});
  return apply_program<Arch, P>(reg);
}

/// y[e] = the program at e, for all e; y may be an operand that is read at e alone.
template <class Arch, program P, int Elements>
[[gnu::always_inline]] inline void map_lanes(float* y, float const* const* operands) noexcept {
#pragma GCC unroll 1
  for (int e = 0; e < Elements; ++e)
    simd::store(y + e * Arch::width, at_element<Arch, P>(operands, e, simd::zero<Arch>()));
}

/// y[o, i] = fn over r of the program at (o, r, i).
template <class Arch, reduce_spec S>
[[gnu::always_inline]] inline void reduce_lanes(float* y, float const* const* operands) noexcept {
#pragma GCC unroll 1
  for (int o = 0; o < S.outer; ++o)
#pragma GCC unroll 1
    for (int i = 0; i < S.inner; ++i, y += Arch::width) {
      auto acc = neutral<Arch, S.fn>();
#pragma GCC unroll 1
      for (int r = 0; r < S.reduced; ++r)
        acc = combine<Arch, S.fn>(acc, at_element<Arch, S.code>(
                                           operands, (o * S.reduced + r) * S.inner + i,
                                           simd::zero<Arch>()));
      simd::store(y, acc);
    }
}

/// y = the program at each of the filters of dense layer C, given the sum over its channels.
template <class Arch, contraction C, program P>
[[gnu::always_inline]] inline void contract_lanes(float const* x, float const* weights, float* y,
                                                  float const* const* operands) noexcept {
  static_assert(C.groups == 1 && panel_count(C) == 1);
  constexpr int width = Arch::width, panel = panel_width(C);
  constexpr int block = std::min(C.filters, Arch::registers > 16 ? 16 : 8);
  auto const filters = [&]<int From, int Count>() __attribute__((always_inline)) {
    simd::vec<Arch> acc[Count];
#pragma GCC unroll 16
    for (int f = 0; f < Count; ++f) acc[f] = simd::zero<Arch>();
#pragma GCC unroll 1
    for (int c = 0; c < C.channels; ++c) {
      auto const value = simd::load<Arch>(x + c * width);
#pragma GCC unroll 16
      for (int f = 0; f < Count; ++f)
        acc[f] = simd::fma(value, simd::broadcast<Arch>(weights[c * panel + From + f]), acc[f]);
    }
    if constexpr (instruction_count(P) > 8) {  // too long to be repeated for each filter
#pragma GCC unroll 16
      for (int f = 0; f < Count; ++f) simd::store(y + (From + f) * width, acc[f]);
#pragma GCC unroll 1
      for (int f = From; f < From + Count; ++f)
        simd::store(y + f * width,
                    at_element<Arch, P>(operands, f, simd::load<Arch>(y + f * width)));
    } else {
#pragma GCC unroll 16
      for (int f = 0; f < Count; ++f)
        simd::store(y + (From + f) * width, at_element<Arch, P>(operands, From + f, acc[f]));
    }
  };
  constexpr int rest = C.filters % block;
  filters.template operator()<0, block>();
  if constexpr (C.filters >= 2 * block) filters.template operator()<block, block>();
  if constexpr (rest > 0) filters.template operator()<C.filters - rest, rest>();
}

/// y[i] += the sum of the lanes of v[i], for i < Count; v is overwritten.
template <class Arch, int Count>
[[gnu::always_inline]] inline void add_sums(float* y, simd::vec<Arch>* v) noexcept {
  auto const sums = across_rows<Arch, function::add, Count>(v);
  simd::store_partial(y, simd::load_partial<Arch>(y, Count) + sums, Count);
}

/// y[o, i] += the sum over r and all samples of the program at (o, r, i); blocks(k) gives the
/// operands of the block of samples that begins with sample k.
template <class Arch, reduce_spec S, class Blocks>
[[gnu::always_inline]] inline void sum_lanes(float* y, Blocks const& blocks,
                                             int samples) noexcept {
  constexpr int width = Arch::width, results = S.outer * S.inner;
  constexpr int together = std::min({results, width, 8});
  auto const sums = [&]<int From, int Count>() __attribute__((always_inline)) {
    simd::vec<Arch> acc[Count];
#pragma GCC unroll 8
    for (int j = 0; j < Count; ++j) acc[j] = simd::zero<Arch>();
#pragma GCC unroll 1
    for (int k = 0; k < samples; k += width) {
      auto const operands = blocks(k);
      int const count = std::min(width, samples - k);
#pragma GCC unroll 8
      for (int j = 0; j < Count; ++j) {
        int const o = (From + j) / S.inner, i = (From + j) % S.inner;
#pragma GCC unroll 1
        for (int r = 0; r < S.reduced; ++r) {
          auto term = at_element<Arch, S.code>(operands.data(), (o * S.reduced + r) * S.inner + i,
                                               simd::zero<Arch>());
          if (count < width) term = keep_lanes<Arch, function::add>(term, count);
          acc[j] = acc[j] + term;
        }
      }
    }
    add_sums<Arch, Count>(y + From, acc);
  };
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (sums.template operator()<I * together, together>(), ...);
  }(std::make_integer_sequence<int, results / together>{});
  if constexpr (constexpr int rest = results % together; rest > 0)
    sums.template operator()<results - rest, rest>();
}

/// dw[c, f] += the sum over the samples of x[c] dy[f], as the weights are packed. The blocks of
/// samples follow each other, and lanes without a sample are zero in dy.
template <class Arch, contraction C>
[[gnu::always_inline]] inline void contract_dw_lanes(float const* x, float const* dy, float* dw,
                                                     int samples) noexcept {
  static_assert(C.groups == 1 && C.filters <= 8);
  constexpr int width = Arch::width, filters = C.filters, panel = panel_width(C);
  constexpr int most_rows = std::min(std::max(1, width / panel), C.channels);
  auto const rows = [&]<int Rows>(int c) __attribute__((always_inline)) {
    simd::vec<Arch> acc[Rows * panel];
#pragma GCC unroll 16
    for (int i = 0; i < Rows * panel; ++i) acc[i] = simd::zero<Arch>();
#pragma GCC unroll 1
    for (std::ptrdiff_t k = 0; k < samples; k += width) {
      simd::vec<Arch> value[Rows];
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r)
        value[r] = simd::load<Arch>(x + k * C.channels + (c + r) * width);
#pragma GCC unroll 8
      for (int f = 0; f < filters; ++f) {
        auto const gradient = simd::in_register(simd::load<Arch>(dy + k * filters + f * width));
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r)
          acc[r * panel + f] = simd::fma(value[r], gradient, acc[r * panel + f]);
      }
    }
    constexpr int together = std::min(width, Rows * panel);
#pragma GCC unroll 4
    for (int i = 0; i < Rows * panel; i += together)
      add_sums<Arch, together>(dw + c * panel + i, acc + i);
  };
#pragma GCC unroll 1
  for (int c = 0; c + most_rows <= C.channels; c += most_rows)
    rows.template operator()<most_rows>(c);
  if constexpr (constexpr int rest = C.channels % most_rows; rest > 0)
    rows.template operator()<rest>(C.channels - rest);
}

/// Zero in the lanes without a sample, of the block that has only `count` of them.
template <class Arch, int Size>
void clear_lanes(float* block, int count) noexcept {
  for (int e = 0; e < Size; ++e, block += Arch::width)
    simd::store(block, keep_lanes<Arch, function::add>(simd::load<Arch>(block), count));
}

}  // namespace etch::kernels
