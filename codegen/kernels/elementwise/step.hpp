#pragma once

#include <algorithm>

#include "../../ir/plan.hpp"
#include "map.hpp"
#include "rows.hpp"

/// The steps that compute element by element. `Call` is a step of a plan as the executor runs it:
/// codegen/execute/step_call.hpp.
namespace etch {

template <>
struct vector_kernel<steps::map> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr map_spec spec{Call::code, Call::template result_value<0>().size, Call::self.batched};
    kernels::map<Arch, spec>(c.template result<0>(), c.loads().data(), c.samples);
  }

  template <class Plan>
  static constexpr int stack_floats(Plan const& p, step const& s, machine const& m) {
    map_spec const spec{code_of(p, s), p.values[result_of(p, s)].size, s.batched};
    return kernels::copied_floats(spec, kernels::choose_map(m, spec));
  }
};

template <>
struct vector_kernel<steps::map_and_pad> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    constexpr bordered_image image = Call::data.image;
    constexpr map_spec spec{Call::code, image.elements(), Call::self.batched};
    constexpr bool keeps = Call::self.result_count == 2;
    float* y = nullptr;
    if constexpr (keeps) y = c.template result<0>();
    kernels::map_framed<Arch, spec, image>(y, c.template result<keeps ? 1 : 0>(),
                                           c.loads().data(), c.samples);
  }

  template <class Plan>
  static constexpr int stack_floats(Plan const& p, step const& s, machine const& m) {
    bordered_image const& image = get<steps::map_and_pad>(p, s).image;
    map_spec const spec{code_of(p, s), image.elements(), s.batched};
    return kernels::copied_floats(spec, kernels::choose_map(m, spec, image));
  }
};

template <>
struct vector_kernel<steps::row_loop> {
  template <class Arch, class Call>
  [[gnu::always_inline]] static void run(Call const& c) noexcept {
    static constexpr auto spec = spec_of<Call>();
    [&]<std::size_t... K, std::size_t... L>(std::index_sequence<K...>, std::index_sequence<L...>)
        __attribute__((always_inline)) {
      float* const results[]{result<spec, K>(c)...};
      float const* const operands[]{nullptr, c.template operand<L>()...};
      kernels::rows<Arch, spec>(results, operands + 1, c.samples);
    }(std::make_index_sequence<spec.stages.size()>{},
      std::make_index_sequence<static_cast<std::size_t>(Call::self.operand_count)>{});
  }

  /// Floats of the rows that later stages read.
  template <class Plan>
  static constexpr int stack_floats(Plan const& p, step const& s, machine const&) {
    auto const& loop = get<steps::row_loop>(p, s);
    int kept = 0;
    for (steps::row_stage const& stage : stages_of(p, loop)) kept += stage.kept && stage.wide;
    return kept * round_up(loop.length, 16);
  }

 private:
  /// The loop as its kernel wants it: with the programs, and all that can be read in one row.
  template <class Call>
  static constexpr auto spec_of() {
    constexpr steps::row_loop const& loop = Call::data;
    constexpr std::size_t count = static_cast<std::size_t>(loop.stage_count);
    kernels::row_spec<count> spec{
        .rows = loop.rows, .length = loop.length, .operands = Call::self.operand_count};
    for (std::size_t k = 0; k < count; ++k) {
      steps::row_stage const& from = stages_of(Call::plan, loop)[k];
      kernels::row_stage& to = spec.stages[k];
      to = {.code = Call::plan.programs[from.code],
            .fn = from.fn,
            .reduces = from.reduces,
            .wide = from.wide,
            .stored = from.stored,
            .kept = from.kept};
      for (std::size_t l = 0; l < from.loads.size(); ++l) {
        bool const in_memory = from.loads[l].from == steps::row_stage::source::kind::operand;
        to.from[l] = static_cast<unsigned char>(from.loads[l].number + (in_memory ? count : 0));
      }
    }
    return spec;
  }
  /// Where stage K stores what it makes, if it does.
  template <auto const& Spec, std::size_t K, class Call>
  [[gnu::always_inline]] static float* result(Call const& c) noexcept {
    constexpr int before = [] {
      int n = 0;
      for (std::size_t k = 0; k < K; ++k) n += Spec.stages[k].stored;
      return n;
    }();
    if constexpr (Spec.stages[K].stored) return c.template result<before>();
    else return nullptr;
  }
};

}  // namespace etch
