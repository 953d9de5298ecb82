#pragma once

#include <algorithm>
#include <cstddef>

#include "../../../dsl/contraction.hpp"
#include "../../../dsl/functions.hpp"
#include "../elementwise/apply.hpp"
#include "../move/fill.hpp"

/// Pooling of channels-last images: vectors run across the channels.
namespace etch::kernels {

/// Floats from one window position to the next, and from one tap of a window to the next.
constexpr int tap_offset(contraction w, int ky, int kx) {
  return (ky * w.dilation_height * w.width + kx * w.dilation_width) * w.channels;
}
constexpr int window_offset(contraction w, int oy, int ox) {
  return (oy * w.stride_height * w.width + ox * w.stride_width) * w.channels;
}

/// `Vectors` vectors of channels of one window from `channel` on, combined; the last one has
/// `lanes` channels. x and y point to the first.
template <class Arch, function Fn, contraction W, int Vectors, class Epilogue>
[[gnu::always_inline]] inline void pool_lanes(float const* x, float* y, std::ptrdiff_t row,
                                              int channel, int lanes,
                                              Epilogue const& epilogue) noexcept {
  constexpr int width = Arch::width;
  simd::vec<Arch> acc[Vectors];
  auto const load = [&](float const* tap, int v) __attribute__((always_inline)) {
    return simd::load_partial<Arch>(tap + v * width, v == Vectors - 1 ? lanes : width);
  };
  auto const combine = [&](float const* tap) __attribute__((always_inline)) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v)
      if constexpr (Fn == function::add) acc[v] = acc[v] + load(tap, v);
      else acc[v] = simd::maximum(acc[v], load(tap, v));
  };
  auto const combine_two = [&](float const* a, float const* b) __attribute__((always_inline)) {
    if constexpr (Fn == function::add) return combine(a), combine(b);
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) acc[v] = simd::maximum(acc[v], load(a, v), load(b, v));
  };
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v)
    acc[v] = simd::in_register(load(x, v));  // or g++ adds up in an order of its own
  constexpr int taps = W.kernel_height * W.kernel_width;
  auto const at = [&](int i) __attribute__((always_inline)) {
    return x + tap_offset(W, i / W.kernel_width, i % W.kernel_width);
  };
  if constexpr (taps <= 9) {
#pragma GCC unroll 4
    for (int i = 1; i + 1 < taps; i += 2) combine_two(at(i), at(i + 1));
    if constexpr (taps % 2 == 0) combine(at(taps - 1));
  } else {
    for (int kx = 1; kx < W.kernel_width; ++kx) combine(x + tap_offset(W, 0, kx));
    for (int ky = 1; ky < W.kernel_height; ++ky)
      for (int kx = 0; kx < W.kernel_width; ++kx) combine(x + tap_offset(W, ky, kx));
  }
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v) {
    int const count = v == Vectors - 1 ? lanes : width;
    auto const result = epilogue.template operator()<Arch>(
        acc[v], row, channel + v * width, count);
    simd::store_partial(y + v * width, result, count);
  }
}

/// y[oy, ox, c] = epilogue of fn over ky, kx of x[oy * stride + ky * dilation,
/// ox * stride + kx * dilation, c] for the windows of W; fn is add or maximum.
template <class Arch, function Fn, contraction W, class Epilogue = identity_epilogue>
void pool(float const* x, float* y, int samples, Epilogue const& epilogue = {}) noexcept {
  static_assert(Fn == function::add || Fn == function::maximum);
  constexpr int width = Arch::width, block = 4 * width;
  constexpr int rest = W.channels % block, rest_vectors = (rest + width - 1) / width;
  std::ptrdiff_t row = 0;
  for (int s = 0; s < samples; ++s, x += W.inputs())
    for (int oy = 0; oy < W.out_height(); ++oy)
      for (int ox = 0; ox < W.out_width(); ++ox, ++row, y += W.channels) {
        float const* const corner = x + window_offset(W, oy, ox);
        for (int c = 0; c + block <= W.channels; c += block)
          pool_lanes<Arch, Fn, W, 4>(corner + c, y + c, row, c, width, epilogue);
        if constexpr (constexpr int c = W.channels - rest; rest > 0)
          pool_lanes<Arch, Fn, W, rest_vectors>(corner + c, y + c, row, c,
                                                rest - (rest_vectors - 1) * width, epilogue);
      }
}

/// dx for one vector of channels of one window. Exclusive: no other window has these positions.
template <class Arch, function Fn, contraction W, bool Exclusive>
[[gnu::always_inline]] inline void pool_window_gradient(float const* index, float const* dy,
                                                        float* dx, int lanes) noexcept {
  auto const gradient = simd::load_partial<Arch>(dy, lanes);
  auto const add_to = [&](float* to, simd::vec<Arch> value) __attribute__((always_inline)) {
    if constexpr (!Exclusive) value = value + simd::load_partial<Arch>(to, lanes);
    simd::store_partial(to, value, lanes);
  };
  auto const take = [&](int ky, int kx) __attribute__((always_inline)) {
    float* const to = dx + tap_offset(W, ky, kx);
    if constexpr (Fn == function::add) {
      add_to(to, gradient);
    } else {
      auto const tap = simd::broadcast<Arch>(static_cast<float>(ky * W.kernel_width + kx));
      add_to(to, simd::blend(simd::load_partial<Arch>(index, lanes) == tap, gradient,
                             simd::zero<Arch>()));
    }
  };
  if constexpr (W.kernel_height * W.kernel_width <= 4) {
#pragma GCC unroll 4
    for (int ky = 0; ky < W.kernel_height; ++ky)
#pragma GCC unroll 4
      for (int kx = 0; kx < W.kernel_width; ++kx) take(ky, kx);
  } else {
#pragma GCC unroll 1
    for (int ky = 0; ky < W.kernel_height; ++ky)
#pragma GCC unroll 1
      for (int kx = 0; kx < W.kernel_width; ++kx) take(ky, kx);
  }
}

/// index[oy, ox, c] = which tap of the window, counted row by row, is the first of the largest, or the
/// first NaN.
template <class Arch, contraction W>
void pool_index(float const* x, float* index, int samples) noexcept {
  for (int s = 0; s < samples; ++s, x += W.inputs())
    for (int oy = 0; oy < W.out_height(); ++oy)
      for (int ox = 0; ox < W.out_width(); ++ox, index += W.channels)
        for (int c = 0; c < W.channels; c += Arch::width) {
          int const lanes = std::min(Arch::width, W.channels - c);
          float const* const corner = x + window_offset(W, oy, ox) + c;
          auto most = simd::load_partial<Arch>(corner, lanes), which = simd::zero<Arch>();
          for (int ky = 0; ky < W.kernel_height; ++ky)
            for (int kx = 0; kx < W.kernel_width; ++kx) {
              auto const next = simd::load_partial<Arch>(corner + tap_offset(W, ky, kx), lanes);
              auto const tap = simd::broadcast<Arch>(static_cast<float>(ky * W.kernel_width + kx));
              auto const taken = simd::exceeds(next, most);
              which = simd::blend(taken, tap, which);
              most = simd::blend(taken, next, most);
            }
          simd::store_partial(index + c, which, lanes);
        }
}

/// Overwrites dx, the gradient of `pool` with respect to x. add: each position of a window gets its
/// dy (index is not read). maximum: the position that `index` says gets it. Where windows overlap,
/// the gradients are added.
template <class Arch, function Fn, contraction W>
void pool_gradient(float const* index, float const* dy, float* dx, int samples) noexcept {
  static_assert(Fn == function::add || Fn == function::maximum);
  constexpr int width = Arch::width;
  constexpr bool exclusive = W.span_height() <= W.stride_height && W.span_width() <= W.stride_width;
  constexpr bool covers = exclusive && W.kernel_height == W.stride_height &&
                          W.kernel_width == W.stride_width &&
                          W.out_height() * W.stride_height == W.height &&
                          W.out_width() * W.stride_width == W.width;
  bool const reads = Fn == function::maximum;
  for (int s = 0; s < samples; ++s) {
    if constexpr (!covers) fill<Arch>(dx, W.inputs(), 0.0f);
    for (int oy = 0; oy < W.out_height(); ++oy)
      for (int ox = 0; ox < W.out_width(); ++ox) {
        int const corner = window_offset(W, oy, ox);
        int const out = (oy * W.out_width() + ox) * W.channels;
        for (int c = 0; c < W.channels; c += width)
          pool_window_gradient<Arch, Fn, W, exclusive>(reads ? index + out + c : nullptr,
                                                       dy + out + c, dx + corner + c,
                                                       std::min(width, W.channels - c));
      }
    if (reads) index += W.out_height() * W.out_width() * W.channels;
    dy += W.out_height() * W.out_width() * W.channels;
    dx += W.inputs();
  }
}

}  // namespace etch::kernels
