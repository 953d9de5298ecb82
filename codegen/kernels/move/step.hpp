#pragma once

#include <algorithm>
#include <cstdint>

#include "../../ir/plan.hpp"
#include "copy.hpp"
#include "copy_through.hpp"
#include "fill.hpp"
#include "gather.hpp"
#include "pack.hpp"
#include "transpose_weights.hpp"

/// The steps that move numbers, or write some that are known.
namespace etch {

template <>
struct vector_kernel<steps::copy> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    float const* const x = c.template operand<0>();
    float* const y = c.template result<0>();
    if constexpr (Call::code.loads == 0)
      kernels::copy_box<Arch, Call::data.moves>(x, y, c.samples);
    else
      kernels::copy_through<Arch, Call::data.moves, Call::code>(x, y, c.loads().data(), c.samples);
  }
};

template <>
struct vector_kernel<primitive::element> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr int run = Call::template result_value<0>().size;
    kernels::exchange<run>(c.template operand<0>(), c.template result<0>(), c.loop_samples(),
                           Call::self.at_once);
  }
};
template <>
struct vector_kernel<primitive::stack> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr int run = Call::template operand_value<0>().size;
    constexpr int steps = Call::template result_value<0>().size / run;
    kernels::exchange<run>(c.template operand<0>(), c.template result<0>(), steps, c.loop_samples());
  }
};

template <>
struct vector_kernel<primitive::pack> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    pack_weights(Call::data.window, c.template operand<0>(), c.template result<0>());
  }
};

template <>
struct vector_kernel<primitive::unpack> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    unpack_weights(Call::data.window, c.template operand<0>(), c.template result<0>());
  }
};

template <>
struct vector_kernel<primitive::transpose> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr bool turned = Call::data.to == primitive::transpose::target::convolved;
    transpose_weights<Call::data.window, Arch, turned>(c.template operand<0>(),
                                                       c.template result<0>());
  }
};

template <>
struct vector_kernel<primitive::random> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    kernels::random_uniform<Arch>(c.template result<0>(), Call::template result_value<0>().size,
                                  c.random(), static_cast<std::uint32_t>(Call::data.stream),
                                  c.samples);
  }
};

template <>
struct vector_kernel<primitive::iota> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr value const& y = Call::template result_value<0>();
    kernels::iota<Arch>(c.template result<0>(), y.size, y.shape.last());
  }
};

template <>
struct vector_kernel<primitive::batch_size> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    *c.template result<0>() = static_cast<float>(c.batch_size());
  }
};

template <>
struct vector_kernel<primitive::gather> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr int tokens = Call::template operand_value<1>().size;
    kernels::gather_rows<Arch, Call::data.table>(c.template operand<0>(), c.template tokens<1>(),
                                                 c.template result<0>(),
                                                 std::ptrdiff_t{c.samples} * tokens);
  }
};

template <>
struct vector_kernel<primitive::scatter_add> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr int tokens = Call::template operand_value<0>().size;
    kernels::scatter_add_rows<Arch, Call::data.table>(
        c.template tokens<0>(), c.template operand<1>(), c.template result<0>(),
        std::ptrdiff_t{c.samples} * tokens);
  }
};

/// Always in the order of the threads, so that all of them get the same.
template <>
struct vector_kernel<steps::all_reduce> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr int size = Call::template result_value<0>().size;
    float* const y = c.template result<0>();
    if (c.threads() == 1) {
      std::copy_n(c.template operand<0>(), size, y);
      return;
    }
    c.wait_for_all();
    std::copy_n(c.template operand_of_thread<0>(0), size, y);
    for (int part = 1; part < c.threads(); ++part) {
      float const* const other = c.template operand_of_thread<0>(part);
      for (int i = 0; i < size; ++i) y[i] += other[i];
    }
  }
};

}  // namespace etch
