#pragma once

#include <algorithm>

#include "../../ir/plan.hpp"
#include "../move/copy.hpp"
#include "contract.hpp"
#include "product.hpp"

/// The steps that multiply: contractions with what is fused to them, and their gradients.
namespace etch {

/// The kernel of a call, as passes::select says.
template <class Arch, class Call>
inline constexpr kernel_choice chosen_for =
    chosen_kernel<Arch, passes::request_of(Call::plan, Call::index)>;

template <>
struct vector_kernel<steps::contract> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr contraction w = Call::data.window;
    float const *const x = c.template operand<0>(), *const weights = c.template operand<1>();
    auto const after = c.template epilogue<w.filters, w.out_height() * w.out_width()>();
    contract_forward<Arch, w, chosen_for<Arch, Call>>(x, weights, c.template result<0>(), c.samples,
                                                      after, c.mine());
  }

  template <class Plan>
  static constexpr int stack_floats(Plan const& p, step const& s, machine const& m) {
    contraction const& w = get<steps::contract>(p, s).window;
    if (w.depthwise() || canonical(w).pointwise()) return 0;
    bool const turns = kernels::choose_turned(m, w, w.out_height() * w.out_width()).filters > 0;
    return turns ? kernels::turned_size(m, w) : 0;
  }
};

template <>
struct vector_kernel<steps::contract_and_pad> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr contraction w = Call::data.window;
    constexpr bordered_image image = Call::data.image;
    constexpr bool keeps = Call::self.result_count == 2;
    float const *const x = c.template operand<0>(), *const weights = c.template operand<1>();
    float *const y = c.template result<0>(), *const padded = c.template result<keeps ? 1 : 0>();
    auto const after = c.template epilogue<w.filters, w.out_height() * w.out_width()>();
    kernels::fill_border<Arch, image>(padded, c.samples);
    contract_forward<Arch, w, chosen_for<Arch, Call>>(
        x, weights, y, c.samples,
        kernels::framing<std::remove_const_t<decltype(after)>, image, keeps>{after, padded});
  }
};

template <>
struct vector_kernel<steps::contract_max_pool> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr contraction w = Call::data.window;
    constexpr pool_window pooled = Call::data.pooled;
    float const *const x = c.template operand<0>(), *const weights = c.template operand<1>();
    float* const y = c.template result<0>();
    auto const after = c.template epilogue<w.filters, w.out_height() * w.out_width()>();
    if constexpr (Call::self.result_count == 1)
      contract_forward_max_pool<Arch, w, pooled.height, pooled.width, chosen_for<Arch, Call>>(x, weights, y, c.samples,
                                                                      after);
    else
      contract_forward_max_pool<Arch, w, pooled.height, pooled.width, chosen_for<Arch, Call>>(
          x, weights, y, c.template result<1>(), c.samples, after);
  }
};

template <>
struct vector_kernel<primitive::product> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr tensor_shape shape = Call::template result_value<0>().shape;
    constexpr contraction matrix = passes::matrix_of(Call::plan, Call::self);
    constexpr kernels::matrix_product product{matrix.width, matrix.channels,
                                              matrix.filters, Call::data.transpose_a,
                                              Call::data.transpose_b, Call::self.sums};
    constexpr int matrices = shape.elements(0, shape.rank - 2), rows = matrices * product.rows;
    auto const after = [&] {
      if constexpr (Call::code.instructions == 0) return kernels::identity_epilogue{};
      else return c.template epilogue<product.columns, rows>();
    }();
    float const *a = c.template operand<0>(), *b = c.template operand<1>();
    float* y = c.template result<0>();
    for (int s = 0; s < c.samples; ++s) {
      kernels::product<Arch, product, chosen_for<Arch, Call>>(a, b, y, matrices, after,
                                                              std::ptrdiff_t{s} * rows);
      if (!product.sums) y += shape.elements();
      if (Call::template operand_value<0>().batched) a += matrices * product.a();
      if (Call::template operand_value<1>().batched) b += matrices * product.b();
    }
  }

  /// Floats of a strip of the second matrix, packed.
  template <class Plan>
  static constexpr int stack_floats(Plan const& p, step const& s, machine const& m) {
    contraction matrix = passes::matrix_of(p, s);
    kernel_choice const k =
        kernels::choose_activations(m, matrix, get<primitive::product>(p, s).transpose_b);
    matrix.channels = k.steps;
    return k.packs ? k.tile.panels * panel_stride(matrix) : 0;
  }
};

template <>
struct vector_kernel<primitive::contract_dx> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr contraction w = Call::data.window;
    constexpr pool_window pooled = Call::data.pooled;
    float const *const dy = c.template operand<0>(), *const weights = c.template operand<1>();
    float* const dx = c.template result<0>();
    if constexpr (Call::self.operand_count == 2)
      contract_dx<Arch, w, chosen_for<Arch, Call>>(dy, weights, dx, c.samples, c.mine());
    else
      contract_dx_pooled<Arch, w, pooled.height, pooled.width, chosen_for<Arch, Call>>(dy, c.template operand<2>(), weights,
                                                               dx, c.samples);
  }
};

template <>
struct vector_kernel<primitive::contract_dw> {
  /// Whether it begins a sum by itself. What pads the gradients is always zero; elsewhere in memory it
  /// would be anything.
  template <class Call>
  static constexpr bool overwrites = Call::template result_value<0>().where == space::gradients;

  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr contraction w = Call::data.window;
    constexpr pool_window pooled = Call::data.pooled;
    float const *const x = c.template operand<0>(), *const dy = c.template operand<1>();
    float* const dw = c.template result<0>();
    bool const adds = !overwrites<Call> || !c.begins();
    if constexpr (Call::self.operand_count == 2) {
      constexpr bool made_x = Call::template operand_value<0>().where != space::input;
      contract_dw<Arch, w, chosen_for<Arch, Call>>(x, dy, dw, c.samples, adds, c.mine(), made_x);
    } else {
      contract_dw_pooled<Arch, w, pooled.height, pooled.width, chosen_for<Arch, Call>>(x, dy, c.template operand<2>(), dw,
                                                               c.samples, adds);
    }
  }
};

}  // namespace etch
