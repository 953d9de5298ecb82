#pragma once

#include "../../ir/plan.hpp"
#include "pool.hpp"
#include "reduce.hpp"

/// The steps that fold a row, or a window of an image.
namespace etch {

template <>
struct vector_kernel<steps::reduce> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr steps::reduce r = Call::data;
    constexpr reduce_spec spec{Call::code, r.fn,           r.outer,            r.reduced,
                               r.inner,    Call::self.sums, Call::self.batched};
    kernels::reduce<Arch, spec>(c.template result<0>(), c.loads().data(), c.samples);
  }
};

template <>
struct vector_kernel<primitive::pool> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr primitive::pool p = Call::data;
    constexpr contraction w = p.window;
    auto const after = c.template epilogue<w.channels, w.out_height() * w.out_width()>();
    kernels::pool<Arch, p.fn, w>(c.template operand<0>(), c.template result<0>(), c.samples, after);
  }
};

template <>
struct vector_kernel<primitive::pool_index> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    kernels::pool_index<Arch, Call::data.window>(c.template operand<0>(), c.template result<0>(),
                                                 c.samples);
  }
};

template <>
struct vector_kernel<primitive::pool_gradient> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr primitive::pool_gradient p = Call::data;
    float* const dx = c.template result<0>();
    if constexpr (p.fn == function::maximum) {
      float const *const index = c.template operand<0>(), *const dy = c.template operand<1>();
      kernels::pool_gradient<Arch, p.fn, p.window>(index, dy, dx, c.samples);
    } else {
      float const* const dy = c.template operand<0>();
      kernels::pool_gradient<Arch, p.fn, p.window>(nullptr, dy, dx, c.samples);
    }
  }
};

}  // namespace etch
