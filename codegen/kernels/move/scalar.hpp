#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "../../ir/counter_random.hpp"
#include "../../ir/plan.hpp"

/// The steps that move numbers, or write some that are known, in scalar code.
namespace etch {

namespace kernels {

template <class T>
void copy_in_scalars(copy_spec const& s, T const* from, T* to) {
  if (s.fills) std::fill_n(to, s.to.size, static_cast<T>(std::bit_cast<float>(s.fill_bits)));
  int count = 1;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(s.axes); ++axis)
    count *= s.extent[axis];
  for (int i = 0; i < count; ++i) {
    int f = s.from.offset, t = s.to.offset, rest = i;
    for (std::size_t axis = static_cast<std::size_t>(s.axes); axis-- > 0; rest /= s.extent[axis]) {
      f += rest % s.extent[axis] * s.from.stride[axis];
      t += rest % s.extent[axis] * s.to.stride[axis];
    }
    to[t] = from[f];
  }
}

/// Calls f(packed index, transposed index) for every weight of the window: where contract_dx finds
/// in the transposed weights what the packed ones hold (packing.hpp), or, with the taps in `reverse`,
/// a convolution of dY.
template <class F>
constexpr void for_each_transposed_weight(contraction const& window, F f, bool reverse = false) {
  contraction const c = canonical(window), t = transposed(window);
  for (int filter = 0; filter < c.filters; ++filter)
    for (int ky = 0; ky < c.kernel_height; ++ky)
      for (int kx = 0; kx < c.kernel_width; ++kx)
        for (int channel = 0; channel < c.group_channels(); ++channel) {
          int const from = packed_index(c, filter, ky, kx, channel);
          int const group = filter / c.group_filters();
          int const y = reverse ? c.kernel_height - 1 - ky : ky;
          int const x = reverse ? c.kernel_width - 1 - kx : kx;
          int const to = c.depthwise() ? from
                                       : packed_index(t, group * c.group_channels() + channel, y, x,
                                                      filter % c.group_filters());
          f(from, to);
        }
}

}  // namespace kernels

template <>
struct scalar_kernel<steps::copy> {
  template <class Call>
  static void run(steps::copy const& s, Call const& c) {
    for (int k = 0; k < c.samples; ++k) {
      auto* const y = c.result(0, k);
      kernels::copy_in_scalars(s.moves, c.operand(0, k), y);
      for (int i = 0; c.has_program() && i < c.size(0); ++i) y[i] = c.program(k, i, y[i]);
    }
  }
};

namespace kernels {

template <class T>
void exchange_in_scalars(T const* from, T* to, int first, int second, int run) {
  for (int j = 0; j < second; ++j)
    for (int i = 0; i < first; ++i)
      for (int k = 0; k < run; ++k) *to++ = from[(i * second + j) * run + k];
}

}  // namespace kernels

template <>
struct scalar_kernel<primitive::element> {
  template <class Call>
  static void run(primitive::element const&, Call const& c) {
    kernels::exchange_in_scalars(c.operand(0), c.result(0), c.batch, c.samples / c.batch, c.size(0));
  }
};
template <>
struct scalar_kernel<primitive::stack> {
  template <class Call>
  static void run(primitive::stack const&, Call const& c) {
    int const run = c.operand_size(0);
    kernels::exchange_in_scalars(c.operand(0), c.result(0), c.size(0) / run, c.samples, run);
  }
};

template <>
struct scalar_kernel<primitive::pack> {
  template <class Call>
  static void run(primitive::pack const& p, Call const& c) {
    std::fill_n(c.result(0), packed_size(p.window), typename Call::number{});
    for_each_weight(p.window, [&](int from, int to) { c.result(0)[to] = c.operand(0)[from]; });
  }
};

template <>
struct scalar_kernel<primitive::unpack> {
  template <class Call>
  static void run(primitive::unpack const& p, Call const& c) {
    for_each_weight(p.window, [&](int to, int from) { c.result(0)[to] = c.operand(0)[from]; });
  }
};

template <>
struct scalar_kernel<primitive::transpose> {
  template <class Call>
  static void run(primitive::transpose const& t, Call const& c) {
    std::fill_n(c.result(0), transposed_size(t.window), typename Call::number{});
    kernels::for_each_transposed_weight(
        t.window, [&](int from, int to) { c.result(0)[to] = c.operand(0)[from]; },
        t.to == primitive::transpose::target::convolved);
  }
};

template <>
struct scalar_kernel<primitive::random> {
  template <class Call>
  static void run(primitive::random const& r, Call const& c) {
    for (int k = 0; k < c.samples; ++k) {
      counter_key const key{c.key.seed, c.key.step, static_cast<std::uint32_t>(r.stream),
                            c.key.first_sample + static_cast<std::uint32_t>(c.sample + k)};
      for (int i = 0; i < c.size(0); ++i)
        c.result(0, k)[i] = static_cast<typename Call::number>(
            counter_uniform(key, static_cast<std::uint32_t>(i)));
    }
  }
};

template <>
struct scalar_kernel<primitive::iota> {
  template <class Call>
  static void run(primitive::iota const&, Call const& c) {
    for (int i = 0; i < c.size(0); ++i)
      c.result(0)[i] = static_cast<typename Call::number>(i % c.shape(0).last());
  }
};

template <>
struct scalar_kernel<primitive::batch_size> {
  template <class Call>
  static void run(primitive::batch_size const&, Call const& c) {
    *c.result(0) = static_cast<typename Call::number>(c.batch);
  }
};

template <>
struct scalar_kernel<primitive::gather> {
  template <class Call>
  static void run(primitive::gather const& g, Call const& c) {
    int const width = g.table.width, tokens = c.size(0) / width;
    for (int k = 0; k < c.samples; ++k)
      for (int i = 0; i < tokens; ++i) {
        int const token = static_cast<int>(c.operand(1)[k * tokens + i]);
        auto* const y = c.result(0, k) + i * width;
        if (g.table.has(token)) std::copy_n(c.operand(0) + token * width, width, y);
        else std::fill_n(y, width, typename Call::number{});
      }
  }
};

template <>
struct scalar_kernel<primitive::scatter_add> {
  template <class Call>
  static void run(primitive::scatter_add const& a, Call const& c) {
    int const width = a.table.width, tokens = c.operand_size(0);
    for (int i = 0; i < c.samples * tokens; ++i)
      if (int const token = static_cast<int>(c.operand(0)[i]); a.table.has(token))
        for (int k = 0; k < width; ++k)
          c.result(0)[token * width + k] += c.operand(1)[i * width + k];
  }
};

template <>
struct scalar_kernel<steps::all_reduce> {  // of the one thread that there is
  template <class Call>
  static void run(steps::all_reduce const&, Call const& c) {
    std::copy_n(c.operand(0), c.size(0), c.result(0));
  }
};

}  // namespace etch
