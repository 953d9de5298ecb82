#pragma once

#include "../../ir/copy_spec.hpp"
#include "../../ir/program.hpp"
#include "micro.hpp"

/// What becomes of a tile of sums: epilogue, max pooling, stores.
namespace etch::kernels {

/// An epilogue that also writes down which position of its window each pooled output was, counted
/// row by row, the first of equal ones: in `index` where `pooled` has the output.
template <class Epilogue>
struct recording {
  static constexpr bool monotone = is_monotone<Epilogue>(), large = is_large<Epilogue>();
  Epilogue const& then;
  float const* pooled;
  float* index;

  template <class Arch>
  [[gnu::always_inline]] simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t row,
                                                    int channel, int lanes) const {
    return then.template operator()<Arch>(acc, row, channel, lanes);
  }
  [[gnu::always_inline]] float* index_of(float const* output) const {
    return index + (output - pooled);
  }
};
template <class Epilogue>
inline constexpr bool records_index = false;
template <class Epilogue>
inline constexpr bool records_index<recording<Epilogue>> = true;

/// An epilogue whose outputs go into a larger image, at `framed`, and, if it `Keeps`
/// them, into their own as well.
template <class Epilogue, bordered_image Image, bool Keeps>
struct framing {
  static constexpr bool large = is_large<Epilogue>(), keeps = Keeps;
  static constexpr int height = Image.height, width = Image.width, line = Image.line();
  Epilogue const& then;
  float* framed;

  template <class Arch>
  [[gnu::always_inline]] simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t row,
                                                    int channel, int lanes) const {
    return then.template operator()<Arch>(acc, row, channel, lanes);
  }
  [[gnu::always_inline]] float* place(std::ptrdiff_t row, int channel) const {
    std::ptrdiff_t const sample = row / (height * width), at = row % (height * width);
    std::ptrdiff_t const y = sample * Image.whole_height + Image.top + at / width;
    return framed + y * line + (Image.left + at % width) * Image.channels + channel;
  }
};
template <class Epilogue>
inline constexpr bool is_framing = false;
template <class Epilogue, bordered_image Image, bool Keeps>
inline constexpr bool is_framing<framing<Epilogue, Image, Keeps>> = true;

/// The vectors of one position, into the frame and, if they are kept, to y.
template <class Arch, int Lanes, int N, class Epilogue>
[[gnu::always_inline]] inline void store_twice(float* framed, float* y,
                                               simd::vec<Arch> const (&acc)[N],
                                               Epilogue const& epilogue, std::ptrdiff_t row,
                                               int channel) {
#pragma GCC unroll 64
  for (int v = 0; v < N; ++v) {
    auto const value = finish<Arch, Lanes>(epilogue, acc[v], row, channel, v);
    store_lanes<Arch, Lanes>(framed, v, value);
    if constexpr (Epilogue::keeps) store_lanes<Arch, Lanes>(y, v, value);
  }
}

/// Stores a tile of `Height` x `Width` pooled outputs from the sums of all their positions.
template <class Arch, contraction C, pool_window Pool, int Height, int Width, int Lanes, int Sums,
          int Vectors, class Epilogue>
[[gnu::always_inline]] inline void store_windows(simd::vec<Arch> const (&acc)[Sums][Vectors],
                                                 float* y, std::ptrdiff_t row, int channel,
                                                 Epilogue const& epilogue) {
  constexpr int rows = Height * Pool.height, columns = Width * Pool.width;
  constexpr position_grid indices{rows, columns, C.out_width(), 1};
  constexpr position_grid outputs{Height, Width, C.out_width() / Pool.width * C.filters, C.filters};
  static_assert(!is_framing<Epilogue> || Pool == pool_window{});
  if constexpr (Pool == pool_window{}) {
    [[maybe_unused]] float* framed = nullptr;
    if constexpr (is_framing<Epilogue>) framed = epilogue.place(row, channel);
    auto const put = [&](int m) __attribute__((always_inline)) {
      if constexpr (is_framing<Epilogue>) {
        constexpr position_grid inside{rows, columns, Epilogue::line, C.filters};
        store_twice<Arch, Lanes>(framed + inside[m], y + outputs[m], acc[m], epilogue,
                                 row + indices[m], channel);
      } else {
        store_position<Arch, Lanes>(y + outputs[m], acc[m], epilogue, row + indices[m], channel);
      }
    };
    if constexpr (is_large<Epilogue>()) {
#pragma GCC unroll 1
      for (int m = 0; m < rows * columns; ++m) put(m);
    } else {
#pragma GCC unroll 64
      for (int m = 0; m < rows * columns; ++m) put(m);
    }
  } else {
    // Where an epilogue makes outputs equal, it decides which is the first of the largest; windows
    // in parts, which few registers lead to, have no choice.
    constexpr bool decides = arch::is_deterministic<Arch> && records_index<Epilogue>;
    constexpr bool pool_first = is_monotone<Epilogue>() && !decides;
#pragma GCC unroll 64
    for (int o = 0; o < Height * Width; ++o) {
      constexpr position_grid window{Pool.height, Pool.width, columns, 1};
      constexpr int parts = window.size();
      int const first = o / Width * Pool.height * columns + o % Width * Pool.width;
#pragma GCC unroll 64
      for (int v = 0; v < Vectors; ++v) {
        auto const part = [&](int i) __attribute__((always_inline)) {
          int const m = first + window[i];
          return pool_first ? acc[m][v]
                            : finish<Arch, Lanes>(epilogue, acc[m][v], row + indices[m], channel, v);
        };
        simd::vec<Arch> most = part(0), which = simd::zero<Arch>();
        if constexpr (records_index<Epilogue>) {
#pragma GCC unroll 64
          for (int i = 1; i < parts; ++i) {
            auto const next = part(i);
            auto const taken = simd::exceeds(next, most);
            which = simd::blend(taken, simd::broadcast<Arch>(static_cast<float>(i)), which);
            most = simd::blend(taken, next, most);
          }
        } else {
#pragma GCC unroll 64
          for (int i = 1; i + 1 < parts; i += 2) most = simd::maximum(most, part(i), part(i + 1));
          if constexpr (parts % 2 == 0) most = simd::maximum(most, part(parts - 1));
        }
        if (pool_first)
          most = finish<Arch, Lanes>(epilogue, most, row + indices[first], channel, v);
        store_lanes<Arch, Lanes>(y + outputs[o], v, most);
        if constexpr (records_index<Epilogue>)
          store_lanes<Arch, Lanes>(epilogue.index_of(y + outputs[o]), v, which);
      }
    }
  }
}

}  // namespace etch::kernels
