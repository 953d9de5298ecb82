#pragma once

#include <limits>

#include "../elementwise/map.hpp"

/// Reductions of a program over the middle axis of (outer, reduced, inner), in a fixed order: the
/// same numbers at every run, and on every instruction set if that is deterministic.
namespace etch::kernels {

template <class Arch, function Fn>
[[gnu::always_inline]] inline simd::vec<Arch> combine(simd::vec<Arch> a,
                                                      simd::vec<Arch> b) noexcept {
  if constexpr (Fn == function::add) return a + b;
  else return simd::maximum(b, a);
}
template <class Arch, function Fn>
[[gnu::always_inline]] inline simd::vec<Arch> neutral() noexcept {
  return simd::broadcast<Arch>(Fn == function::add ? 0.0f
                                                   : -std::numeric_limits<float>::infinity());
}

/// The neutral element in place of the lanes from `lanes` on: a program need not map 0 to it.
template <class Arch, function Fn>
[[gnu::always_inline]] inline simd::vec<Arch> keep_lanes(simd::vec<Arch> v, int lanes) noexcept {
  return simd::first_lanes(v, lanes, neutral<Arch, Fn>());
}

template <class Arch, function Fn>
[[gnu::always_inline]] inline float across_lanes(simd::vec<Arch> v) noexcept {
  if constexpr (Fn == function::add) return simd::reduce_add(v);
  else return simd::reduce_max(v);
}

/// Lane by lane: of `to` where the bit D of the lane's number is 0, of `from` where it is 1, the two
/// lanes that differ in that bit. By reference: a wide vector as a value is none that every ABI has.
template <class Arch, function Fn, int D>
[[gnu::always_inline]] inline void fold_lanes(simd::vec<Arch>& to,
                                              simd::vec<Arch> const& from) noexcept {
  constexpr int width = Arch::width;
  if constexpr (requires { to.parts; }) {  // register by register: g++ would take lane by lane
    using base = simd::arch_of<std::remove_cvref_t<decltype(to.parts[0])>>;
    constexpr int parts = width / base::width, bit = D / base::width;
    simd::vec<Arch> const low = to, high = from;  // which may be the same
#pragma GCC unroll 4
    for (int p = 0; p < parts; ++p)
      if constexpr (bit == 0)
        fold_lanes<base, Fn, D>(to.parts[p], high.parts[p]);
      else if (p & bit)
        to.parts[p] = combine<base, Fn>(high.parts[p], high.parts[p ^ bit]);
      else
        to.parts[p] = combine<base, Fn>(low.parts[p], low.parts[p ^ bit]);
  } else {
    typedef float row __attribute__((vector_size(4 * width)));
    [&]<int... L>(std::integer_sequence<int, L...>) __attribute__((always_inline)) {
      row a, b;
      __builtin_memcpy(&a, &to, sizeof a);
      __builtin_memcpy(&b, &from, sizeof b);
      row const one = __builtin_shufflevector(a, b, (L + (L & D ? width : 0))...);
      row const other = __builtin_shufflevector(a, b, ((L ^ D) + (L & D ? width : 0))...);
      simd::vec<Arch> x, y;
      __builtin_memcpy(&x, &one, sizeof x);
      __builtin_memcpy(&y, &other, sizeof y);
      to = combine<Arch, Fn>(x, y);
    }(std::make_integer_sequence<int, width>{});
  }
}

/// Lane i is what across_lanes makes of v[i], for i < Count; v is overwritten. Together, vectors
/// take a third of the instructions that they take one by one.
template <class Arch, function Fn, int Count>
[[gnu::always_inline]] inline simd::vec<Arch> across_rows(simd::vec<Arch>* v) noexcept {
  constexpr int width = Arch::width;
  static_assert(Count <= width);
  auto const halve = [&]<int D, int... I>(auto const& self, std::integer_sequence<int, D>,
                                          std::integer_sequence<int, I...>)
      __attribute__((always_inline)) {
    (fold_lanes<Arch, Fn, D>(v[I], v[I + D < Count ? I + D : I]), ...);
    if constexpr (D > 1)
      self(self, std::integer_sequence<int, D / 2>{},
           std::make_integer_sequence<int, std::min(D / 2, Count)>{});
  };
  halve(halve, std::integer_sequence<int, width / 2>{},
        std::make_integer_sequence<int, std::min(width / 2, Count)>{});
  return v[0];
}

/// A reduction over an axis of extent 1 has the rows of the whole sample, if its operands allow it:
/// over the batch these are long vectors.
consteval reduce_spec canonical(reduce_spec s) {
  if (s.reduced == 1 && fits_row(s.code, s.outer * s.inner)) {
    s.inner *= s.outer;
    s.outer = 1;
  }
  return s;
}

/// How many rows of `inner` elements are laid side by side so that they fill whole vectors: four or
/// more, since each is a chain of dependent additions. 1 where that takes too many registers or the
/// rows do not follow each other in memory.
consteval int side_by_side(reduce_spec const& s, int width, int registers) {
  bool const batched = s.batched || s.over_batch;
  if (s.outer > 1 || !is_flat(s.code, s.reduced * s.inner, batched)) return 1;
  if (s.inner == 1 && !s.over_batch) return 1;
  int const most = instruction_count(s.code) > 8 ? 4 : registers / 2;
  for (int rows = 2; s.inner * rows <= most * width; ++rows) {
    if (!s.over_batch && rows > s.reduced) break;
    if (s.inner * rows % width == 0 && s.inner * rows >= 4 * width) return rows;
  }
  return 1;
}

/// y[i] = fn over r of the program at r * Inner + i, for r < rows from element `start` on.
template <class Arch, program P, function Fn, int Inner, int Together, bool Adds>
void reduce_flat(float* y, float const* const* operands, std::ptrdiff_t start,
                 std::ptrdiff_t rows) noexcept {
  constexpr int width = Arch::width, step = Inner * Together, vectors = step / width;
  program_row<Arch, P, endless, 1> const row(operands, 0, 0);
  simd::vec<Arch> acc[vectors];
#pragma GCC unroll 16
  for (int v = 0; v < vectors; ++v) acc[v] = neutral<Arch, Fn>();
  std::ptrdiff_t i = start;
  std::ptrdiff_t const end = start + rows * Inner;
#pragma GCC unroll 1
  for (; i + step <= end; i += step)
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v)
      acc[v] = combine<Arch, Fn>(acc[v], row(i + v * width, width));

  alignas(64) float part[step + width];  // read up to a vector past its end
  simd::store(part + step, simd::zero<Arch>());
#pragma GCC unroll 16
  for (int v = 0; v < vectors; ++v) simd::store(part + v * width, acc[v]);
#pragma GCC unroll 1
  for (float* p = part; i < end; i += width, p += width) {
    int const lanes = static_cast<int>(std::min<std::ptrdiff_t>(width, end - i));
    auto const rest = keep_lanes<Arch, Fn>(row(i, lanes), lanes);
    simd::store(p, combine<Arch, Fn>(simd::load<Arch>(p), rest));
  }
  if constexpr (Inner == 1) {
    auto total = simd::load<Arch>(part);
#pragma GCC unroll 16
    for (int v = 1; v < vectors; ++v)
      total = combine<Arch, Fn>(total, simd::load<Arch>(part + v * width));
    y[0] = across_lanes<Arch, Fn>(total) + (Adds ? y[0] : 0.0f);
  } else {
#pragma GCC unroll 1
    for (int column = 0; column < Inner; column += width) {
      auto total = simd::load<Arch>(part + column);
#pragma GCC unroll 1
      for (int r = 1; r < Together; ++r)
        total = combine<Arch, Fn>(total, simd::load<Arch>(part + r * Inner + column));
      int const lanes = std::min(width, Inner - column);
      if constexpr (Adds) total = total + simd::load_partial<Arch>(y + column, lanes);
      simd::store_partial(y + column, total, lanes);
    }
  }
}

/// One result, still in lanes: S.inner is 1, and the vectors run along S.reduced.
template <class Arch, reduce_spec S>
[[gnu::always_inline]] inline simd::vec<Arch> reduce_row(float const* const* operands,
                                                         std::ptrdiff_t sample, int o) noexcept {
  constexpr program P = S.code;
  constexpr int width = Arch::width;
  constexpr int common = common_row(P, S.outer * S.reduced);
  constexpr bool in_parts =
      !fits_row(P, S.reduced) && common > 0 && common < S.reduced && S.reduced % common == 0;
  constexpr int length = in_parts ? common : S.reduced;
  constexpr int parts = S.reduced / length;
  constexpr int chains = instruction_count(P) > 8 || length < 2 * width ? 1 : 4;
  simd::vec<Arch> acc[chains];
#pragma GCC unroll 4
  for (int u = 0; u < chains; ++u) acc[u] = neutral<Arch, S.fn>();
#pragma GCC unroll 1
  for (int part = 0; part < parts; ++part) {
    program_row<Arch, P, length, S.outer * parts> const row(operands, sample, o * parts + part);
    int i = 0;
    if constexpr (parts == 1 && length >= chains * width) {  // nothing to combine with yet
#pragma GCC unroll 4
      for (int u = 0; u < chains; ++u) acc[u] = row(u * width, width);
      i = chains * width;
    }
#pragma GCC unroll 1
    for (; i + chains * width <= length; i += chains * width)
#pragma GCC unroll 4
      for (int u = 0; u < chains; ++u)
        acc[u] = combine<Arch, S.fn>(acc[u], row(i + u * width, width));
    if constexpr (chains > 1)
#pragma GCC unroll 1
      for (; i + width <= length; i += width)
        acc[0] = combine<Arch, S.fn>(acc[0], row(i, width));
    constexpr int rest = length % width;
    if constexpr (rest > 0)
      acc[chains - 1] = combine<Arch, S.fn>(acc[chains - 1],
                                            keep_lanes<Arch, S.fn>(row(length - rest, rest), rest));
  }
#pragma GCC unroll 4
  for (int u = 1; u < chains; ++u) acc[0] = combine<Arch, S.fn>(acc[0], acc[u]);
  return acc[0];
}

/// All results of one sample.
template <class Arch, reduce_spec S>
[[gnu::always_inline]] inline void reduce_rows(float* y, float const* const* operands,
                                               std::ptrdiff_t sample) noexcept {
  constexpr int most = arch::is_deterministic<Arch> ? 4 : Arch::width;
  constexpr int together = S.outer < 4 || S.over_batch ? 1 : std::min(S.outer, most);
  int o = 0;
  if constexpr (together > 1) {
#pragma GCC unroll 1
    for (; o + together <= S.outer; o += together) {
      simd::vec<Arch> total[together];
#pragma GCC unroll 1
      for (int i = 0; i < together; ++i) total[i] = reduce_row<Arch, S>(operands, sample, o + i);
      simd::store_partial(y + o, across_rows<Arch, S.fn, together>(total), together);
    }
  }
  if constexpr (S.outer % together > 0 || together == 1)
#pragma GCC unroll 1
    for (; o < S.outer; ++o) {
      float const total = across_lanes<Arch, S.fn>(reduce_row<Arch, S>(operands, sample, o));
      y[o] = S.over_batch ? y[o] + total : total;
    }
}

/// `Vectors` vectors of results that lie side by side in S.inner, from `column` on; the last one
/// has `lanes` results.
template <class Arch, reduce_spec S, int Vectors>
[[gnu::always_inline]] inline void reduce_columns(float* y, float const* const* operands,
                                                  std::ptrdiff_t sample, std::ptrdiff_t samples,
                                                  int o, int column, int lanes) noexcept {
  constexpr int width = Arch::width;
  simd::vec<Arch> acc[Vectors];
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v) acc[v] = neutral<Arch, S.fn>();
#pragma GCC unroll 1
  for (std::ptrdiff_t const end = sample + samples; sample < end; ++sample)
#pragma GCC unroll 1
    for (int r = 0; r < S.reduced; ++r) {
      program_row<Arch, S.code, S.inner, S.outer * S.reduced> const row(operands, sample,
                                                                        o * S.reduced + r);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v)
        acc[v] = combine<Arch, S.fn>(acc[v],
                                     row(column + v * width, v == Vectors - 1 ? lanes : width));
    }
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v) {
    int const count = v == Vectors - 1 ? lanes : width;
    if constexpr (S.over_batch)
      acc[v] = acc[v] + simd::load_partial<Arch>(y + v * width, count);
    simd::store_partial(y + v * width, acc[v], count);
  }
}

/// All results of one index of the outer axis, summed over `samples` samples.
template <class Arch, reduce_spec S>
void reduce_inner(float* y, float const* const* operands, std::ptrdiff_t sample,
                  std::ptrdiff_t samples, int o) noexcept {
  constexpr int width = Arch::width;
  constexpr int block = width * (instruction_count(S.code) > 8 ? 2 : 8);
  constexpr int rest = S.inner % block, rest_vectors = (rest + width - 1) / width;
  for (int c = 0; c + block <= S.inner; c += block)
    reduce_columns<Arch, S, block / width>(y + c, operands, sample, samples, o, c, width);
  if constexpr (rest > 0)
    reduce_columns<Arch, S, rest_vectors>(y + S.inner - rest, operands, sample, samples, o,
                                          S.inner - rest, rest - (rest_vectors - 1) * width);
}

/// y[s, o, i] = fn over r of the program at (o, r, i) of sample s. With over_batch, fn is add and
/// y[o, i] grows by the sum over r and all samples, an operand that is not batched counting once a
/// sample. Nothing outside y and the operands is read or written; they do not overlap.
template <class Arch, reduce_spec S>
void reduce(float* y, float const* const* operands, int samples) noexcept {
  static_assert(S.fn == function::add || (S.fn == function::maximum && !S.over_batch));
  constexpr reduce_spec C = canonical(S);
  using across = arch::reducing<Arch>;
  constexpr int together = side_by_side(C, across::width, arch::registers_for_sums<Arch>);
  std::ptrdiff_t const count = C.batched || C.over_batch ? samples : 1;
  if constexpr (together > 1) {
    constexpr auto flat = reduce_flat<across, one_run(C.code, C.reduced * C.inner), C.fn, C.inner,
                                      together, C.over_batch>;
    if constexpr (C.over_batch) {
      flat(y, operands, 0, count * C.reduced);
    } else {
      for (std::ptrdiff_t s = 0; s < count; ++s)
        flat(y + s * C.inner, operands, s * C.reduced * C.inner, C.reduced);
    }
  } else if constexpr (C.inner == 1) {
    for (std::ptrdiff_t s = 0; s < count; ++s)
      reduce_rows<across, C>(C.over_batch ? y : y + s * C.outer, operands, s);
  } else if constexpr (C.over_batch) {
    for (int o = 0; o < C.outer; ++o)
      reduce_inner<Arch, C>(y + o * C.inner, operands, 0, count, o);
  } else {
    for (std::ptrdiff_t s = 0; s < count; ++s)
      for (int o = 0; o < C.outer; ++o)
        reduce_inner<Arch, C>(y + (s * C.outer + o) * C.inner, operands, s, 1, o);
  }
}

}  // namespace etch::kernels
