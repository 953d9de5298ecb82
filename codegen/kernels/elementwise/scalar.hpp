#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../../ir/plan.hpp"
#include "../move/scalar.hpp"

/// The steps that compute element by element, in scalar code. `Call` is a step as the interpreter runs
/// it: codegen/execute/interpret.hpp.
namespace etch {

template <>
struct scalar_kernel<steps::map> {
  template <class Call>
  static void run(steps::map const&, Call const& c) {
    for (int s = 0; s < c.samples; ++s)
      for (int i = 0; i < c.size(0); ++i) c.result(0, s)[i] = c.program(s, i);
  }
};

template <>
struct scalar_kernel<steps::map_and_pad> {
  template <class Call>
  static void run(steps::map_and_pad const& m, Call const& c) {
    std::vector<typename Call::number> image(static_cast<std::size_t>(m.image.elements()));
    for (int s = 0; s < c.samples; ++s) {
      for (std::size_t i = 0; i < image.size(); ++i) image[i] = c.program(s, static_cast<int>(i));
      if (c.results() == 2) std::copy(image.begin(), image.end(), c.result(0, s));
      kernels::copy_in_scalars(copy_into(m.image), image.data(), c.result(c.results() - 1, s));
    }
  }
};

template <>
struct scalar_kernel<steps::row_loop> {
  template <class Call>
  static void run(steps::row_loop const& loop, Call const& c) {
    using source = steps::row_stage::source;
    using number = typename Call::number;
    std::vector<std::vector<number>> made(static_cast<std::size_t>(loop.stage_count));
    for (int s = 0; s < c.samples; ++s)
      for (int row = 0; row < loop.rows; ++row) {
        int stored = 0;
        for (int k = 0; k < loop.stage_count; ++k) {
          steps::row_stage const& stage = c.stages(loop)[k];
          // What a stage reads of an earlier one is that one's row, or its number.
          auto const load = [&](int l, program::load const& how, int i) {
            source const from = stage.loads[static_cast<std::size_t>(l)];
            if (from.from == source::kind::operand)
              return c.element(c.operand(from.number), how, s, i);
            std::vector<number> const& earlier = made[from.number];
            return earlier[earlier.size() == 1 ? 0 : static_cast<std::size_t>(i % loop.length)];
          };
          std::vector<number>& y = made[static_cast<std::size_t>(k)];
          y.clear();
          int const elements = stage.wide || stage.reduces ? loop.length : 1;
          for (int i = 0; i < elements; ++i)
            y.push_back(c.run_program(stage.code, row * elements + i, load));
          if (stage.reduces) {
            double sum = static_cast<double>(y[0]);
            for (std::size_t i = 1; i < y.size(); ++i)
              sum = apply(stage.fn, sum, static_cast<double>(y[i]));
            y.assign(1, static_cast<number>(sum));
          }
          if (stage.stored)
            std::copy(y.begin(), y.end(),
                      c.result(stored++, s) + static_cast<std::ptrdiff_t>(row) *
                                                  static_cast<std::ptrdiff_t>(y.size()));
        }
      }
  }
};

}  // namespace etch
