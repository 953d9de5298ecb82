#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <utility>

#include "../../ir/program.hpp"
#include "../../simd/simd.hpp"

/// Element-wise programs on registers: what the kernels of this folder do to a vector of elements
/// between loading and storing it.
namespace etch::kernels {

/// How often a register is read; the last one is also the result.
constexpr int uses(program const& p, int reg) {
  int n = reg == p.registers() - 1 ? 1 : 0;
  for (int i = 0; i < p.instructions; ++i) {
    int const operands = arity(p[i].fn);
    n += (p[i].a == reg) + (operands > 1 && p[i].b == reg) + (operands > 2 && p[i].c == reg);
  }
  return n;
}

/// The register of a product that only instruction `i` reads, adding or subtracting it: the two
/// become one fma. -1 if there is none.
constexpr int fused_product(program const& p, int i) {
  auto const is_product = [&](int reg) {
    return reg >= p.loads && p[reg - p.loads].fn == function::multiply && uses(p, reg) == 1;
  };
  if (p[i].fn != function::add && p[i].fn != function::subtract) return -1;
  if (is_product(p[i].b)) return p[i].b;
  return p[i].fn == function::add && is_product(p[i].a) ? p[i].a : -1;
}

/// The operand of a maximum or minimum that is a constant, so that a NaN can only come from the other
/// one: the instruction for numbers keeps that. -1 if there is none.
constexpr int limit_operand(program const& p, int i) {
  auto const is_number = [&](int reg) {
    return reg < p.loads && p.operand(reg).from == program::kind::constant &&
           (p.operand(reg).bits & 0x7fffffffu) <= 0x7f800000u;
  };
  if (p[i].fn != function::maximum && p[i].fn != function::minimum) return -1;
  return is_number(p[i].a) ? p[i].a : is_number(p[i].b) ? p[i].b : -1;
}

/// Whether register `reg` is a minimum with a constant of at most `high` of a maximum with one of at
/// least `low`.
constexpr bool lies_between(program const& p, int reg, float low, float high) {
  auto const limit = [&](int of, function fn) {  // -1 if there is none
    return of >= p.loads && p[of - p.loads].fn == fn ? limit_operand(p, of - p.loads) : -1;
  };
  auto const value = [&](int of) { return std::bit_cast<float>(p.operand(of).bits); };
  int const above = limit(reg, function::minimum);
  if (above < 0 || !(value(above) <= high)) return false;
  auto const& code = p[reg - p.loads];
  int const below = limit(code.a == above ? code.b : code.a, function::maximum);
  return below >= 0 && value(below) >= low;
}

template <class Arch, program P, int I>
[[gnu::always_inline]] inline void run_instruction(simd::vec<Arch>* reg) noexcept {
  constexpr auto code = P[I];
  constexpr int product = fused_product(P, I);
  if constexpr (product >= 0) {
    // the product itself is then dead, and the compiler drops it
    constexpr auto factors = P[product - P.loads];
    constexpr int other = code.b == product ? code.a : code.b;
    if constexpr (code.fn == function::add)
      reg[P.loads + I] = simd::fma(reg[factors.a], reg[factors.b], reg[other]);
    else
      reg[P.loads + I] = simd::fnma(reg[factors.a], reg[factors.b], reg[other]);
  } else if constexpr (constexpr int limit = limit_operand(P, I); limit >= 0) {
    constexpr int other = code.a == limit ? code.b : code.a;
    if constexpr (code.fn == function::maximum)
      reg[P.loads + I] = simd::max(reg[limit], reg[other]);
    else
      reg[P.loads + I] = simd::min(reg[limit], reg[other]);
  } else {
    constexpr int operands = arity(code.fn);
    constexpr int b = operands > 1 ? code.b : code.a, c = operands > 2 ? code.c : code.a;
    constexpr auto accuracy = P.fast ? simd::accuracy::fast : simd::accuracy::accurate;
    if constexpr (code.fn == function::sigmoid && lies_between(P, code.a, -88, 30))
      reg[P.loads + I] = simd::sigmoid<accuracy, true>(reg[code.a]);
    else
      reg[P.loads + I] = simd::apply_function<Arch, code.fn, accuracy>(reg[code.a], reg[b], reg[c]);
  }
}

/// Runs the program on `reg`, P.registers() vectors of which the first P.loads are set.
template <class Arch, program P>
[[gnu::always_inline]] inline simd::vec<Arch> apply_program(simd::vec<Arch>* reg) noexcept {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (run_instruction<Arch, P, I>(reg), ...);
  }(std::make_integer_sequence<int, P.instructions>{});
  return reg[P.instructions == 0 ? 0 : P.registers() - 1];
}

/// How an operand runs along a row: `row` consecutive elements that begin at a multiple of `row`.
enum class form : unsigned char { constant, accumulator, same, consecutive, scattered };

constexpr form form_in_row(program::load const& l, int row) {
  if (l.from == program::kind::constant) return form::constant;
  if (l.from == program::kind::accumulator) return form::accumulator;
  if (l.period == 1 || l.run % row == 0) return form::same;
  return l.run == 1 && l.period % row == 0 ? form::consecutive : form::scattered;
}

constexpr bool fits_row(program const& p, int row) {
  for (int i = 0; i < p.loads; ++i)
    if (form_in_row(p.operand(i), row) == form::scattered) return false;
  return true;
}

/// Not batched, and read alike by every row.
constexpr bool is_shared(program::load const& l, int row) {
  return l.from != program::kind::memory ||
         (!l.batched && (l.period == 1 || (l.run == 1 && l.period == row)));
}

/// One row in memory, which every row reads.
constexpr bool is_one_row(program::load const& l, int row) {
  return is_shared(l, row) && form_in_row(l, row) == form::consecutive;
}

/// Read in step with the rows, on through all samples of `rows` rows.
constexpr bool is_whole(program::load const& l, int row, int rows) {
  return l.from == program::kind::memory && l.batched && l.run * l.period == row * rows &&
         form_in_row(l, row) != form::scattered;
}

/// Elements `index` to `index + lanes` of an operand, one by one; the first again in other lanes.
template <class Arch, program::load L>
[[gnu::noinline]] simd::vec<Arch> gather(float const* p, std::ptrdiff_t index, int lanes) noexcept {
  alignas(64) float lane[Arch::width];
  for (int i = 0; i < Arch::width; ++i)
    lane[i] = p[(index + (i < lanes ? i : 0)) / L.run % L.period];
  return simd::load<Arch>(lane);
}

/// Whether what the program makes of zeros beside numbers that count may be infinite or NaN, and so
/// raise a floating-point exception, which hosts may trap: lanes that do not count then repeat one
/// that does.
constexpr bool may_raise(program const& p) {
  for (int i = 0; i < p.instructions; ++i)
    if (info(p[i].fn).may_raise) return true;
  return false;
}

/// The operands of program P along one row of `Row` elements, `Rows` of which make a sample.
/// `Repeats`: lanes that do not count are those of an element that does; otherwise they are zero.
template <class Arch, program P, int Row, int Rows, bool Repeats = may_raise(P)>
struct program_row {
  static constexpr int size = std::max(1, P.loads), width = Arch::width;

  float const* base[size];     // the row's first element; scattered: the sample's
  simd::vec<Arch> value[size];  // constant or same
  std::ptrdiff_t start;         // of the row within its sample

  /// The operands of row `row` of `sample`. What no operand needs of the two costs nothing.
  [[gnu::always_inline]] program_row(float const* const* operands, std::ptrdiff_t sample,
                                     std::ptrdiff_t row) noexcept
      : start(row * Row) {
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
      (locate<I>(operands, sample, row), ...);
    }(std::make_integer_sequence<int, P.loads>{});
  }

  /// The program at `lanes` elements from `column` on; `acc` is what accumulator loads stand for.
  [[gnu::always_inline]] simd::vec<Arch> operator()(
      std::ptrdiff_t column, int lanes,
      simd::vec<Arch> acc = simd::zero<Arch>()) const noexcept {
    simd::vec<Arch> reg[std::max(1, P.registers())];
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
      ((reg[I] = load<I>(column, lanes, acc)), ...);
    }(std::make_integer_sequence<int, P.loads>{});
    auto const result = apply_program<Arch, P>(reg);
    // clang would compute anything in lanes that it sees are not needed
    return lanes != width ? simd::in_register(result) : result;
  }

  /// Whether an operand is the same vectors in every row.
  static constexpr bool is_held(int i) { return is_one_row(P.operand(i), Row); }
  /// The program at vector `u` of the row, with such operands from `held`.
  template <int Vectors>
  [[gnu::always_inline]] simd::vec<Arch> at_vector(
      int u, simd::vec<Arch> const (&held)[size][Vectors]) const noexcept {
    simd::vec<Arch> reg[std::max(1, P.registers())];
    auto const take = [&]<int I>(std::integral_constant<int, I>) __attribute__((always_inline)) {
      if constexpr (is_held(I)) return held[I][u];
      else return load<I>(u * Arch::width, Arch::width, simd::zero<Arch>());
    };
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
      ((reg[I] = take(std::integral_constant<int, I>{})), ...);
    }(std::make_integer_sequence<int, P.loads>{});
    return apply_program<Arch, P>(reg);
  }

 private:
  template <int I>
  [[gnu::always_inline]] void locate(float const* const* operands, std::ptrdiff_t sample,
                                     std::ptrdiff_t row) noexcept {
    constexpr auto l = P.operand(I);
    constexpr form f = form_in_row(l, Row);
    if constexpr (f == form::constant) {
      value[I] = simd::broadcast<Arch>(simd::bit_cast<float>(l.bits));
    } else if constexpr (f != form::accumulator) {
      base[I] = operands[I];
      if constexpr (is_whole(l, Row, Rows)) {
        base[I] += (sample * Rows + row) * Row / l.run;
      } else if constexpr (!is_shared(l, Row)) {
        if constexpr (l.batched) base[I] += sample * l.period;
        if constexpr (f != form::scattered) base[I] += row * Row / l.run % l.period;
      }
      if constexpr (f == form::same) value[I] = simd::broadcast<Arch>(*base[I]);
    }
  }

  template <int I>
  [[gnu::always_inline]] simd::vec<Arch> load(std::ptrdiff_t column, int lanes,
                                              simd::vec<Arch> acc) const noexcept {
    constexpr form f = form_in_row(P.operand(I), Row);
    if constexpr (f == form::accumulator && Repeats) return simd::repeat_lanes(acc, lanes);
    else if constexpr (f == form::accumulator) return acc;
    else if constexpr (f == form::consecutive && Repeats)
      return simd::load_repeated<Arch>(base[I] + column, lanes);
    else if constexpr (f == form::consecutive)
      return simd::load_partial<Arch>(base[I] + column, lanes);
    else if constexpr (f == form::scattered)
      return gather<Arch, P.operand(I)>(base[I], start + column, lanes);
    else return value[I];
  }
};

/// Whether the program never decreases when the accumulator grows, all else being the same.
constexpr bool grows_with_accumulator(program const& p) {
  enum class trend : unsigned char { constant, grows, unknown };
  std::array<trend, program::max_loads + program::max_instructions> reg{};
  auto const at = [&](int i) -> trend& { return reg[static_cast<std::size_t>(i)]; };
  auto const is_factor = [&](int i) {  // a constant >= 0
    return i < p.loads && p.operand(i).from == program::kind::constant &&
           std::bit_cast<float>(p.operand(i).bits) >= 0.0f;
  };
  for (int i = 0; i < p.loads; ++i)
    at(i) = p.operand(i).from == program::kind::accumulator ? trend::grows : trend::constant;
  for (int i = 0; i < p.instructions; ++i) {
    auto const [fn, a, b, c] = p[i];
    trend const ta = at(a), tb = arity(fn) > 1 ? at(b) : trend::constant;
    trend const tc = arity(fn) > 2 ? at(c) : trend::constant;
    growth const grows_by = info(fn).grows;
    bool const keeps =
        grows_by == growth::in_all ||
        (grows_by == growth::in_first && tb == trend::constant) ||
        (grows_by == growth::in_each_times_positive && (is_factor(a) || is_factor(b)));
    bool const fixed =
        ta == trend::constant && tb == trend::constant && tc == trend::constant;
    bool const grows = keeps && ta != trend::unknown && tb != trend::unknown;
    at(p.loads + i) = fixed ? trend::constant : grows ? trend::grows : trend::unknown;
  }
  return at(p.instructions == 0 ? 0 : p.registers() - 1) != trend::unknown;
}

/// An epilogue is what happens to an output while it is still in registers: bias, activation,
/// residual. A struct with
///
///   template <class Arch>
///   simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t row, int channel,
///                              int lanes) const;
///
/// `row` is the output position counted over all samples, `channel` the output channel of lane 0,
/// `lanes` how many lanes count. Two optional members, both `static constexpr bool`: `monotone`, it
/// never decreases in `acc` and ignores `row`, so pooling may come first; `large`, it is a lot of
/// code and is to be compiled once a vector of filters instead of once an accumulator.
struct identity_epilogue {
  static constexpr bool monotone = true;

  template <class Arch>
  [[gnu::always_inline]] simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t, int,
                                                    int) const {
    return acc;
  }
};

/// The operand, one for each of `filters`, that the program adds to the accumulator before it reads
/// that again; -1 if there is none.
constexpr int bias_operand(program const& p, int filters) {
  auto const is_accumulator = [&](int reg) {
    return reg < p.loads && p.operand(reg).from == program::kind::accumulator && uses(p, reg) == 1;
  };
  auto const is_bias = [&](int reg) {
    return reg < p.loads && (is_one_row(p.operand(reg), filters) ||
                             (filters == 1 && p.operand(reg).from == program::kind::memory &&
                              is_shared(p.operand(reg), filters)));
  };
  if (p.instructions == 0 || p[0].fn != function::add) return -1;
  if (is_accumulator(p[0].a) && is_bias(p[0].b)) return p[0].b;
  return is_accumulator(p[0].b) && is_bias(p[0].a) ? p[0].a : -1;
}
/// The program for an accumulator that began with its bias.
constexpr program without_bias(program p, int filters) {
  if (int const bias = bias_operand(p, filters); bias >= 0) {
    int const sum = p[0].a == bias ? p[0].b : p[0].a;
    p.code[0] = {function::identity, static_cast<signed char>(sum)};
  }
  return p;
}

/// The epilogue of a contraction or a pooling that runs program P on each output: a row is an
/// output position of `Filters` channels, a sample has `RowsPerSample` of them.
template <program P, int Filters, int RowsPerSample>
struct epilogue {
  std::array<float const*, program::max_loads> operands{};

  static constexpr bool ignores_row = [] {
    for (int i = 0; i < P.loads; ++i)
      if (!is_shared(P.operand(i), Filters)) return false;
    return true;
  }();
  static constexpr bool ignores_sample = [] {
    for (int i = 0; i < P.loads; ++i)
      if (!is_shared(P.operand(i), Filters) && !is_whole(P.operand(i), Filters, RowsPerSample))
        return false;
    return true;
  }();
  static constexpr bool monotone = ignores_row && grows_with_accumulator(P);
  static constexpr bool large = instruction_count(P) > 8;
  static constexpr int bias = bias_operand(P, Filters);

  /// What an accumulator may begin with instead of 0, for `rest` as its epilogue.
  template <class Arch>
  [[gnu::always_inline]] simd::vec<Arch> start(int channel, int lanes) const noexcept {
    if constexpr (bias < 0) return simd::zero<Arch>();
    else return simd::load_partial<Arch>(operands[bias] + channel, lanes);
  }
  [[gnu::always_inline]] auto rest() const noexcept {
    return epilogue<without_bias(P, Filters), Filters, RowsPerSample>{operands};
  }

  template <class Arch>
  [[gnu::always_inline]] simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t row,
                                                    int channel, int lanes) const noexcept {
    using operand_row = program_row<Arch, P, Filters, RowsPerSample>;
    if constexpr (ignores_sample) {
      return operand_row(operands.data(), 0, row)(channel, lanes, acc);
    } else {
      return operand_row(operands.data(), row / RowsPerSample, row % RowsPerSample)(channel, lanes,
                                                                                    acc);
    }
  }
};

}  // namespace etch::kernels
