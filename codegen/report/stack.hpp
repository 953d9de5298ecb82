#pragma once

#include <algorithm>

#include "../ir/plan.hpp"
#include "../kernels/steps.hpp"

namespace etch {

/// The most bytes of stack that `forward(x)` may take: what the threads of small systems and of
/// audio have at least. What takes more is given a workspace and an output: `forward(workspace, x,
/// y)`.
inline constexpr long long stack_budget = 64 * 1024;

namespace detail {

/// Floats that the kernel of step s lays on the stack, for vectors of any width.
template <class Plan>
constexpr long long stack_floats(Plan const& p, step const& s) {
  long long most = 0;
  visit(p, s, [&]<class Kind>(Kind const&) {
    for (machine const& m :
         {machine_of<arch::sse2>, machine_of<arch::avx2>, machine_of<arch::avx512>})
      if constexpr (requires { vector_kernel<Kind>::stack_floats(p, s, m); })
        most = std::max<long long>(most, vector_kernel<Kind>::stack_floats(p, s, m));
  });
  return most;
}

/// Bytes of stack of an optimised call that is given all its memory: what kernels copy, and the
/// frames of the functions that call each other, which take less than half of what is counted here.
template <class Plan>
constexpr long long kernel_stack_bytes(Plan const& p) {
  constexpr long long frames = 8 * 1024;
  long long most = 0;
  for (step const& s : p.steps) most = std::max(most, stack_floats(p, s));
  return 4 * most + frames;
}

}  // namespace detail
}  // namespace etch
