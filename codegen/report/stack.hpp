#pragma once

#include "../ir/plan.hpp"
#include "../passes/select/forward.hpp"
#include "../passes/select/map.hpp"
#include "../simd/machine_of.hpp"

namespace etch {

/// The most bytes of stack that `forward(x)` may take: what the threads of small systems and of
/// audio have at least. What takes more is given a workspace and an output: `forward(workspace, x,
/// y)`.
inline constexpr long long stack_budget = 64 * 1024;

namespace detail {

/// Floats that the `s.by_row` steps from `first` on lay there: the rows that later ones read.
template <class Plan>
constexpr long long floats_of_rows(Plan const& p, int first) {
  int const end = first + p.steps[static_cast<std::size_t>(first)].by_row;
  int rows = 1, length = 1, kept = 0;
  for (int i = first; i < end; ++i)
    if (step const& s = p.steps[static_cast<std::size_t>(i)]; s.what == step_kind::reduce)
      rows = s.outer, length = s.reduced;
  for (int i = first; i < end; ++i) {
    int const made = p.steps[static_cast<std::size_t>(i)].result;
    bool read = false;
    for (int k = i + 1; k < end; ++k) {
      step const& s = p.steps[static_cast<std::size_t>(k)];
      for (int l = 0; l < code_of(p, s).loads; ++l) read = read || load_of(p, s, l) == made;
    }
    kept += read && p.values[static_cast<std::size_t>(made)].size == rows * length;
  }
  return static_cast<long long>(kept) * round_up(length, 16);
}

/// Floats that the kernel of step `i` lays on the stack, for vectors of any width.
template <class Plan>
constexpr long long stack_floats(Plan const& p, int i) {
  step const& s = p.steps[static_cast<std::size_t>(i)];
  if (s.by_row > 0) return floats_of_rows(p, i);
  if (s.by_row < 0) return 0;
  long long most = 0;
  auto const see = [&]<class Arch>(Arch) {
    if (s.what == step_kind::map) {
      map_spec const spec{code_of(p, s), p.values[static_cast<std::size_t>(s.result)].size,
                          s.batched};
      map_choice const k = s.box > 0 ? kernels::choose_map(machine_of<Arch>, spec, box_of(p, s))
                                     : kernels::choose_map(machine_of<Arch>, spec);
      most = std::max<long long>(most, kernels::copied_floats(spec, k));
    } else if (s.what == step_kind::contract) {
      contraction const& w = window_of(p, s);
      machine const m = machine_of<Arch>;
      bool const windows = !w.depthwise() && !canonical(w).pointwise();
      if (windows && kernels::choose_turned(m, w, w.out_height() * w.out_width()).filters > 0)
        most = std::max<long long>(most, kernels::turned_size(m, w));
    }
  };
  see(arch::sse2{});
  see(arch::avx2{});
  see(arch::avx512{});
  return most;
}

/// Bytes of stack of an optimised call that is given all its memory: what kernels copy, and the
/// frames of the functions that call each other, which take less than half of what is counted here.
template <class Plan>
constexpr long long kernel_stack_bytes(Plan const& p) {
  constexpr long long frames = 8 * 1024;
  long long most = 0;
  for (int i = 0; i < static_cast<int>(p.steps.size()); ++i)
    most = std::max(most, stack_floats(p, i));
  return 4 * most + frames;
}

}  // namespace detail
}  // namespace etch
