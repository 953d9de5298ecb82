#pragma once

#include "../../passes/select.hpp"
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
/// geometry, and on the choice of passes/select/, which a call need not say. All tensors are
/// contiguous, channels last, `samples` (at least one) one after the other, aligned to 4 bytes;
/// nothing outside of them is read or written. Weights and their gradients are packed (packing.hpp)
/// and aligned to 64 bytes. No kernel may run in place. Several threads may each compute a share of
/// a pointwise contraction without groups.
namespace etch {

using kernels::identity_epilogue;

/// The kernel that is chosen for what is asked, found once however many plans ask.
template <class Arch, kernel_request R>
inline constexpr kernel_choice chosen_kernel = kernels::choose(machine_of<Arch>, R);

/// y (samples, out_height, out_width, filters) = epilogue(contraction of x (samples, height, width,
/// channels) with the packed weights). For epilogues see apply.hpp.
template <class Arch, contraction C,
          kernel_choice K = chosen_kernel<Arch, kernel_request{contract_product::forward, C}>,
          class Epilogue = identity_epilogue>
[[gnu::always_inline]] inline void contract_forward(float const* x, float const* weights, float* y,
                                                    int samples, Epilogue const& epilogue = {},
                                                    [[maybe_unused]] share mine = {}) {
  using kernel = contract_kernel;
  [[maybe_unused]] constexpr contraction matrix = canonical(C);
  if constexpr (K.which == kernel::depthwise) {
    kernels::forward_depthwise<Arch, C, kernels::pool_window{}, K.tile>(x, weights, y, samples,
                                                                        epilogue);
  } else if constexpr (K.which == kernel::row) {
    kernels::forward_row<Arch, matrix, K.row, K.inlined>(x, weights, y, epilogue);
  } else if constexpr (K.which == kernel::rows) {
    if constexpr (K.row.lanes > 0)
      if (samples == 1 && mine.parts == 1)
        return kernels::forward_row<Arch, matrix, K.row, K.inlined>(x, weights, y, epilogue);
    constexpr int positions = C.out_height() * C.out_width();
    kernels::forward_rows<Arch, matrix, K.tile, K.steps>(
        x, weights, y, std::ptrdiff_t{samples} * positions, epilogue, mine);
  } else {
    static_assert(K.which == kernel::windows);
    kernels::forward_windows<Arch, C, kernels::pool_window{}, K.tile, K.turned>(x, weights, y,
                                                                                samples, epilogue);
  }
}

/// The same, followed by max pooling with windows of PoolH x PoolW that do not overlap: y is
/// (samples, out_height / PoolH, out_width / PoolW, filters). What pooling drops is not computed.
template <class Arch, contraction C, int PoolH, int PoolW,
          kernel_choice K =
              chosen_kernel<
                  Arch, kernel_request{contract_product::forward, C, true, {PoolH, PoolW}}>,
          class Epilogue = identity_epilogue>
void contract_forward_max_pool(float const* x, float const* weights, float* y, int samples,
                               Epilogue const& epilogue = {}) {
  using kernel = contract_kernel;
  constexpr kernels::pool_window pool{PoolH, PoolW};
  if constexpr (K.which == kernel::depthwise) {
    kernels::forward_depthwise<Arch, C, pool, K.tile>(x, weights, y, samples, epilogue);
  } else if constexpr (K.which == kernel::held) {
    kernels::forward_held<Arch, C, pool, K.strip>(x, weights, y, samples, epilogue);
  } else {
    static_assert(K.which == kernel::windows);
    kernels::forward_windows<Arch, C, pool, K.tile, K.turned>(x, weights, y, samples, epilogue);
  }
}

/// The same, and which position of its window was the largest, counted row by row, into `index`.
template <class Arch, contraction C, int PoolH, int PoolW,
          kernel_choice K =
              chosen_kernel<
                  Arch, kernel_request{contract_product::forward, C, true, {PoolH, PoolW}}>,
          class Epilogue = identity_epilogue>
void contract_forward_max_pool(float const* x, float const* weights, float* y, float* index,
                               int samples, Epilogue const& epilogue = {}) {
  static_assert(!C.depthwise());
  contract_forward_max_pool<Arch, C, PoolH, PoolW, K>(
      x, weights, y, samples, kernels::recording<Epilogue>{epilogue, y, index});
}

/// dx = the gradient with respect to x, overwritten; `weights` from transpose_weights, or packed
/// where dx_transposes.
template <class Arch, contraction C,
          kernel_choice K = chosen_kernel<Arch, kernel_request{contract_product::dx, C}>>
[[gnu::always_inline]] inline void contract_dx(float const* dy, float const* weights, float* dx,
                                               int samples, [[maybe_unused]] share mine = {}) {
  using kernel = contract_kernel;
  if constexpr (K.which == kernel::depthwise)
    kernels::dx_depthwise<Arch, C, K>(dy, weights, dx, samples);
  else if constexpr (K.which == kernel::scatter)
    kernels::dx_windows<Arch, C, K>(dy, weights, dx, samples);
  else if constexpr (K.transposes)
    kernels::dx_rows<Arch, canonical(C), K.tile>(dy, weights, dx, samples, mine);
  else if constexpr (K.row.lanes > 0)
    contract_forward<Arch, transposed(C), K>(dy, weights, dx, samples, {}, mine);
  else
    kernels::forward_rows<Arch, transposed(C), K.tile, K.steps>(
        dy, weights, dx, std::ptrdiff_t{samples} * C.out_height() * C.out_width(),
        identity_epilogue{}, mine);
}

/// dw_packed = the gradient with respect to the weights, summed over the samples, or, if it `adds`,
/// dw_packed += that. What pads must be zero before, and is zero after it. `made_x`: threads that
/// share the work have each made a part of x.
template <class Arch, contraction C,
          kernel_choice K = chosen_kernel<Arch, kernel_request{contract_product::dw, C}>>
void contract_dw(float const* x, float const* dy, float* dw_packed, int samples, bool adds,
                 share mine = {}, bool made_x = false) {
  constexpr contraction matrix = canonical(C);
  if constexpr (K.which == contract_kernel::depthwise)
    kernels::dw_depthwise<Arch, C, K>(x, dy, dw_packed, samples, adds);
  else if constexpr (matrix.pointwise())
    kernels::dw_windows<Arch, matrix, K>(
        x, dy, dw_packed, std::ptrdiff_t{samples} * C.out_height() * C.out_width(), adds, mine,
        made_x);
  else
    kernels::dw_windows<Arch, C, K>(x, dy, dw_packed, samples, adds);
}

/// dx = the gradient with respect to x of the contraction before a pooling, where `dy` and `index`
/// are as pooled_gradient.hpp says.
template <class Arch, contraction C, int PoolH, int PoolW,
          kernel_choice K = chosen_kernel<Arch, kernel_request{contract_product::dx, C, true}>>
void contract_dx_pooled(float const* dy, float const* index, float const* transposed_weights,
                        float* dx, int samples) {
  kernels::dx_of_largest<Arch, C, PoolH, PoolW, K.chunk>(dy, index, transposed_weights, dx,
                                                         samples);
}

/// dw = the gradient with respect to the weights, summed over the samples, or, if it `adds`, dw +=
/// that: in the layout of the transposed weights if skips_zeros(C), else packed.
template <class Arch, contraction C, int PoolH, int PoolW,
          kernel_choice K = chosen_kernel<Arch, kernel_request{contract_product::dw, C, true}>>
void contract_dw_pooled(float const* x, float const* dy, float const* index, float* dw, int samples,
                        bool adds) {
  constexpr int size = skips_zeros(C) ? transposed_size(C) : packed_size(C);
  if (!adds) kernels::fill<Arch>(dw, size, 0.0f);
  if constexpr (K.which == contract_kernel::listed)
    kernels::dw_of_largest<Arch, C, PoolH, PoolW, K.chunk>(x, dy, index, dw, samples);
  else
    kernels::dw_masked<Arch, C, PoolH, PoolW, K.strip, K.chunk>(x, dy, index, dw, samples);
}

}  // namespace etch
