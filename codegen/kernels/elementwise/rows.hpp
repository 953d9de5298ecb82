#pragma once

#include "../reduce/reduce.hpp"

/// Steps over the same rows, which run together: row by row, so that what they hand on stays in
/// registers or in the nearest cache.
namespace etch::kernels {

/// One of these steps: a map, or the sum or maximum of a row.
struct row_stage {
  program code;
  function fn = function::identity;  // of a reduction
  bool reduces = false;
  bool wide = false;                                     // makes a row; otherwise one number
  bool stored = false;                                   // in memory
  bool kept = false;                                     // a later stage reads it
  std::array<unsigned char, program::max_loads> from{};  // what a load reads, of all there is

  constexpr bool operator==(row_stage const&) const = default;
};

/// Stages over `rows` rows of `length` elements a sample. What they read are the results of earlier
/// stages, each of the same row, then operands in memory.
template <std::size_t Stages>
struct row_spec {
  std::array<row_stage, Stages> stages{};
  int rows = 1, length = 1, operands = 0;

  static constexpr int count = static_cast<int>(Stages);
  constexpr row_stage const& operator[](int k) const { return stages[static_cast<std::size_t>(k)]; }
  /// What a stage computes, with what other stages make as operands that every row shares.
  constexpr program code(int k) const {
    program p = (*this)[k].code;
    for (std::size_t i = 0; i < static_cast<std::size_t>(p.loads); ++i)
      if (int const from = (*this)[k].from[i];
          from < count && p.load_list[i].from == program::kind::memory)
        p.load_list[i] = {.period = (*this)[from].wide ? length : 1};
    return p;
  }
};

/// Whether lanes of stage k that do not count have to repeat one that does: those that are handed on
/// with the others, if some stage needs it.
template <std::size_t Stages>
constexpr bool may_raise(row_spec<Stages> const& s, int k) {
  bool raises = may_raise(s[k].code);
  for (row_stage const& stage : s.stages) raises = raises || (s[k].kept && may_raise(stage.code));
  return raises;
}

/// Whether all vectors of a row are worked at together, so that what is read again is still in a
/// register.
template <class Arch>
constexpr bool fits_registers(program const& p, int length) {
  return length <= Arch::width * arch::registers_for_sums<Arch> / 2 && instruction_count(p) <= 8;
}

/// f(v) for every whole vector v of a row: with constants, so that the compiler sees which loads are
/// the same.
template <int Vectors, class F>
[[gnu::always_inline]] inline void for_each_vector(F const& f) noexcept {
  [&]<int... V>(std::integer_sequence<int, V...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, V>{}), ...);
  }(std::make_integer_sequence<int, Vectors>{});
}

/// One result, still in lanes, of a row whose vectors are all in registers.
template <class Arch, function Fn, int Length, class Row>
[[gnu::always_inline]] inline simd::vec<Arch> reduce_held(Row const& row) noexcept {
  constexpr int width = Arch::width, rest = Length % width;
  constexpr int chains = Length < 2 * width ? 1 : 4, even = Length / width / chains * chains;
  simd::vec<Arch> acc[chains];
#pragma GCC unroll 4
  for (int u = 0; u < chains; ++u) acc[u] = neutral<Arch, Fn>();
  for_each_vector<Length / width>([&](auto v) __attribute__((always_inline)) {
    constexpr int chain = v < even ? v % chains : 0;
    auto const x = row(v * width, width);
    if constexpr (v < chains && v < even)
      acc[chain] = x;
    else
      acc[chain] = combine<Arch, Fn>(acc[chain], x);
  });
  if constexpr (rest > 0) {
    auto const last = keep_lanes<Arch, Fn>(row(Length - rest, rest), rest);
    acc[chains - 1] = Length < width ? last : combine<Arch, Fn>(acc[chains - 1], last);
  }
#pragma GCC unroll 2
  for (int half = chains / 2; half > 0; half /= 2)  // the next stage waits for it
#pragma GCC unroll 2
    for (int u = 0; u < half; ++u) acc[u] = combine<Arch, Fn>(acc[u], acc[u + half]);
  return acc[0];
}

/// y[i] = the program at i, for i < Length, in memory, and in `kept`, which is whole vectors long.
template <class Arch, program P, int Length, bool Stored, bool Kept, class Row>
[[gnu::always_inline]] inline void map_stage(float* y, float* kept, Row const& row) noexcept {
  constexpr int width = Arch::width, rest = Length % width, vectors = Length / width;
  constexpr int unroll = instruction_count(P) > 8 ? 1 : 4;
  auto const put = [&](int i, simd::vec<Arch> const& v, int lanes) __attribute__((always_inline)) {
    if constexpr (Kept) simd::store(kept + i, v);
    if constexpr (Stored) simd::store_partial(y + i, v, lanes);
  };
  if constexpr (fits_registers<Arch>(P, Length)) {
    simd::vec<Arch> result[std::max(1, vectors)];
    for_each_vector<vectors>(
        [&](auto v) __attribute__((always_inline)) { result[v] = row(v * width, width); });
    for_each_vector<vectors>(
        [&](auto v) __attribute__((always_inline)) { put(v * width, result[v], width); });
  } else {
    int i = 0;
#pragma GCC unroll 1
    for (; i + unroll * width <= Length; i += unroll * width) {
      simd::vec<Arch> result[unroll];
#pragma GCC unroll 4
      for (int u = 0; u < unroll; ++u) result[u] = row(i + u * width, width);
#pragma GCC unroll 4
      for (int u = 0; u < unroll; ++u) put(i + u * width, result[u], width);
    }
    if constexpr (vectors % unroll > 0)
#pragma GCC unroll 1
      for (; i + width <= Length; i += width) put(i, row(i, width), width);
  }
  if constexpr (rest > 0) put(Length - rest, row(Length - rest, rest), rest);
}

/// What the stages make of one row.
template <class Arch, auto S>
struct row_memory {
  static constexpr int padded = (S.length + 15) / 16 * 16;
  static constexpr int kept_before(int k) {
    int n = 0;
    for (int i = 0; i < k; ++i) n += S[i].wide && S[i].kept;
    return n;
  }

  /// Whether a stage reads no operand in memory.
  template <int K>
  static constexpr bool reads_made() {
    program const& p = S[K].code;
    for (std::size_t i = 0; i < static_cast<std::size_t>(p.loads); ++i)
      if (p.load_list[i].from == program::kind::memory && S[K].from[i] >= S.count) return false;
    return true;
  }

  alignas(64) float row[std::max(1, kept_before(S.count))][padded];
  float number[S.count];

  template <int K>
  [[gnu::always_inline]] float* made() noexcept {
    if constexpr (S[K].wide)
      return row[kept_before(K)];
    else
      return number + K;
  }
  template <int From>
  [[gnu::always_inline]] float const* find(float const* const* operands) noexcept {
    if constexpr (From < S.count)
      return made<From>();
    else
      return operands[From - S.count];
  }

  /// Stage K of row `at` of `sample`; y is where it stores.
  template <int K>
  [[gnu::always_inline]] void run(float* y, float const* const* operands, std::ptrdiff_t sample,
                                  std::ptrdiff_t at) noexcept {
    constexpr row_stage stage = S[K];
    constexpr program P = S.code(K);
    std::array<float const*, program::max_loads> from;
    [&]<int... L>(std::integer_sequence<int, L...>) __attribute__((always_inline)) {
      ((from[L] = find<stage.from[L]>(operands)), ...);
    }(std::make_integer_sequence<int, P.loads>{});
    // What earlier stages have made are whole vectors of Arch, which may stay in registers.
    auto const whole = [](auto const& in) __attribute__((always_inline)) {
      return [&in](int i, int lanes) __attribute__((always_inline)) {
        constexpr int width = std::remove_cvref_t<decltype(in)>::width;
        return in(i, reads_made<K>() && width <= Arch::width ? width : lanes);
      };
    };
    if constexpr (stage.wide) {
      program_row<Arch, P, S.length, S.rows, may_raise(S, K)> const in(from.data(), sample, at);
      // y is null where the stage stores nothing.
      float* const to = stage.stored ? y + (sample * S.rows + at) * S.length : nullptr;
      map_stage<Arch, P, S.length, stage.stored, stage.kept>(
          to, row[stage.kept ? kept_before(K) : 0], whole(in));
    } else {
      if constexpr (stage.reduces) {
        using across = arch::reducing<Arch>;
        constexpr reduce_spec spec{P, stage.fn, S.rows, S.length, 1};
        if constexpr (fits_registers<across>(P, S.length)) {
          program_row<across, P, S.length, S.rows> const in(from.data(), sample, at);
          number[K] =
              across_lanes<across, stage.fn>(reduce_held<across, stage.fn, S.length>(whole(in)));
        } else {
          number[K] = across_lanes<across, stage.fn>(
              reduce_row<across, spec>(from.data(), sample, static_cast<int>(at)));
        }
      } else {  // in the narrowest vectors, whose divisions and roots take the least time
        using narrow = arch::half<arch::half<Arch>>;
        program_row<narrow, P, 1, S.rows> const in(from.data(), sample, at);
        auto const result = in(0, narrow::width);
        __builtin_memcpy(number + K, &result, sizeof(float));
      }
      if constexpr (stage.stored) y[sample * S.rows + at] = number[K];
    }
  }
};

template <class Arch, auto S, std::size_t... K, std::size_t... I>
[[gnu::always_inline]] inline void rows(float* const* results, float const* const* operands,
                                        int samples, std::index_sequence<K...>,
                                        std::index_sequence<I...>) noexcept {
  // In copies that no store can change: loading them again would wait for stores.
  float* const to[]{results[K]...};
  float const* const from[]{nullptr, operands[I]...};
  for (std::ptrdiff_t sample = 0; sample < samples; ++sample)
#pragma GCC unroll 1
    for (std::ptrdiff_t at = 0; at < S.rows; ++at) {
      row_memory<Arch, S> made;
      (made.template run<static_cast<int>(K)>(to[K], from + 1, sample, at), ...);
    }
}

/// Runs the stages; results[k] is where stage k stores. Nothing outside results and operands is
/// read or written. A result is no operand.
template <class Arch, auto S>
void rows(float* const* results, float const* const* operands, int samples) noexcept {
  rows<Arch, S>(results, operands, samples, std::make_index_sequence<S.stages.size()>{},
                std::make_index_sequence<S.operands>{});
}

}  // namespace etch::kernels
