#pragma once

#include <algorithm>
#include <array>

#include "../../passes/select/gradients.hpp"
#include "../move/fill.hpp"
#include "micro.hpp"

/// The gradients of a convolution C that a max pooling with windows of PoolH x PoolW follows,
/// windows that do not overlap. Only the largest output of a window has a gradient, so three
/// quarters of the products of a 2 x 2 pooling are with zero, more if a rectification stands
/// between. Where there are channels enough to fill vectors, these kernels leave them out: one
/// gradient, a scalar, multiplies vectors of input channels, in x, in dX and in the transposed
/// weights. It measured 2.5 times as fast as the products with all of dY, for 13x13x32 -> 64 a
/// third as fast a product. Where there are not, nothing is left out, but dY is made in registers.
///
/// `dy` and `index` are (samples, pooled height, pooled width, filters): the gradient, and which
/// position of its window, counted row by row, was the largest.
namespace etch::kernels {

/// Gradients that are not zero, and where what they multiply begins, in floats. There is room for
/// a vector behind the last.
template <int Most>
struct gradient_list {
  float values[Most + 16];
  float offsets[Most + 16];  // the bits are an int
};

/// How the window of one output is cut: vectors of channels of a tap in chunks, whose accumulators
/// fit the registers beside an operand and the gradient. `Most`: units of a chunk.
template <class Arch, contraction C, int Most>
struct window_chunks {
  static constexpr contraction T = transposed(C);
  static constexpr int panel = panel_width(T);
  static constexpr int taps = C.kernel_height * C.kernel_width;
  static constexpr int parts = (C.channels + Arch::width - 1) / Arch::width;
  static constexpr balanced_axis axis = balance(taps * parts, Most);

  // All taps of some channels before the others, so that a chunk reads few of the panels.
  [[gnu::always_inline]] static constexpr int tap(int unit) { return unit % taps; }
  [[gnu::always_inline]] static constexpr int channel(int unit) {
    return unit / taps * Arch::width;
  }
  [[gnu::always_inline]] static constexpr int lanes(int unit) {
    int const left = C.channels - channel(unit);
    return left < Arch::width ? left : Arch::width;
  }
  /// Where a unit lies in the image, from the first input of the window.
  [[gnu::always_inline]] static constexpr int in_image(int unit) {
    return tap(unit) / C.kernel_width * C.dilation_height * C.width * C.channels +
           tap(unit) % C.kernel_width * C.dilation_width * C.channels + channel(unit);
  }
  /// Where it lies in the transposed weights of filter 0; the next filter is `panel` further.
  [[gnu::always_inline]] static constexpr int in_weights(int unit) {
    return channel(unit) / panel * panel_stride(T) + tap(unit) * C.filters * panel +
           channel(unit) % panel;
  }
};

/// Calls f.operator()<first, count>() for every piece of an axis.
template <balanced_axis A, int Piece = 0, int First = 0, class F>
[[gnu::always_inline]] inline void for_each_piece(F const& f) {
  if constexpr (Piece < A.count) {
    constexpr int count = Piece < A.large ? A.size : A.size - 1;
    f.template operator()<First, count>();
    for_each_piece<A, Piece + 1, First + count>(f);
  }
}

/// The outputs of a pooling, and where in the image the window of C begins that made one of them.
template <contraction C, int PoolH, int PoolW>
struct pooled_map {
  static constexpr int height = C.out_height() / PoolH, width = C.out_width() / PoolW;
  static constexpr int count = height * width, taps = PoolH * PoolW;
  static constexpr int outputs = count * C.filters;

  static constexpr int at(int y, int x) {
    return (y * C.stride_height * C.width + x * C.stride_width) * C.channels;
  }
  static constexpr auto output_offsets = [] {
    std::array<int, static_cast<std::size_t>(count)> offsets{};
    for (int o = 0; o < count; ++o)
      offsets[static_cast<std::size_t>(o)] = at(o / width * PoolH, o % width * PoolW);
    return offsets;
  }();
  static constexpr auto tap_offsets = [] {
    std::array<int, static_cast<std::size_t>(taps)> offsets{};
    for (int k = 0; k < taps; ++k) offsets[static_cast<std::size_t>(k)] = at(k / PoolW, k % PoolW);
    return offsets;
  }();
  static constexpr int const* of_output = output_offsets.data();
  static constexpr int const* of_tap = tap_offsets.data();
};

/// dw[unit] += sum over the list of value * x[offset + unit], for `Count` units from `First`.
template <class Arch, class Chunks, int First, int Count>
ETCH_TILE void pooled_weight_tile(float const* values, float const* offsets, int entries,
                                  float const* x, float* dw) {
  simd::vec<Arch> acc[Count];
#pragma GCC unroll 64
  for (int u = 0; u < Count; ++u) acc[u] = simd::load<Arch>(dw + Chunks::in_weights(First + u));
#pragma GCC unroll 1
  ETCH_LOOP for (int e = 0; e < entries; ++e) {
    auto const value = simd::broadcast<Arch>(values[e]);
    float const* const from = x + simd::bit_cast<int>(offsets[e]);
#pragma GCC unroll 64
    for (int u = 0; u < Count; ++u) {
      float const* const unit = from + Chunks::in_image(First + u);
      acc[u] = simd::fma(value, simd::load_partial<Arch>(unit, Chunks::lanes(First + u)), acc[u]);
    }
  }
#pragma GCC unroll 64
  for (int u = 0; u < Count; ++u) simd::store(dw + Chunks::in_weights(First + u), acc[u]);
}

/// dx[unit] += sum over the list of value * weights[offset + unit].
template <class Arch, class Chunks, int First, int Count>
ETCH_TILE void pooled_image_tile(float const* values, float const* offsets, int entries,
                                 float const* weights, float* dx) {
  simd::vec<Arch> acc[Count];
#pragma GCC unroll 64
  for (int u = 0; u < Count; ++u)
    acc[u] = simd::load_partial<Arch>(dx + Chunks::in_image(First + u), Chunks::lanes(First + u));
#pragma GCC unroll 1
  ETCH_LOOP for (int e = 0; e < entries; ++e) {
    auto const value = simd::broadcast<Arch>(values[e]);
    float const* const from = weights + simd::bit_cast<int>(offsets[e]);
#pragma GCC unroll 64
    for (int u = 0; u < Count; ++u)
      acc[u] = simd::fma(value, simd::load<Arch>(from + Chunks::in_weights(First + u)), acc[u]);
  }
#pragma GCC unroll 64
  for (int u = 0; u < Count; ++u)
    simd::store_partial(dx + Chunks::in_image(First + u), acc[u], Chunks::lanes(First + u));
}

/// dw += the gradient with respect to the weights, in the layout of the transposed ones: filter by
/// filter, whose gradients are listed for it.
template <class Arch, contraction C, int PoolH, int PoolW, int Chunk>
void dw_of_largest(float const* x, float const* dy, float const* index, float* dw, int samples) {
  constexpr contraction T = transposed(C);
  using lanes = lanes_for<Arch, T>;
  using chunks = window_chunks<lanes, C, Chunk>;
  using pooled = pooled_map<C, PoolH, PoolW>;
  constexpr int block = std::min(pooled::count, listed_gradients);
  gradient_list<block> list;
  for (int s = 0; s < samples; ++s) {
    for (int i = 0; i < C.filters * ((pooled::count + block - 1) / block); ++i) {
      int const f = i % C.filters, first = i / C.filters * block;
      int const last = std::min(first + block, pooled::count);
      int n = 0;
      for (int o = first; o < last; ++o) {
        float const value = dy[o * C.filters + f];
        int const tap = static_cast<int>(index[o * C.filters + f]);
        list.values[n] = value;
        list.offsets[n] = simd::bit_cast<float>(pooled::of_output[o] + pooled::of_tap[tap]);
        n += simd::bit_cast<unsigned>(value) << 1 != 0;
      }
      for_each_piece<chunks::axis>([&]<int First, int Count>() {
        pooled_weight_tile<lanes, chunks, First, Count>(list.values, list.offsets, n, x,
                                                        dw + f * chunks::panel);
      });
    }
    x += C.inputs();
    dy += pooled::outputs;
    index += pooled::outputs;
  }
}

/// dx = the gradient with respect to the input: position by position, for which the filters whose
/// largest output it was are listed.
template <class Arch, contraction C, int PoolH, int PoolW, int Chunk>
void dx_of_largest(float const* dy, float const* index, float const* weights, float* dx,
                   int samples) {
  constexpr contraction T = transposed(C);
  using lanes = lanes_for<Arch, T>;
  using chunks = window_chunks<lanes, C, Chunk>;
  using pooled = pooled_map<C, PoolH, PoolW>;
  static constexpr auto weights_of = [] {
    std::array<float, static_cast<std::size_t>(C.filters)> offsets{};
    for (int f = 0; f < C.filters; ++f)
      offsets[static_cast<std::size_t>(f)] = simd::bit_cast<float>(f * chunks::panel);
    return offsets;
  }();
  constexpr int block = std::clamp(listed_gradients / C.filters, 1, pooled::count);
  gradient_list<block * C.filters> list;
  int ends[block * pooled::taps];  // of the entries of each position
  fill<Arch>(dx, std::ptrdiff_t{samples} * C.inputs(), 0.0f);
  for (int s = 0; s < samples; ++s) {
    for (int first_output = 0; first_output < pooled::count; first_output += block) {
      int const outputs = std::min(block, pooled::count - first_output);
      int n = 0;
      for (int i = 0; i < outputs * pooled::taps; ++i) {
        int const from = (first_output + i / pooled::taps) * C.filters;
        auto const tap = simd::broadcast<Arch>(static_cast<float>(i % pooled::taps));
        for (int f = 0; f < C.filters; f += Arch::width) {
          int const count = std::min(Arch::width, C.filters - f);
          auto const value = simd::load_partial<Arch>(dy + from + f, count);
          auto const taken = simd::blend(simd::load_partial<Arch>(index + from + f, count) == tap,
                                         value, simd::zero<Arch>());
          simd::compress(list.values + n, value, taken);
          n += simd::compress(list.offsets + n,
                              simd::load_partial<Arch>(weights_of.data() + f, count), taken);
        }
        ends[i] = n;
      }
      for_each_piece<chunks::axis>([&]<int First, int Count>() {
        for (int i = 0, first = 0; i < outputs * pooled::taps; first = ends[i++]) {
          int const o = first_output + i / pooled::taps;
          pooled_image_tile<lanes, chunks, First, Count>(
              list.values + first, list.offsets + first, ends[i] - first, weights,
              dx + pooled::of_output[o] + pooled::of_tap[i % pooled::taps]);
        }
      });
    }
    dx += C.inputs();
    dy += pooled::outputs;
    index += pooled::outputs;
  }
}

/// `Count` weights of the window from `First`, of a strip of `Lanes` filters.
template <class Arch, contraction C, int PoolH, int PoolW, int First, int Count, int Lanes>
ETCH_TILE void masked_weight_tile(float const* x, float const* dy, float const* index, float* dw,
                                  int samples) {
  using pooled = pooled_map<C, PoolH, PoolW>;
  constexpr int panel = panel_width(C), channels = C.group_channels();
  constexpr vector_strip strip{Lanes, panel, panel_stride(C)};
  constexpr int vectors = strip.vectors(Arch::width);
  constexpr auto in_image = [](int m) {
    int const tap = m / channels;
    return (tap / C.kernel_width * C.dilation_height * C.width +
            tap % C.kernel_width * C.dilation_width) *
               C.channels +
           m % channels;
  };
  simd::vec<Arch> acc[Count][vectors];
  clear<Arch>(acc);
  for (int s = 0; s < samples; ++s, x += C.inputs())
#pragma GCC unroll 1
    for (int o = 0; o < pooled::count; ++o, dy += C.filters, index += C.filters)
#pragma GCC unroll 1
      ETCH_LOOP for (int k = 0; k < pooled::taps; ++k) {
        float const* const from = x + pooled::of_output[o] + pooled::of_tap[k];
        auto const tap = simd::broadcast<Arch>(static_cast<float>(k));
        simd::vec<Arch> gradient[vectors];
#pragma GCC unroll 64
        for (int v = 0; v < vectors; ++v)
          gradient[v] = simd::blend(load_lanes<Arch, Lanes>(index, v) == tap,
                                    load_lanes<Arch, Lanes>(dy, v), simd::zero<Arch>());
#pragma GCC unroll 64
        for (int m = 0; m < Count; ++m) {
          auto const value = simd::broadcast<Arch>(from[in_image(First + m)]);
#pragma GCC unroll 64
          for (int v = 0; v < vectors; ++v) acc[m][v] = simd::fma(value, gradient[v], acc[m][v]);
        }
      }
#pragma GCC unroll 64
  for (int m = 0; m < Count; ++m)
#pragma GCC unroll 64
    for (int v = 0; v < vectors; ++v) {
      float* const to = dw + (First + m) * panel + strip.offset(v * Arch::width);
      simd::store(to, simd::load<Arch>(to) + acc[m][v]);
    }
}

/// dw += the gradient with respect to the packed weights, with dY made where it is multiplied, for
/// `Strip` filters by at most `Chunk` weights of each at a time.
template <class Arch, contraction C, int PoolH, int PoolW, int Strip, int Chunk>
void dw_masked(float const* x, float const* dy, float const* index, float* dw, int samples) {
  using lanes = lanes_for<Arch, C>;
  constexpr int panel = panel_width(C), filters = C.group_filters();
  for (int group = 0; group < C.groups; ++group) {
    for_each_piece<balance(window_size(C), Chunk)>([&]<int First, int Count>() {
      for_each_strip<Strip, filters>([&]<int Lanes>(int f) {
        masked_weight_tile<lanes, C, PoolH, PoolW, First, Count, Lanes>(
            x, dy + f, index + f, dw + f / panel * panel_stride(C), samples);
      });
    });
    x += C.group_channels();
    dy += filters;
    index += filters;
    dw += panel_count(C) * panel_stride(C);
  }
}

}  // namespace etch::kernels
