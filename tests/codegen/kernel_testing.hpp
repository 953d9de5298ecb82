#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "../../codegen/ir/program.hpp"
#include "../../codegen/simd/simd.hpp"
#include "../check/guarded.hpp"
#include "catch.hpp"
#include "instruction_sets.hpp"

/// What the tests of kernels share: programs and their plain evaluation in double.
namespace kernel_testing {

using namespace etch;
using kind = program::kind;

using check::edge, check::guarded;

inline std::minstd_rand generator(7);

inline void randomize(guarded const& b, float low, float high) {
  std::uniform_real_distribution<float> value(low, high);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = value(generator);
}

/// The largest error of `got`, relative to 1 + |expected|; infinite if a NaN is not the expected one
/// or a guard is hit.
inline double error_of(guarded const& got, std::vector<double> const& expected) {
  double worst =
      got.intact() && got.size() == expected.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    if (std::isnan(got[i]) && std::isnan(expected[i])) continue;
    double const error = std::abs(got[i] - expected[i]) / (1 + std::abs(expected[i]));
    if (!(error <= worst))
      worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  }
  return worst;
}

constexpr program make(std::initializer_list<program::load> loads,
                       std::initializer_list<program::instruction> code) {
  program p;
  for (auto const& l : loads) p.load_list[static_cast<std::size_t>(p.loads++)] = l;
  for (auto const& i : code) p.code[static_cast<std::size_t>(p.instructions++)] = i;
  return p;
}
constexpr program::load full(int elements, bool batched = true) {
  return {.batched = batched, .run = 1, .period = elements};
}
constexpr program::load per_channel(int channels, bool batched = false) {
  return {.batched = batched, .run = 1, .period = channels};
}
constexpr program::load per_row(int rows, int channels, bool batched = true) {
  return {.batched = batched, .run = channels, .period = rows};
}
constexpr program::load scalar(bool batched = false) { return {.batched = batched}; }
constexpr program::load accumulator{.from = kind::accumulator};

inline double apply(function fn, double a, double b, double c) {
  switch (fn) {
    case function::identity:
      return a;
    case function::negate:
      return -a;
    case function::absolute:
      return std::abs(a);
    case function::exp:
      return std::exp(a);
    case function::log:
      return std::log(a);
    case function::log1p:
      return std::log1p(a);
    case function::expm1:
      return std::expm1(a);
    case function::sqrt:
      return std::sqrt(a);
    case function::sin:
      return std::sin(a);
    case function::cos:
      return std::cos(a);
    case function::tanh:
      return std::tanh(a);
    case function::sigmoid:
      return 1 / (1 + std::exp(-a));
    case function::erf:
      return std::erf(a);
    case function::add:
      return a + b;
    case function::subtract:
      return a - b;
    case function::multiply:
      return a * b;
    case function::divide:
      return a / b;
    case function::maximum:
      return a > b || std::isnan(a) ? a : b;
    case function::minimum:
      return a < b || std::isnan(a) ? a : b;
    case function::greater:
      return a > b ? 1 : 0;
    case function::equal:
      return a == b ? 1 : 0;
    case function::select:
      return a != 0 ? b : c;
  }
  return 0;
}

/// Program p at element i of a sample.
inline double evaluate(program const& p, float const* const* operands, int sample, int i,
                       double acc = 0) {
  std::vector<double> reg;
  for (int j = 0; j < p.loads; ++j) {
    auto const& l = p.operand(j);
    if (l.from == kind::constant) reg.push_back(std::bit_cast<float>(l.bits));
    else if (l.from == kind::accumulator) reg.push_back(acc);
    else reg.push_back(operands[j][(l.batched ? sample * l.period : 0) + i / l.run % l.period]);
  }
  auto const at = [&](int r) { return reg[static_cast<std::size_t>(r)]; };
  for (int j = 0; j < p.instructions; ++j)
    reg.push_back(apply(p[j].fn, at(p[j].a), at(p[j].b), at(p[j].c)));
  return p.instructions == 0 ? reg[0] : reg.back();
}

/// Random operands of exactly the size that a program reads.
struct operand_set {
  std::vector<guarded> buffers;
  std::array<float const*, program::max_loads> pointers{};

  operand_set(program const& p, int samples, float low = -2, float high = 2) {
    for (int i = 0; i < p.loads; ++i) {
      auto const& l = p.operand(i);
      bool const memory = l.from == kind::memory;
      buffers.emplace_back(memory ? static_cast<std::size_t>(l.period * (l.batched ? samples : 1))
                                  : 0);
      randomize(buffers.back(), low, high);
      if (memory) pointers[static_cast<std::size_t>(i)] = buffers.back().data();
    }
  }
};

/// NaN in every `step`-th element.
inline void poison(guarded const& b, std::size_t first, std::size_t step) {
  for (std::size_t i = first; i < b.size(); i += step)
    b[i] = std::numeric_limits<float>::quiet_NaN();
}

using elementwise_kernel = void (*)(float*, float const* const*, int) noexcept;

}  // namespace kernel_testing
