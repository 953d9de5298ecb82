#pragma once

#include "../elementwise/apply.hpp"
#include "../move/transpose_weights.hpp"
#include "micro.hpp"

/// Pointwise contractions: the product of a matrix of `rows` inputs, as many as there are at run
/// time, with the packed weights. C is canonical: 1x1, only channels, filters and groups count.
namespace etch::kernels {

/// Adds up the first `Count` accumulators of every vector, in pairs. By recursion, because g++
/// leaves a loop over the stages rolled, and what a rolled loop indexes lies on the stack.
template <class Arch, int Count, int Chains, int Vectors>
[[gnu::always_inline]] inline void sum_chains(simd::vec<Arch> (&acc)[Chains][Vectors]) {
  if constexpr (Count > 1) {
    constexpr int half = (Count + 1) / 2;
#pragma GCC unroll 64
    for (int i = 0; i + half < Count; ++i)
#pragma GCC unroll 64
      for (int v = 0; v < Vectors; ++v) acc[i][v] = acc[i][v] + acc[i + half][v];
    sum_chains<Arch, half>(acc);
  }
}

/// acc[i][v] += x[i] * w[i][v] for `Count` consecutive steps, each to a chain of its own.
template <class Arch, vector_strip S, int Count, int Chains, int Vectors>
[[gnu::always_inline]] inline void advance_chains(simd::vec<Arch> (&acc)[Chains][Vectors],
                                                  float const* x, float const* w) {
#pragma GCC unroll 64
  for (int i = 0; i < Count; ++i) {
    auto const value = simd::broadcast<Arch>(x[i]);
#pragma GCC unroll 64
    for (int v = 0; v < Vectors; ++v)
      acc[i][v] = simd::fma(value, simd::load<Arch>(w + i * S.panel + S.offset(v * Arch::width)),
                            acc[i][v]);
  }
}

/// One row times a strip of `Lanes` filters: too little for a tile, so the reduction is split into
/// independent chains.
template <class Arch, contraction C, int Lanes, int Chains, class Epilogue>
[[gnu::always_inline]] inline void row_strip(float const* x, float const* w, float* y, int channel,
                                             Epilogue const& epilogue) {
  constexpr int steps = C.group_channels(), panel = panel_width(C);
  constexpr vector_strip strip{Lanes, panel, panel_stride(C)};
  constexpr int vectors = strip.vectors(Arch::width);
  constexpr int chains = Chains, rounds = steps / chains, rest = steps % chains;
  simd::vec<Arch> acc[chains][vectors];
  clear<Arch>(acc);
  // A sum that begins with its bias is ready one addition earlier.
  constexpr bool has_start = requires { epilogue.template start<Arch>(0, 1); };
  if constexpr (has_start)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v)
      acc[0][v] = epilogue.template start<Arch>(channel + v * Arch::width,
                                                std::min(Arch::width, Lanes - v * Arch::width));
  if constexpr (steps * vectors <= 32) {
    // g++ would take the inputs from the register that the layer before has just stored, with two
    // shuffles each; loads are faster
    asm("" : "+r"(x));
#pragma GCC unroll 32
    for (int k = 0; k < rounds; ++k)
      advance_chains<Arch, strip, chains>(acc, x + k * chains, w + k * chains * panel);
    w += rounds * chains * panel;
  } else {
    // a pointer that moves: with an index, an FMA and its load would not be one operation
#pragma GCC unroll 1
    ETCH_LOOP for (int k = 0; k + chains <= steps; k += chains, w += chains * panel)
        advance_chains<Arch, strip, chains>(acc, x + k, w);
  }
  if constexpr (rest > 0) advance_chains<Arch, strip, rest>(acc, x + steps - rest, w);
  sum_chains<Arch, chains>(acc);
  auto const after = [&]() __attribute__((always_inline)) {
    if constexpr (has_start) return epilogue.rest();
    else return epilogue;
  }();
#pragma GCC unroll 64
  for (int v = 0; v < vectors; ++v)
    simd::store_pieces(y + v * Arch::width, finish<Arch, Lanes>(after, acc[0][v], 0, channel, v),
                       std::min(Arch::width, Lanes - v * Arch::width));
}

/// The same as code that equal layers may share.
template <class Arch, contraction C, int Lanes, int Chains, class Epilogue>
void row_strip_apart(float const* x, float const* w, float* y, int channel,
                     Epilogue const& epilogue) {
  row_strip<Arch, C, Lanes, Chains>(x, w, y, channel, epilogue);
}

/// How what a matrix product reads lies in memory: floats from one row of the inputs to the next, from
/// one step of the reduction to the next, and, where the weights lie in the rows of a plain matrix
/// rather than in panels, from one of these rows to the next. If it `continues`, there may be sums of
/// earlier steps.
struct row_walk {
  int row, step = 1;
  bool continues = false;
  int weight_row = 0;
};
template <contraction C, int Steps>
inline constexpr row_walk rows_of{C.channels, 1, Steps < C.group_channels()};

/// `M` rows times a strip, for `Steps` steps of the reduction; only the first `count` of them exist
/// when `Clamped`: the others repeat the last one and are thrown away. If it `continues`, y holds
/// the sums of the steps before. `order`: how many tiles of the strip came before.
template <class Arch, contraction C, int Steps, int M, bool Clamped, int Lanes, row_walk X,
          class Epilogue>
ETCH_TILE void row_tile(float const* x, float const* w, float* y, std::ptrdiff_t row, int count,
                        int channel, Epilogue const& epilogue, [[maybe_unused]] bool continues,
                        [[maybe_unused]] std::ptrdiff_t order) {
  constexpr int steps = Steps, panel = X.weight_row > 0 ? X.weight_row : panel_width(C);
  constexpr vector_strip strip{Lanes, panel, panel_stride(C)};
  constexpr int vectors = strip.vectors(Arch::width);
  simd::vec<Arch> acc[M][vectors];
  clear<Arch>(acc);
  if constexpr (X.continues)
    if (continues)
#pragma GCC unroll 64
      for (int m = 0; m < M; ++m)
#pragma GCC unroll 64
        for (int v = 0; v < vectors; ++v)
          if (!Clamped || m < count)
            acc[m][v] = simd::in_register(load_lanes<Arch, Lanes>(y + m * C.filters, v));
  if constexpr (Clamped) {
    float const* from[M];
#pragma GCC unroll 64
    for (int m = 0; m < M; ++m) from[m] = x + (m < count ? m : count - 1) * X.row;
#pragma GCC unroll 1
    ETCH_LOOP for (int k = 0; k < steps; ++k, w += panel) {
      simd::vec<Arch> weight[vectors];
#pragma GCC unroll 64
      for (int v = 0; v < vectors; ++v)
        weight[v] = simd::load<Arch>(w + strip.offset(v * Arch::width));
#pragma GCC unroll 64
      for (int m = 0; m < M; ++m) {
        auto const value = simd::broadcast<Arch>(from[m][k * X.step]);
#pragma GCC unroll 64
        for (int v = 0; v < vectors; ++v) acc[m][v] = simd::fma(value, weight[v], acc[m][v]);
      }
    }
  } else if constexpr (Steps < C.group_channels()) {
    static_assert(X.step == 1);
    // each tile asks for one of the panels that the next block reads, from beyond the second level
    std::ptrdiff_t const ahead =
        order < Lanes / panel ? order * panel_stride(C) + Steps * panel : 0;
#pragma GCC unroll 4
    ETCH_LOOP for (int k = 0; k < steps; ++k, ++x, w += panel) {
      asm("" : "+r"(x));
      __builtin_prefetch(w + ahead, 0, 2);
      multiply_step<Arch, position_grid{M, 1, X.row, 0}, strip>(acc, x, w);
    }
  } else {
    multiply<Arch, position_grid{M, 1, X.row, 0}, strip, steps, X.step>(acc, x, w);
  }
  if constexpr (is_large<Epilogue>()) {
#pragma GCC unroll 1
    for (int m = 0; m < (Clamped ? count : M); ++m)
      store_position<Arch, Lanes>(y + m * C.filters, acc[m], epilogue, row + m, channel);
  } else {
#pragma GCC unroll 64
    for (int m = 0; m < M; ++m)
      if (!Clamped || m < count)
        store_position<Arch, Lanes>(y + m * C.filters, acc[m], epilogue, row + m, channel);
  }
}

/// Rows that are too few for a tile of `M`, `Few` at a time. Apart from the others, so that a call
/// that has none of them saves no registers for them.
template <class Arch, contraction C, int Steps, int Few, int Lanes, row_walk X, class Epilogue>
[[gnu::noinline]] void few_rows(float const* x, float const* w, float* y, std::ptrdiff_t row,
                                std::ptrdiff_t end, int channel, Epilogue const& epilogue,
                                bool continues) {
  for (; row < end; row += Few)
    row_tile<Arch, C, Steps, Few, true, Lanes, X>(
        x + row * X.row, w, y + row * C.filters, row,
        static_cast<int>(std::min<std::ptrdiff_t>(Few, end - row)), channel, epilogue, continues,
        0);
}

/// The rows from `row` to before `end` times one strip of filters.
template <class Arch, contraction C, int Steps, int M, int Lanes, row_walk X = rows_of<C, Steps>,
          class Epilogue>
void strip_of_rows(float const* x, float const* w, float* y, std::ptrdiff_t row, std::ptrdiff_t end,
                   int channel, Epilogue const& epilogue, bool continues) {
  constexpr int few = M > 4 ? std::max(4, M / 2) : M > 1 ? M - 1 : 1;
  std::ptrdiff_t last = end - M;  // where a tile may begin
  if constexpr (M % few != 0) {   // 8 = 4 + 4 rather than 6 + 2
    std::ptrdiff_t const rows = end - row, over = rows % M;
    if (over % few != 0 && (over + M) % few == 0 && rows > M) last -= M;
  }
  for (std::ptrdiff_t order = 0; row <= last; row += M, ++order)
    row_tile<Arch, C, Steps, M, false, Lanes, X>(x + row * X.row, w, y + row * C.filters, row, M,
                                                 channel, epilogue, continues, order);
  if constexpr (M > 1)
    if (row < end)
      few_rows<Arch, C, Steps, few, Lanes, X>(x, w, y, row, end, channel, epilogue, continues);
}

/// y[row, f] = epilogue(sum over c of x[row, c] * w[f, c]) for all rows, strip by strip of filters,
/// where weights(first, count) are so many packed panels. A share is of the strips where these come
/// out even, so that each thread reads its own weights; else of the rows. x and the weights may
/// begin later than with c = 0: then this is for `Steps` steps, see row_tile.
template <class Arch, contraction C, register_tile T, int Steps, row_walk X = rows_of<C, Steps>,
          class Weights, class Epilogue>
void all_strips_of_rows(float const* x, Weights weights, float* y, std::ptrdiff_t rows,
                        Epilogue const& epilogue, share mine, bool continues = false) {
  using lanes = lanes_for<Arch, C>;
  constexpr int panel = panel_width(C), filters = C.group_filters();
  constexpr int strip = T.panels * panel;
  constexpr int strips = (filters + strip - 1) / strip;
  bool const by_strips = mine.parts == 1 || strips % mine.parts == 0 || strips > 4 * mine.parts;
  int const tiles = static_cast<int>((rows + T.width - 1) / T.width);
  std::ptrdiff_t const row = by_strips ? 0 : std::ptrdiff_t{mine.begin(tiles)} * T.width;
  if (!by_strips) rows = std::min(rows, std::ptrdiff_t{mine.end(tiles)} * T.width);
  // constants for a single strip: small products feel every instruction
  int const first = strips > 1 && by_strips ? mine.begin(strips) : 0;
  int const last = strips > 1 && by_strips ? mine.end(strips) : strips;
  for (int group = 0; group < C.groups; ++group) {
    float const* const xg = x + group * C.group_channels();
    int const channel = group * filters, panels = group * panel_count(C);
    auto const run = [&]<int Lanes>(int f) __attribute__((always_inline)) {
      strip_of_rows<lanes, C, Steps, T.width, Lanes, X>(
          xg, weights(panels + f / panel, (Lanes + panel - 1) / panel), y + channel + f, row, rows,
          channel + f, epilogue, continues);
    };
    for_each_strip<strip, filters>(run, first, last);
  }
}

/// The same in blocks of at most `Steps` steps of the reduction.
template <class Arch, contraction C, register_tile T, int Steps, class Epilogue>
[[gnu::always_inline]] inline void forward_rows(float const* x, float const* weights, float* y,
                                                std::ptrdiff_t rows, Epilogue const& epilogue,
                                                share mine) {
  constexpr int blocks = (C.group_channels() + Steps - 1) / Steps;
  // small products feel every instruction of a call
  if constexpr (C.groups == 1 && blocks == 1 && panel_count(C) <= T.panels)
    if (mine.parts == 1)
      return strip_of_rows<lanes_for<Arch, C>, C, C.channels, T.width, C.filters>(
          x, weights, y, 0, rows, 0, epilogue, true);
  auto const from = [weights](int step) {
    return [weights, step](int panel, int) {
      return weights + panel * panel_stride(C) + step * panel_width(C);
    };
  };
  constexpr int last = C.group_channels() - (blocks - 1) * Steps;
  int step = 0;
  if constexpr (blocks > 1)
    for (; step < C.group_channels() - last; step += Steps)
      all_strips_of_rows<Arch, C, T, Steps>(x + step, from(step), y, rows, identity_epilogue{},
                                            mine, step > 0);
  all_strips_of_rows<Arch, C, T, last>(x + step, from(step), y, rows, epilogue, mine, true);
}

/// dx of many weights, of which each strip is transposed when its turn comes.
template <class Arch, contraction C, register_tile Tile>
void dx_rows(float const* dy, float const* weights, float* dx, std::ptrdiff_t rows, share mine) {
  constexpr contraction T = transposed(C);
  alignas(64) float strip[Tile.panels * panel_stride(T)];
  auto const transposing = [&](int panel, int count) {
    transpose_panels<C, Arch>(weights, strip, panel, panel + count);
    return static_cast<float const*>(strip);
  };
  all_strips_of_rows<Arch, T, Tile, T.channels>(dy, transposing, dx, rows, identity_epilogue{},
                                                mine);
}

/// The same for a single row, cut as `S` says.
template <class Arch, contraction C, row_strips S, bool Inline, class Epilogue>
[[gnu::always_inline]] inline void forward_row(float const* x, float const* weights, float* y,
                                               Epilogue const& epilogue) {
  using lanes = lanes_for<Arch, C>;
  constexpr int panel = panel_width(C), filters = C.group_filters();
  for (int group = 0; group < C.groups; ++group) {
    float const* const xg = x + group * C.group_channels();
    float const* const wg = weights + group * panel_count(C) * panel_stride(C);
    int const channel = group * filters;
    for_each_strip<S.lanes, filters>([&]<int Lanes>(int f) __attribute__((always_inline)) {
      constexpr int chains = Lanes == S.lanes ? S.chains : S.rest_chains;
      float const* const w = wg + f / panel * panel_stride(C);
      if constexpr (Inline)
        row_strip<lanes, C, Lanes, chains>(xg, w, y + channel + f, channel + f, epilogue);
      else
        row_strip_apart<lanes, C, Lanes, chains>(xg, w, y + channel + f, channel + f, epilogue);
    });
  }
}

}  // namespace etch::kernels
