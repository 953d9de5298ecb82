#pragma once

#include "../kernels/elementwise/rows.hpp"
#include "../ir/plan.hpp"

namespace etch {

/// Steps of a plan that run row by row, as the kernel wants them.
template <std::size_t Stages>
struct row_group {
  kernels::row_spec<Stages> spec;
  std::array<int, Stages * program::max_loads> operands{};  // values, each once

  /// The `Stages` steps from `first` on.
  template <class Plan>
  constexpr row_group(Plan const& p, int first) {
    auto const step_at = [&](std::size_t k) -> step const& {
      return p.steps[static_cast<std::size_t>(first) + k];
    };
    for (std::size_t k = 0; k < Stages; ++k)
      if (step const& s = step_at(k); s.what == step_kind::reduce) {
        spec.rows = s.outer;
        spec.length = s.reduced;
      }
    for (std::size_t k = 0; k < Stages; ++k) {
      step const& s = step_at(k);
      auto& stage = spec.stages[k];
      stage.code = code_of(p, s);
      stage.fn = s.fn;
      stage.reduces = s.what == step_kind::reduce;
      stage.wide = p.values[static_cast<std::size_t>(s.result)].size == spec.rows * spec.length;
      stage.stored = !s.passes;
      for (int l = 0; l < stage.code.loads; ++l) {
        int const v = load_of(p, s, l);
        if (v < 0) continue;
        std::size_t maker = 0;
        while (maker < k && step_at(maker).result != v) ++maker;
        if (maker < k) spec.stages[maker].kept = true;
        std::size_t const from = maker < k ? maker : Stages + operand(v);
        stage.from[static_cast<std::size_t>(l)] = static_cast<unsigned char>(from);
      }
    }
  }

 private:
  constexpr std::size_t operand(int v) {
    std::size_t const count = static_cast<std::size_t>(spec.operands);
    for (std::size_t i = 0; i < count; ++i)
      if (operands[i] == v) return i;
    operands[count] = v;
    ++spec.operands;
    return count;
  }
};

}  // namespace etch
