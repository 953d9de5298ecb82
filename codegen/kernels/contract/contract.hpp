#pragma once

#include "../elementwise/apply.hpp"
#include "depthwise.hpp"
#include "depthwise_gradient.hpp"
#include "dw.hpp"
#include "dx.hpp"
#include "held.hpp"
#include "pooled_gradient.hpp"
#include "rows.hpp"
#include "window.hpp"

/// The kernels of the one primitive that multiplies, instantiated on the instruction set and the
/// geometry. All tensors are contiguous, channels last, `samples` (at least one) one after the
/// other, aligned to 4 bytes; nothing outside of them is read or written. Weights and their
/// gradients are packed (packing.hpp) and aligned to 64 bytes. No kernel may run in place. Several
/// threads may each compute a share of a pointwise contraction without groups.
namespace etch {

using kernels::identity_epilogue;

/// y (samples, out_height, out_width, filters) = epilogue(contraction of x (samples, height, width,
/// channels) with the packed weights). For epilogues see apply.hpp. With `Inline`, a single row's
/// code is a part of the caller's.
template <class Arch, contraction C, bool Inline = kernels::is_tiny(C),
          class Epilogue = identity_epilogue>
[[gnu::always_inline]] inline void contract_forward(float const* x, float const* weights, float* y,
                                                    int samples, Epilogue const& epilogue = {},
                                                    share mine = {}) {
  constexpr contraction canonical = etch::canonical(C);
  if constexpr (C.depthwise()) {
    kernels::forward_depthwise<Arch, C, kernels::pool_window{}>(x, weights, y, samples, epilogue);
  } else if constexpr (canonical.pointwise()) {
    constexpr int positions = C.out_height() * C.out_width();
    if constexpr (positions == 1)
      if (samples == 1 && mine.parts == 1)
        return kernels::forward_row<Arch, canonical, Inline>(x, weights, y, epilogue);
    kernels::forward_rows<Arch, canonical>(x, weights, y, std::ptrdiff_t{samples} * positions,
                                           epilogue, mine);
  } else {
    kernels::forward_windows<Arch, C, kernels::pool_window{}>(x, weights, y, samples, epilogue);
  }
}

/// The same, followed by max pooling with windows of PoolH x PoolW that do not overlap: y is
/// (samples, out_height / PoolH, out_width / PoolW, filters). What pooling drops is not computed.
template <class Arch, contraction C, int PoolH, int PoolW, class Epilogue = identity_epilogue>
void contract_forward_max_pool(float const* x, float const* weights, float* y, int samples,
                               Epilogue const& epilogue = {}) {
  constexpr kernels::pool_window pool{PoolH, PoolW};
  if constexpr (C.depthwise())
    kernels::forward_depthwise<Arch, C, pool>(x, weights, y, samples, epilogue);
  else if constexpr (kernels::held_vectors<Arch, C>(pool) > 0)
    kernels::forward_held<Arch, C, pool>(x, weights, y, samples, epilogue);
  else
    kernels::forward_windows<Arch, C, pool>(x, weights, y, samples, epilogue);
}

/// The same, and which position of its window was the largest, counted row by row, into `index`.
template <class Arch, contraction C, int PoolH, int PoolW, class Epilogue = identity_epilogue>
void contract_forward_max_pool(float const* x, float const* weights, float* y, float* index,
                               int samples, Epilogue const& epilogue = {}) {
  static_assert(!C.depthwise());
  contract_forward_max_pool<Arch, C, PoolH, PoolW>(
      x, weights, y, samples, kernels::recording<Epilogue>{epilogue, y, index});
}

/// dx = the gradient with respect to x, overwritten; `weights` from transpose_weights, or packed
/// where dx_transposes.
template <class Arch, contraction C>
[[gnu::always_inline]] inline void contract_dx(float const* dy, float const* weights, float* dx,
                                               int samples, share mine = {}) {
  [[maybe_unused]] constexpr int positions = C.out_height() * C.out_width();
  if constexpr (dx_transposes(C))
    kernels::dx_rows<Arch, canonical(C)>(dy, weights, dx, samples, mine);
  else if constexpr (C.depthwise())
    kernels::dx_depthwise<Arch, C>(dy, weights, dx, samples);
  else if constexpr (transposed(C).pointwise() && positions == 1)
    contract_forward<Arch, transposed(C)>(dy, weights, dx, samples, {}, mine);
  else if constexpr (transposed(C).pointwise())
    kernels::forward_rows<Arch, transposed(C)>(
        dy, weights, dx, std::ptrdiff_t{samples} * positions, identity_epilogue{}, mine);
  else
    kernels::dx_windows<Arch, C>(dy, weights, dx, samples);
}

/// dw_packed = the gradient with respect to the weights, summed over the samples, or, if it `adds`,
/// dw_packed += that. What pads must be zero before, and is zero after it. `made_x`: threads that
/// share the work have each made a part of x.
template <class Arch, contraction C>
void contract_dw(float const* x, float const* dy, float* dw_packed, int samples, bool adds,
                 share mine = {}, bool made_x = false) {
  constexpr contraction canonical = etch::canonical(C);
  if constexpr (C.depthwise())
    kernels::dw_depthwise<Arch, C>(x, dy, dw_packed, samples, adds);
  else if constexpr (canonical.pointwise())
    kernels::dw_windows<Arch, canonical>(
        x, dy, dw_packed, std::ptrdiff_t{samples} * C.out_height() * C.out_width(), adds, mine,
        made_x);
  else
    kernels::dw_windows<Arch, C>(x, dy, dw_packed, samples, adds);
}

}  // namespace etch
