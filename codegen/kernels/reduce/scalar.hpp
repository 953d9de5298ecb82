#pragma once

#include "../../ir/plan.hpp"
#include "../../reference/windows.hpp"

/// The steps that fold a row, or a window of an image, in scalar code.
namespace etch {

template <>
struct scalar_kernel<steps::reduce> {
  template <class Call>
  static void run(steps::reduce const& r, Call const& c) {
    using number = typename Call::number;
    for (int s = 0; s < c.samples; ++s)
      for (int o = 0; o < r.outer; ++o)
        for (int i = 0; i < r.inner; ++i) {
          double sum = 0;
          for (int k = 0; k < r.reduced; ++k) {
            auto const x = static_cast<double>(c.program(s, (o * r.reduced + k) * r.inner + i));
            sum = k == 0 ? x : apply(r.fn, sum, x);
          }
          number& y = c.result(0, c.sums ? 0 : s)[o * r.inner + i];
          y = static_cast<number>(c.sums ? static_cast<double>(y) + sum : sum);
        }
  }
};

template <>
struct scalar_kernel<primitive::pool> {
  template <class Call>
  static void run(primitive::pool const& p, Call const& c) {
    contraction const& w = p.window;
    for (int s = 0; s < c.samples; ++s) {
      auto const* const x = c.operand(0) + s * w.inputs();
      auto* const y = c.result(0, s);
      Call::store(w.outputs(), y, [&](double* sum) {
        if (p.fn == function::maximum) reference::pool_maximum(w, x, sum);
        else reference::pool_sum(w, x, sum);
      });
      for (int i = 0; i < w.outputs(); ++i) y[i] = c.program(s, i, y[i]);
    }
  }
};

template <>
struct scalar_kernel<primitive::pool_index> {
  template <class Call>
  static void run(primitive::pool_index const& p, Call const& c) {
    for (int s = 0; s < c.samples; ++s)
      Call::store(p.window.outputs(), c.result(0, s), [&](double* index) {
        reference::pool_index(p.window, c.operand(0) + s * p.window.inputs(), index);
      });
  }
};

template <>
struct scalar_kernel<primitive::pool_gradient> {
  template <class Call>
  static void run(primitive::pool_gradient const& p, Call const& c) {
    for (int s = 0; s < c.samples; ++s)
      Call::store(p.window.inputs(), c.result(0, s), [&](double* dx) {
        int const out = s * p.window.outputs();
        if (p.fn == function::maximum)
          reference::pool_maximum_gradient(p.window, c.operand(0) + out, c.operand(1) + out, dx);
        else
          reference::pool_sum_gradient(p.window, c.operand(0) + out, dx);
      });
  }
};

}  // namespace etch
