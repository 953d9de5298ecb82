#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "../../dsl/functions.hpp"

namespace etch {

/// A chain of element-wise functions that runs in registers, one vector of elements at a time.
/// Register 0 .. loads-1 are what is loaded, each later one is the result of an instruction; the
/// last register is the program's result. A program without instructions copies its first load.
struct program {
  static constexpr int max_loads = 12;
  static constexpr int max_instructions = 32;

  enum class kind : unsigned char {
    memory,       // an operand, addressed by its access
    constant,     // `bits` is the float
    accumulator,  // what the kernel holds in registers: the sum of a contraction
  };
  struct load {
    kind from = kind::memory;
    bool batched = false;  // memory: the operand has one value a sample
    int run = 1, period = 1;
    std::uint32_t bits = 0;

    constexpr bool operator==(load const&) const = default;
  };
  struct instruction {
    function fn = function::identity;
    signed char a = 0, b = 0, c = 0;

    constexpr bool operator==(instruction const&) const = default;
  };

  int loads = 0;
  int instructions = 0;
  bool fast = false;  // exp, tanh, sigmoid and erf in their fast form
  std::array<load, max_loads> load_list{};
  std::array<instruction, max_instructions> code{};

  constexpr load const& operand(int i) const { return load_list[static_cast<std::size_t>(i)]; }
  constexpr instruction const& operator[](int i) const { return code[static_cast<std::size_t>(i)]; }
  constexpr int registers() const { return loads + instructions; }
  constexpr bool operator==(program const& other) const {  // what is not used is the same in all
    bool equal = loads == other.loads && instructions == other.instructions && fast == other.fast;
    for (int i = 0; equal && i < loads; ++i) equal = operand(i) == other.operand(i);
    for (int i = 0; equal && i < instructions; ++i) equal = (*this)[i] == other[i];
    return equal;
  }

  static constexpr load constant_load(double value) {
    return {.from = kind::constant,
            .bits = std::bit_cast<std::uint32_t>(static_cast<float>(value))};
  }
};

/// Estimated instructions of a vector of elements.
constexpr int instruction_count(program const& p) {
  int n = 0;
  for (int i = 0; i < p.instructions; ++i) {
    n += info(p[i].fn).cost == cost_class::series ? 20 : 1;
  }
  return n;
}

/// The element-wise kernel: y[i] = program(operands at i), over `elements` a sample.
struct map_spec {
  program code;
  int elements = 1;
  bool batched = true;  // the result has one value a sample; otherwise it is computed once
  constexpr bool operator==(map_spec const&) const = default;
};

/// y[o, i] = fn over r of program(operands at (o, r, i)), where (outer, reduced, inner) is the
/// shape of a sample; with over_batch, fn is add and y is increased by the sum over every sample.
struct reduce_spec {
  program code;
  function fn = function::add;  // or maximum
  int outer = 1, reduced = 1, inner = 1;
  bool over_batch = false;
  bool batched = true;
  constexpr bool operator==(reduce_spec const&) const = default;
};

/// The row of the loops over a program: the length over which every operand either advances by one
/// element or stays the same. 0 when the operands agree on none.
constexpr int common_row(program const& p, int elements) {
  int row = elements;
  for (int i = 0; i < p.loads; ++i) {
    auto const& l = p.operand(i);
    if (l.from != program::kind::memory || l.period == 1) continue;
    int const length = l.run > 1 ? l.run : l.period;
    if (length < row) row = length;
  }
  for (int i = 0; i < p.loads; ++i) {
    auto const& l = p.operand(i);
    if (l.from != program::kind::memory || l.period == 1) continue;
    if ((l.run > 1 ? l.run : l.period) % row != 0) return 0;
  }
  return elements % row == 0 ? row : 0;
}

}  // namespace etch
