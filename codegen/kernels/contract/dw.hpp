#pragma once

#include "../../passes/select/gradients.hpp"
#include "dw_taps.hpp"

/// The gradient with respect to the weights, in their packed layout:
///   dw[f, tap, c] = sum over positions p of x[p * stride + tap, c] * dy[p, f]
/// is a matrix product whose rows are the weights of one filter and whose reduction runs over the
/// positions of all samples, a block of them at a time.
///
/// Its vectors lie along the filters, and where few are left (2 of 18, or all 10 of a last layer)
/// along the neighbouring weights of one filter.
namespace etch::kernels {

/// The places of a tile's vectors, `columns` to a row; the last of each row lies `back` nearer.
struct vector_grid {
  int rows = 1, columns = 1;
  int row_stride = 0, column_stride = 0, back = 0;

  [[gnu::always_inline]] constexpr int operator[](int i) const {
    int const column = i % columns;
    return i / columns * row_stride + column * column_stride - (column + 1 == columns ? back : 0);
  }
};

/// Adds a vector of weights of each of up to four filters, or of eight if it has 16 lanes, to
/// packed weights from number `skip` on, or `Begins` these with it. Four or eight filters are
/// written: what pads them stays zero.
template <class Arch, int Panel, bool Begins, int Filters>
[[gnu::always_inline]] inline void add_turned(simd::vec<Arch> const (&sum)[Filters], float* to,
                                              int skip) {
  constexpr int squares = (Filters + 3) / 4;
  static_assert(squares == 1 || (squares == 2 && Arch::width == 16));
  using piece = typename lanes_of<Arch, 4 * squares>::type;
  simd::vec<Arch> row[squares][4];
#pragma GCC unroll 8
  for (int f = 0; f < 4 * squares; ++f)
    row[f / 4][f % 4] = f < Filters ? sum[f] : simd::zero<Arch>();
#pragma GCC unroll 2
  for (int i = 0; i < squares; ++i) simd::transpose_blocks(row[i]);
  if constexpr (squares == 2)
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) simd::interleave_blocks(row[0][i], row[1][i]);
  auto const put = [&](int weight, simd::vec<piece> more) __attribute__((always_inline)) {
    float* const p = to + weight * Panel;
    if (weight >= skip) simd::store(p, Begins ? more : simd::load<piece>(p) + more);
  };
  [&]<int... C>(std::integer_sequence<int, C...>) __attribute__((always_inline)) {
    constexpr int weights = Arch::width / squares;
    (put(C, simd::piece<piece, C % weights / 4>(row[C / weights][C % 4])), ...);
  }(std::make_integer_sequence<int, Arch::width>{});
}

/// Adds one position to the sums of a tile, its `Window` at `from` and its gradients at `dy`, and
/// goes on to the next, `Next` and `Pitch` floats further.
template <class Arch, weight_shape S, vector_grid Window, int Next, int Pitch, int Places, int Sums>
[[gnu::always_inline]] inline void add_position(simd::vec<Arch> (&acc)[Places][Sums],
                                                float const*& from, float const*& dy) {
  constexpr int width = Arch::width, vectors = S.vectors(width);
  // compilers keep in registers what windows share that follow each other, where none is left
  constexpr bool full = Places * Sums + Places + vectors > Arch::registers;
  if constexpr (full && Next < S.columns * S.step(width)) asm("" : "+r"(from));
  if constexpr (S.turned) {
    simd::vec<Arch> value[Places];
#pragma GCC unroll 64
    for (int m = 0; m < Places; ++m) value[m] = simd::load<Arch>(from + Window[m]);
#pragma GCC unroll 64
    for (int f = 0; f < Sums; ++f) {
      auto const gradient = simd::broadcast<Arch>(dy[f]);
#pragma GCC unroll 64
      for (int m = 0; m < Places; ++m) acc[m][f] = simd::fma(value[m], gradient, acc[m][f]);
    }
  } else {
    simd::vec<Arch> gradient[vectors];
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v)
      gradient[v] = S.packed ? simd::load<Arch>(dy + v * width) : load_lanes<Arch, S.lanes>(dy, v);
#pragma GCC unroll 64
    for (int m = 0; m < Places; ++m) {
      auto const value = simd::broadcast<Arch>(from[Window[m]]);
#pragma GCC unroll 64
      for (int v = 0; v < vectors; ++v) acc[m][v] = simd::fma(value, gradient[v], acc[m][v]);
    }
  }
  from += Next;
  dy += Pitch;
}

/// dw = or += the sum over the positions of a block, at most the `Largest`. `x` and `dw` point to
/// the tile's first weight and what it reads, `dy` to the first of its filters.
template <class Arch, contraction C, weight_shape S, position_block Largest>
ETCH_TILE void weight_tile(float const* x, float const* dy, float* dw, position_block b) {
  constexpr window_walk walk = walk_of(C);
  constexpr int panel = panel_width(C), width = Arch::width, vectors = S.vectors(width);
  constexpr int row = walk.run * walk.columns * panel, step = S.step(width);
  constexpr int places = S.rows * S.columns, sums = S.turned ? S.lanes : vectors;
  constexpr vector_grid window{S.rows, S.columns, walk.row_stride, step, S.back};
  constexpr vector_grid order{S.rows, S.columns, row, step * panel, S.back * panel};
  constexpr vector_strip strip{S.lanes, panel, panel_stride(C)};
  constexpr bool pointwise = C.out_height() * C.out_width() == 1;
  constexpr int pitch = S.packed ? vectors * width : C.filters;
  constexpr int height = C.out_height(), wide = C.out_width();
  constexpr int next = pointwise ? C.inputs() : C.stride_width * C.channels;
  // few positions multiply for less time than what they are added to takes to come: it is asked for
  // ahead, or, where that is half as much, taken first, which saves the additions
  constexpr bool few = !pointwise && height * wide <= 16 && !S.turned;
  constexpr bool asks = few && width == 16 && S.rows == 1, continues = few && width < 16;
  constexpr int ahead = (S.columns + height - 1) / height;
  auto const before = [&](int m, int v) __attribute__((always_inline)) {
    return simd::load<Arch>(dw + order[m] + strip.offset(v * width));
  };
  simd::vec<Arch> acc[places][sums];
  clear<Arch>(acc);
  if constexpr (continues)
    if (!b.begins)
#pragma GCC unroll 64
      for (int m = 0; m < places; ++m)
#pragma GCC unroll 64
        for (int v = 0; v < vectors; ++v) acc[m][v] = simd::in_register(before(m, v));
  int const samples = pointwise ? 1 : b.samples;
  int const lines = Largest.lines == height ? height : b.lines;
  int const columns = pointwise ? b.samples : Largest.columns == wide ? wide : b.columns;
  auto const add_line = [&](int line) __attribute__((always_inline)) {
    float const* from = x + line * C.stride_height * C.width * C.channels;
    if constexpr (asks)
      if (samples == 1) {
#pragma GCC unroll 64
        for (int m = 0; m < ahead; ++m)
#pragma GCC unroll 64
          for (int v = 0; v < vectors; ++v)
            __builtin_prefetch(dw + (line * ahead + m) * panel + strip.offset(v * width));
      }
    // four at a time, as in multiply(); a short line would lose its loop, and g++ registers
    if constexpr (pointwise || wide >= 8 || continues)
#pragma GCC unroll 4
      ETCH_LOOP for (int k = 0; k < columns; ++k)
          add_position<Arch, S, window, next, pitch>(acc, from, dy);
    else
#pragma GCC unroll 1
      ETCH_LOOP for (int k = 0; k < columns; ++k)
          add_position<Arch, S, window, next, pitch>(acc, from, dy);
  };
  for (int sample = 0; sample < samples; ++sample, x += C.inputs())
    if constexpr (continues)  // the ends of loops in loops of three are mispredicted
#pragma GCC unroll 4
      for (int line = 0; line < lines; ++line) add_line(line);
    else
#pragma GCC unroll 1
      for (int line = 0; line < lines; ++line) add_line(line);
  if constexpr (S.turned) {
#pragma GCC unroll 64
    for (int m = 0; m < places; ++m) {
      int const skip = (m + 1) % S.columns == 0 ? S.back : 0;
      if (b.begins)
        add_turned<Arch, panel, true>(acc[m], dw + order[m], skip);
      else
        add_turned<Arch, panel, false>(acc[m], dw + order[m], skip);
    }
  } else {
    // all loads before all stores: where panels lie a multiple of 4096 bytes apart, a load would
    // wait for the store to the panel before
    if constexpr (!continues)
      if (!b.begins)
#pragma GCC unroll 64
        for (int m = 0; m < places; ++m)
#pragma GCC unroll 64
          for (int v = 0; v < vectors; ++v) acc[m][v] = simd::in_register(before(m, v) + acc[m][v]);
#pragma GCC unroll 64
    for (int m = 0; m < places; ++m)
#pragma GCC unroll 64
      for (int v = 0; v < vectors; ++v)
        simd::store(dw + order[m] + strip.offset(v * width), acc[m][v]);
  }
}

/// `S.rows` runs of the window, cut into tiles of at most `S.columns` vectors, of which `mine` are
/// computed.
template <class Arch, contraction C, weight_shape S, position_block Largest>
void line_of_weights(float const* x, float const* dy, float* dw, position_block b, share mine) {
  constexpr int run = walk_of(C).run, panel = panel_width(C), step = S.step(Arch::width);
  constexpr int columns = (run + step - 1) / step;
  constexpr balanced_axis line = balance(columns, S.columns);
  constexpr int back = columns * step - run, aside = back > 0 ? 1 : 0;
  constexpr int whole = line.count - aside, large = std::min(line.large, whole);
  constexpr weight_shape first = S.with(S.rows, line.size, 0);
  constexpr weight_shape second = S.with(S.rows, line.size - 1, 0);
  int i = mine.begin(line.count);
  int const end = mine.end(line.count), before = i * line.size - std::max(0, i - line.large);
  x += before * step;
  dw += before * step * panel;
  for (; i < std::min(end, large); ++i, x += line.size * step, dw += line.size * step * panel)
    weight_tile<Arch, C, first, Largest>(x, dy, dw, b);
  if constexpr (large < whole)
    for (; i < std::min(end, whole); ++i) {
      weight_tile<Arch, C, second, Largest>(x, dy, dw, b);
      x += second.columns * step;
      dw += second.columns * step * panel;
    }
  if constexpr (back > 0) {
    if (end < line.count) return;
    constexpr int last = line.large < line.count ? line.size - 1 : line.size;
    weight_tile<Arch, C, S.with(S.rows, last, back), Largest>(x, dy, dw, b);
  }
}

/// All weights of a strip: `S` with the largest tile that is meant for it.
template <class Arch, contraction C, weight_shape S, position_block Largest>
void strip_of_weights(float const* x, float const* dy, float* dw, position_block b, share mine) {
  constexpr window_walk walk = walk_of(C);
  constexpr int x_row = walk.row_stride, x_column = walk.column_stride;
  constexpr int run = walk.run * panel_width(C), row = run * walk.columns;
  for (int kx = 0; kx < walk.columns; ++kx)
    for_each_tile<balance(walk.rows, S.rows)>([&]<int Rows>(int ky) __attribute__((always_inline)) {
      line_of_weights<Arch, C, S.with(Rows, S.columns, 0), Largest>(
          x + ky * x_row + kx * x_column, dy, dw + ky * row + kx * run, b,
          mine);
    });
}

/// The `S.lanes` gradients of each position, as a tile wants them.
template <class Arch, contraction C, weight_shape S>
void pack_gradients(float const* dy, float* panel, int count) {
  constexpr int vectors = S.vectors(Arch::width);
  for (int k = 0; k < count; ++k, dy += C.filters)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v, panel += Arch::width)
      simd::store(panel, load_lanes<Arch, S.lanes>(dy, v));
}

/// Floats of packed gradients that a position needs, of the strip that needs most.
constexpr int packed_gradients(kernel_choice const& k, int width) {
  int most = 0;
  for (weight_shape const& s : k.strips)
    if (s.packed) most = std::max(most, s.vectors(width) * width);
  return most;
}

/// The filters of a group from `First` on, the tiles for which begin with strip `I`. A share is of
/// strips of filters where these come out even, as in forward_rows, so that a thread reads the
/// weights it has changed; else of each strip. So it is also where a thread would have one strip
/// alone, if other threads have `made_x`: then it reads a part of that.
template <class Arch, contraction C, kernel_choice K, std::size_t I, int First>
void filters_from(float const* x, float const* dy, float* dw, position_block b, float* gradients,
                  share mine, bool made_x) {
  constexpr int panel = panel_width(C), left = C.group_filters() - First;
  constexpr weight_shape S = K.strips[I];
  constexpr int strips = strips_of(S, left, Arch::width);
  constexpr int end = First + strips * S.lanes;
  bool const by_strips = strips % mine.parts == 0 && !(made_x && strips == mine.parts);
  int const last = by_strips ? First + mine.end(strips) * S.lanes : end;
#pragma GCC unroll 1
  for (int f = First + (by_strips ? mine.begin(strips) : 0) * S.lanes; f < last; f += S.lanes) {
    float* const to = dw + f / panel * panel_stride(C) + f % panel;
    float const* from = dy + f;
    if constexpr (S.packed) {
      pack_gradients<Arch, C, S>(from, gradients, b.size());
      from = gradients;
    }
    if constexpr (S.by_taps)
      strip_of_taps<Arch, C>(x, from, to, b);
    else
      strip_of_weights<Arch, C, S, K.block>(x, from, to, b, by_strips ? share{} : mine);
  }
  if constexpr (end < C.group_filters())
    filters_from<Arch, C, K, I + 1, end>(x, dy, dw, b, gradients, mine, made_x);
}

/// C is canonical; a pointwise C has one position a sample, so `samples` counts all rows.
template <class Arch, contraction C, kernel_choice K = choose_weights(machine_of<Arch>, C)>
void dw_windows(float const* x, float const* dy, float* dw, std::ptrdiff_t samples, bool adds,
                share mine = {}, bool made_x = false) {
  using lanes = std::conditional_t<K.wide, Arch, lanes_for<Arch, C>>;
  constexpr position_block largest = K.block;
  constexpr balanced_axis lines = balance(C.out_height(), largest.lines);
  constexpr balanced_axis columns = balance(C.out_width(), largest.columns);
  alignas(64) float gradients[std::max(1, packed_gradients(K, lanes::width) * largest.size())];
  while (samples > 0) {
    std::ptrdiff_t count = samples;
    if (count > largest.samples)
      count /= (count + largest.samples - 1) / largest.samples;  // all of about a size
    position_block b{static_cast<int>(count), 1, 1, !adds};
    for (int j = 0, line = 0; j < lines.count; ++j, line += b.lines) {
      b.lines = lines.length(j);
      for (int k = 0, column = 0; k < columns.count; ++k, column += b.columns) {
        b.columns = columns.length(k);
        float const* const from =
            x + (line * C.stride_height * C.width + column * C.stride_width) * C.channels;
        float const* const dyb = dy + (line * C.out_width() + column) * C.filters;
        for (int group = 0; group < C.groups; ++group)
          filters_from<lanes, C, K, 0, 0>(
              from + group * C.group_channels(), dyb + group * C.group_filters(),
              dw + group * panel_count(C) * panel_stride(C), b, gradients, mine, made_x);
        b.begins = false;
      }
    }
    x += std::ptrdiff_t{b.samples} * C.inputs();
    dy += std::ptrdiff_t{b.samples} * C.outputs();
    samples -= b.samples;
    adds = true;
  }
}

}  // namespace etch::kernels
