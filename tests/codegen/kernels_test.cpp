#include "catch.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "../../codegen/kernels/apply.hpp"
#include "../../codegen/kernels/fill.hpp"
#include "../../codegen/kernels/map.hpp"
#include "../../codegen/kernels/move.hpp"
#include "../../codegen/kernels/pool.hpp"
#include "../../codegen/kernels/reduce.hpp"

using namespace etch;
using kind = program::kind;

namespace {

// ---- buffers whose surroundings are watched

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t guard = 0;  // the sanitizer watches instead
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr std::size_t guard = 0;
#else
constexpr std::size_t guard = 67;
#endif
#else
constexpr std::size_t guard = 67;
#endif

/// n floats between zones of NaN: what is read from there spoils results, what is written shows.
class buffer {
 public:
  explicit buffer(std::size_t n, float value = std::numeric_limits<float>::quiet_NaN())
      : n_(n), memory_(new float[n + 2 * guard]) {
    for (std::size_t i = 0; i < n + 2 * guard; ++i)
      memory_[i] = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t i = 0; i < n; ++i) data()[i] = value;
  }
  float* data() const { return memory_.get() + guard; }
  float& operator[](std::size_t i) const { return data()[i]; }
  std::size_t size() const { return n_; }
  bool intact() const {
    for (std::size_t i = 0; i < guard; ++i)
      if (!std::isnan(memory_[i]) || !std::isnan(memory_[guard + n_ + i])) return false;
    return true;
  }

 private:
  std::size_t n_;
  std::unique_ptr<float[]> memory_;
};

std::minstd_rand generator(7);

void randomize(buffer const& b, float low, float high) {
  std::uniform_real_distribution<float> value(low, high);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = value(generator);
}

buffer copy_of(buffer const& b) {
  buffer c(b.size());
  for (std::size_t i = 0; i < b.size(); ++i) c[i] = b[i];
  return c;
}

/// The largest error of `got`, relative to 1 + |expected|; infinite if one is NaN or a guard is hit.
double error_of(buffer const& got, std::vector<double> const& expected) {
  double worst = got.intact() && got.size() == expected.size()
                     ? 0
                     : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    double const error = std::abs(got[i] - expected[i]) / (1 + std::abs(expected[i]));
    if (!(error <= worst)) worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  }
  return worst;
}

// ---- programs, and what they mean

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

double apply(function fn, double a, double b, double c) {
  switch (fn) {
    case function::identity: return a;
    case function::negate: return -a;
    case function::absolute: return std::abs(a);
    case function::exp: return std::exp(a);
    case function::log: return std::log(a);
    case function::log1p: return std::log1p(a);
    case function::expm1: return std::expm1(a);
    case function::sqrt: return std::sqrt(a);
    case function::sin: return std::sin(a);
    case function::cos: return std::cos(a);
    case function::tanh: return std::tanh(a);
    case function::sigmoid: return 1 / (1 + std::exp(-a));
    case function::erf: return std::erf(a);
    case function::add: return a + b;
    case function::subtract: return a - b;
    case function::multiply: return a * b;
    case function::divide: return a / b;
    case function::maximum: return a > b ? a : b;
    case function::minimum: return a < b ? a : b;
    case function::greater: return a > b ? 1 : 0;
    case function::equal: return a == b ? 1 : 0;
    case function::select: return a != 0 ? b : c;
  }
  return 0;
}

/// Program p at element i of a sample.
double evaluate(program const& p, float const* const* operands, int sample, int i, double acc = 0) {
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
  std::vector<buffer> buffers;
  std::array<float const*, program::max_loads> pointers{};

  operand_set(program const& p, int samples, float low = -2, float high = 2) {
    for (int i = 0; i < p.loads; ++i) {
      auto const& l = p.operand(i);
      bool const memory = l.from == kind::memory;
      buffers.emplace_back(memory ? static_cast<std::size_t>(l.period * (l.batched ? samples : 1)) : 0);
      randomize(buffers.back(), low, high);
      if (memory) pointers[static_cast<std::size_t>(i)] = buffers.back().data();
    }
  }
};

/// Runs `test.operator()<Arch>()` for each instruction set of this program and processor.
template <class Test>
void on_every_arch(Test test) {
  arch::for_each_compiled([&]<class Arch>() {
    if (!Arch::available()) return;
    INFO(Arch::name);
    test.template operator()<Arch>();
  });
}

// ---- map

template <class Arch, map_spec S>
double map_error(int samples, float low = -2, float high = 2) {
  operand_set const operands(S.code, samples, low, high);
  int const count = S.batched ? samples : 1;
  buffer const y(static_cast<std::size_t>(count * S.elements));
  kernels::map<Arch, S>(y.data(), operands.pointers.data(), samples);
  std::vector<double> expected;
  for (int s = 0; s < count; ++s)
    for (int i = 0; i < S.elements; ++i)
      expected.push_back(evaluate(S.code, operands.pointers.data(), s, i));
  return error_of(y, expected);
}

template <map_spec S>
void check_map(float low = -2, float high = 2) {
  on_every_arch([&]<class Arch>() {
    for (int samples : {1, 2, 5}) {
      INFO("elements " << S.elements << ", samples " << samples);
      CHECK(map_error<Arch, S>(samples, low, high) < 2e-6);
    }
  });
}

template <function... Fn>
void check_functions(float low, float high) {
  constexpr auto p = full(37);
  (check_map<map_spec{make({p, p, p}, {{Fn, 0, 1, 2}}), 37}>(low, high), ...);
}

TEST_CASE("every function of a map is the one of the C library") {
  using enum function;
  check_functions<identity, negate, absolute, exp, expm1, sin, cos, tanh, sigmoid, erf, add, subtract,
                  multiply, maximum, minimum, greater, equal, select>(-3, 3);
  check_functions<log, log1p, sqrt, divide>(0.5f, 3);
}

TEST_CASE("a map of every length touches exactly its elements") {
  static constexpr map_spec one{make({full(1), program::constant_load(0)}, {{function::maximum, 1, 0, 0}}), 1};
  static constexpr map_spec heavy{make({full(1), scalar()}, {{function::add, 0, 1, 0}, {function::tanh, 2, 0, 0}}), 1};
  on_every_arch([]<class Arch>() {
    for (int n = 1; n <= 140; ++n) {
      INFO("length " << n);
      CHECK(map_error<Arch, one>(n) == 0);
      CHECK(map_error<Arch, heavy>(n) < 2e-6);
    }
  });
}

/// Operands of every kind over (rows, channels).
template <int Rows, int Channels>
void check_accesses() {
  constexpr int n = Rows * Channels;
  constexpr program::instruction sum{function::add, 0, 1, 0};
  check_map<map_spec{make({full(n), per_channel(Channels)}, {sum}), n}>();
  check_map<map_spec{make({full(n), per_row(Rows, Channels)}, {sum}), n}>();
  check_map<map_spec{make({full(n, false), full(n)}, {sum}), n}>();
  check_map<map_spec{make({scalar(true), full(n)}, {sum}), n}>();
  check_map<map_spec{make({full(n, false), per_row(Rows, Channels, false)}, {sum}), n, false}>();
  // ((x - mean of the row) * scale of the channel + shift of the sample's channel) / scalar
  check_map<map_spec{make({full(n), per_row(Rows, Channels), per_channel(Channels),
                           per_channel(Channels, true), program::constant_load(0.5), scalar()},
                          {{function::subtract, 0, 1, 0},
                           {function::multiply, 6, 2, 0},
                           {function::add, 7, 3, 0},
                           {function::multiply, 8, 4, 0},
                           {function::subtract, 5, 9, 0}}),
                     n}>();
}

TEST_CASE("a map reads operands per channel, per row, per sample, shared and scalar") {
  check_accesses<1, 1>();
  check_accesses<3, 5>();
  check_accesses<4, 16>();
  check_accesses<7, 10>();
  check_accesses<2, 33>();
  check_accesses<3, 71>();
}

TEST_CASE("a map reads operands whose rows fit no common length") {
  // (5, 4, 3): one value for each of the first axis, one for each of (4, 3), one for each of (5, 4)
  check_map<map_spec{make({full(60), per_row(5, 12), per_channel(12), per_row(20, 3)},
                          {{function::add, 0, 1, 0}, {function::add, 4, 2, 0}, {function::add, 5, 3, 0}}),
                     60}>();
  // runs of 4 beside a period of 6
  check_map<map_spec{make({per_row(15, 4), per_channel(6)}, {{function::add, 0, 1, 0}}), 60}>();
}

TEST_CASE("a map works in place") {
  static constexpr program p = make({full(77), per_channel(7)}, {{function::multiply, 0, 1, 0}});
  static constexpr program q = make({full(77)}, {{function::negate, 0, 0, 0}});
  on_every_arch([]<class Arch>() {
    operand_set const operands(p, 3);
    buffer const before = copy_of(operands.buffers[0]);
    std::vector<double> expected;
    for (int i = 0; i < 3 * 77; ++i)
      expected.push_back(-evaluate(p, operands.pointers.data(), i / 77, i % 77));
    auto const& y = operands.buffers[0];
    kernels::map<Arch, map_spec{p, 77}>(y.data(), operands.pointers.data(), 3);
    kernels::map<Arch, map_spec{q, 77}>(y.data(), operands.pointers.data(), 3);
    CHECK(error_of(y, expected) < 1e-6);
    CHECK(before[0] != y[0]);
  });
}

TEST_CASE("a product with one use is fused with the sum that uses it") {
  constexpr program once = make({full(8), full(8), full(8)},
                                {{function::multiply, 0, 1, 0}, {function::add, 2, 3, 0}});
  constexpr program twice = make({full(8), full(8), full(8)},
                                 {{function::multiply, 0, 1, 0}, {function::add, 2, 3, 0},
                                  {function::add, 3, 4, 0}});
  constexpr program square = make({full(8)}, {{function::multiply, 0, 0, 0}, {function::add, 1, 1, 0}});
  constexpr program minuend = make({full(8)}, {{function::multiply, 0, 0, 0}, {function::subtract, 1, 0, 0}});
  constexpr program subtrahend =
      make({full(8)}, {{function::multiply, 0, 0, 0}, {function::subtract, 0, 1, 0}});
  STATIC_REQUIRE(kernels::fused_product(once, 1) == 3);
  STATIC_REQUIRE(kernels::fused_product(once, 0) == -1);
  STATIC_REQUIRE(kernels::fused_product(twice, 1) == -1);
  STATIC_REQUIRE(kernels::fused_product(square, 1) == -1);
  STATIC_REQUIRE(kernels::fused_product(minuend, 1) == -1);
  STATIC_REQUIRE(kernels::fused_product(subtrahend, 1) == 1);
  check_map<map_spec{once, 8}>();
  check_map<map_spec{twice, 8}>();
  check_map<map_spec{square, 8}>();
  check_map<map_spec{minuend, 8}>();
  check_map<map_spec{subtrahend, 8}>();
}

// ---- the epilogue of a contraction

template <class Arch, program P, int Filters, int Rows>
double epilogue_error(int samples) {
  operand_set const operands(P, samples);
  buffer const y(static_cast<std::size_t>(samples * Rows * Filters));
  buffer const sums(y.size());
  randomize(sums, -2, 2);
  std::vector<double> expected;
  kernels::epilogue<P, Filters, Rows> const epilogue{operands.pointers};
  for (int row = 0; row < samples * Rows; ++row)
    for (int c = 0; c < Filters; c += Arch::width) {
      int const lanes = std::min(Arch::width, Filters - c);
      std::size_t const at = static_cast<std::size_t>(row * Filters + c);
      auto const acc = simd::load_partial<Arch>(sums.data() + at, lanes);
      simd::store_partial(y.data() + at, epilogue.template operator()<Arch>(acc, row, c, lanes), lanes);
    }
  for (int i = 0; i < samples * Rows * Filters; ++i)
    expected.push_back(evaluate(P, operands.pointers.data(), i / (Rows * Filters),
                                i % (Rows * Filters), sums[static_cast<std::size_t>(i)]));
  return error_of(y, expected);
}

template <program P, int Filters, int Rows>
void check_epilogue() {
  on_every_arch([]<class Arch>() {
    for (int samples : {1, 2, 5}) CHECK(epilogue_error<Arch, P, Filters, Rows>(samples) < 1e-6);
  });
}

template <int Filters, int Rows>
void check_epilogues() {
  constexpr int n = Filters * Rows;
  constexpr auto zero = program::constant_load(0);
  constexpr program::instruction sum{function::add, 0, 1, 0};
  check_epilogue<make({accumulator, per_channel(Filters), zero}, {sum, {function::maximum, 2, 3, 0}}),
                 Filters, Rows>();
  check_epilogue<make({full(n), accumulator}, {sum}), Filters, Rows>();
  check_epilogue<make({full(n, false), accumulator}, {sum}), Filters, Rows>();
  check_epilogue<make({per_row(Rows, Filters), accumulator}, {sum}), Filters, Rows>();
  check_epilogue<make({per_row(Rows, Filters, false), accumulator}, {sum}), Filters, Rows>();
  check_epilogue<make({scalar(), accumulator, scalar(true), per_channel(Filters, true)},
                      {sum, {function::multiply, 4, 2, 0}, {function::add, 3, 5, 0}}),
                 Filters, Rows>();
  if constexpr (Rows % 2 == 0)  // of 2 filters; of (2, filters); one for each pair of rows
    check_epilogue<make({per_channel(2), accumulator, per_channel(2 * Filters),
                         per_row(Rows / 2, 2 * Filters)},
                        {sum, {function::multiply, 4, 2, 0}, {function::add, 3, 5, 0}}),
                   Filters, Rows>();
}

TEST_CASE("an epilogue reads every kind of operand") {
  check_epilogues<1, 4>();
  check_epilogues<10, 1>();
  check_epilogues<16, 6>();
  check_epilogues<37, 3>();
}

TEST_CASE("an epilogue knows whether pooling may come first") {
  constexpr auto zero = program::constant_load(0), two = program::constant_load(2);
  constexpr auto minus = program::constant_load(-2);
  constexpr program relu = make({accumulator, per_channel(8), zero},
                                {{function::add, 0, 1, 0}, {function::maximum, 2, 3, 0}});
  constexpr program scaled = make({accumulator, two}, {{function::multiply, 0, 1, 0}});
  constexpr program turned = make({accumulator, minus}, {{function::multiply, 0, 1, 0}});
  constexpr program residual = make({accumulator, full(32)}, {{function::add, 0, 1, 0}});
  constexpr program swish = make({accumulator}, {{function::sigmoid, 0, 0, 0}, {function::multiply, 0, 1, 0}});
  constexpr program reversed = make({accumulator, two}, {{function::subtract, 1, 0, 0}});
  STATIC_REQUIRE(kernels::epilogue<relu, 8, 4>::monotone);
  STATIC_REQUIRE(!kernels::epilogue<relu, 8, 4>::large);
  STATIC_REQUIRE(kernels::epilogue<scaled, 8, 4>::monotone);
  STATIC_REQUIRE(!kernels::epilogue<turned, 8, 4>::monotone);
  STATIC_REQUIRE(!kernels::epilogue<residual, 8, 4>::monotone);
  STATIC_REQUIRE(!kernels::epilogue<swish, 8, 4>::monotone);
  STATIC_REQUIRE(kernels::epilogue<swish, 8, 4>::large);
  STATIC_REQUIRE(!kernels::epilogue<reversed, 8, 4>::monotone);
}

// ---- reduce

template <class Arch, reduce_spec S>
double reduce_error(int samples) {
  operand_set const operands(S.code, samples);
  int const count = S.batched || S.over_batch ? samples : 1;
  int const results = S.outer * S.inner;
  buffer const y(static_cast<std::size_t>(results * (S.over_batch ? 1 : count)));
  if (S.over_batch) randomize(y, -1, 1);
  bool const adds = S.fn == function::add;
  std::vector<double> expected(y.size(), adds ? 0 : -std::numeric_limits<double>::infinity());
  if (S.over_batch) expected.assign(y.data(), y.data() + y.size());
  for (int s = 0; s < count; ++s)
    for (int i = 0; i < results * S.reduced; ++i) {
      int const o = i / (S.inner * S.reduced), result = o * S.inner + i % S.inner;
      double& e = expected[static_cast<std::size_t>(result + (S.over_batch ? 0 : s * results))];
      double const value = evaluate(S.code, operands.pointers.data(), s, i);
      e = adds ? e + value : std::max(e, value);
    }
  kernels::reduce<Arch, S>(y.data(), operands.pointers.data(), samples);
  return error_of(y, expected);
}

template <reduce_spec S>
void check_reduce() {
  on_every_arch([]<class Arch>() {
    for (int samples : {1, 2, 5, 67}) {
      INFO("(" << S.outer << ", " << S.reduced << ", " << S.inner << "), samples " << samples
               << (S.over_batch ? ", over the batch" : ""));
      CHECK(reduce_error<Arch, S>(samples) < 5e-6);
    }
  });
}

template <int Outer, int Reduced, int Inner>
void check_reductions() {
  constexpr int n = Outer * Reduced * Inner;
  constexpr program copy = make({full(n)}, {});
  constexpr program shifted = make({full(n), scalar()}, {{function::add, 0, 1, 0}});
  using enum function;
  check_reduce<reduce_spec{copy, add, Outer, Reduced, Inner}>();
  check_reduce<reduce_spec{shifted, maximum, Outer, Reduced, Inner}>();
  check_reduce<reduce_spec{shifted, add, Outer, Reduced, Inner, true}>();
}

TEST_CASE("sums and maxima along a row") {
  check_reductions<1, 1, 1>();
  check_reductions<5, 3, 1>();
  check_reductions<3, 10, 1>();
  check_reductions<2, 37, 1>();
  check_reductions<1, 211, 1>();
  check_reductions<1, 16, 1>();
}

TEST_CASE("sums and maxima across rows") {
  check_reductions<1, 7, 2>();
  check_reductions<1, 97, 3>();
  check_reductions<1, 36, 10>();
  check_reductions<3, 5, 15>();
  check_reductions<1, 9, 32>();
  check_reductions<2, 4, 33>();
  check_reductions<1, 3, 271>();
  check_reductions<6, 1, 7>();
}

TEST_CASE("a reduction over the batch adds parameters' gradients of every size") {
  using enum function;
  constexpr auto sum = []<int Inner> {
    check_reduce<reduce_spec{make({full(Inner)}, {}), add, 1, 1, Inner, true}>();
  };
  sum.operator()<1>();
  sum.operator()<2>();
  sum.operator()<10>();
  sum.operator()<13>();
  sum.operator()<16>();
  sum.operator()<40>();
  sum.operator()<300>();
}

TEST_CASE("a reduction computes its program, and padding never reaches a result") {
  using enum function;
  constexpr program::instruction difference{subtract, 0, 1, 0}, power{exp, 2, 0, 0};
  // softmax: the sum of exp(x - maximum of the row)
  check_reduce<reduce_spec{make({full(30), per_row(3, 10)}, {difference, power}), add, 3, 10, 1}>();
  check_reduce<reduce_spec{make({full(82), per_row(2, 41)}, {difference, power}), add, 2, 41, 1}>();
  check_reduce<reduce_spec{make({full(82), per_row(2, 41)}, {difference, power}), add, 2, 41, 1, true}>();
  check_reduce<reduce_spec{make({full(33)}, {{exp, 0, 0, 0}}), add, 1, 11, 3, true}>();
  check_reduce<reduce_spec{make({full(1)}, {{exp, 0, 0, 0}}), add, 1, 1, 1, true}>();
  check_reduce<reduce_spec{make({full(9)}, {{negate, 0, 0, 0}, {exp, 1, 0, 0}}), maximum, 1, 9, 1}>();
  // a bias per channel inside a sum over everything; inside a sum over the rows
  check_reduce<reduce_spec{make({full(60), per_channel(5)}, {{multiply, 0, 1, 0}}), add, 1, 60, 1}>();
  check_reduce<reduce_spec{make({full(60), per_channel(5)}, {{multiply, 0, 1, 0}}), add, 1, 12, 5}>();
  check_reduce<reduce_spec{make({full(60), per_channel(5)}, {{multiply, 0, 1, 0}}), add, 4, 3, 5, true}>();
  // the gradient of a scale: dy * (x - mean of the row), summed over rows and batch
  check_reduce<reduce_spec{make({full(72), per_row(4, 18), full(72)},
                                {difference, {multiply, 2, 3, 0}}),
                           add, 1, 4, 18, true}>();
  // rows that fit no common length
  check_reduce<reduce_spec{make({full(60), per_channel(6), per_row(15, 4)},
                                {{multiply, 0, 1, 0}, {multiply, 3, 2, 0}}),
                           add, 3, 20, 1}>();
  check_reduce<reduce_spec{make({full(60), per_channel(6), per_row(15, 4)},
                                {{multiply, 0, 1, 0}, {multiply, 3, 2, 0}}),
                           add, 1, 3, 20, true}>();
  // not batched: once; over the batch: as often as there are samples
  check_reduce<reduce_spec{make({full(34, false)}, {}), add, 2, 17, 1, false, false}>();
  check_reduce<reduce_spec{make({full(34, false)}, {}), add, 1, 2, 17, false, false}>();
  check_reduce<reduce_spec{make({full(34, false)}, {}), add, 1, 2, 17, true}>();
  check_reduce<reduce_spec{make({full(20, false), full(20)}, {{multiply, 0, 1, 0}}), add, 1, 1, 20, true}>();
}

// ---- pool

template <class Arch, function Fn, contraction W>
void check_pool_of(int samples) {
  constexpr int outputs = W.out_height() * W.out_width() * W.channels;
  auto const in = static_cast<std::size_t>(samples * W.inputs());
  auto const out = static_cast<std::size_t>(samples * outputs);
  buffer const x(in), y(out), dy(out), dx(in);
  // few distinct values, so that windows have ties
  for (std::size_t i = 0; i < in; ++i) x[i] = static_cast<float>(generator() % 5) - 2.0f;
  randomize(dy, -1, 1);
  bool const adds = Fn == function::add;
  std::vector<double> expected, gradient(in, 0);
  for (int s = 0; s < samples; ++s)
    for (int oy = 0; oy < W.out_height(); ++oy)
      for (int ox = 0; ox < W.out_width(); ++ox)
        for (int c = 0; c < W.channels; ++c) {
          double const g = dy[expected.size()];
          double total = adds ? 0 : -100;
          std::size_t best = 0;
          for (int ky = 0; ky < W.kernel_height; ++ky)
            for (int kx = 0; kx < W.kernel_width; ++kx) {
              int const row = oy * W.stride_height + ky * W.dilation_height;
              int const column = ox * W.stride_width + kx * W.dilation_width;
              auto const at = static_cast<std::size_t>(
                  s * W.inputs() + (row * W.width + column) * W.channels + c);
              if (adds) gradient[at] += g;
              if (!adds && x[at] > total) best = at;
              total = adds ? total + x[at] : std::max(total, static_cast<double>(x[at]));
            }
          if (!adds) gradient[best] += g;
          expected.push_back(total);
        }
  kernels::pool<Arch, Fn, W>(x.data(), y.data(), samples);
  CHECK(error_of(y, expected) == 0);
  kernels::pool_gradient<Arch, Fn, W>(adds ? nullptr : x.data(), adds ? nullptr : y.data(),
                                      dy.data(), dx.data(), samples);
  CHECK(error_of(dx, gradient) < 1e-6);
}

template <contraction W>
void check_pool() {
  on_every_arch([]<class Arch>() {
    for (int samples : {1, 3}) {
      INFO(W.height << " x " << W.width << " x " << W.channels << ", kernel " << W.kernel_height);
      check_pool_of<Arch, function::maximum, W>(samples);
      check_pool_of<Arch, function::add, W>(samples);
    }
  });
}

constexpr contraction window(int height, int width, int channels, int kernel, int stride,
                             int dilation = 1) {
  return {.height = height, .width = width, .channels = channels, .kernel_height = kernel,
          .kernel_width = kernel, .stride_height = stride, .stride_width = stride,
          .dilation_height = dilation, .dilation_width = dilation, .groups = channels,
          .filters = channels};
}

TEST_CASE("pooling and its gradient, with ties, overlaps, gaps and borders") {
  check_pool<window(6, 8, 32, 2, 2)>();
  check_pool<window(7, 5, 3, 2, 2)>();
  check_pool<window(9, 9, 1, 3, 2)>();
  check_pool<window(8, 7, 17, 3, 1)>();
  check_pool<window(9, 8, 70, 2, 3)>();
  check_pool<window(9, 9, 9, 3, 2, 2)>();
  check_pool<window(5, 5, 21, 5, 5)>();
  check_pool<contraction{.height = 6, .width = 9, .channels = 5, .kernel_height = 1, .kernel_width = 3,
                         .stride_height = 2, .stride_width = 3, .filters = 5}>();
}

// ---- move

template <class Arch, copy_spec S>
void check_copy_of(int samples) {
  auto const elements = [](std::array<int, 4> const& s) { return s[0] * s[1] * s[2] * s[3]; };
  buffer const from(static_cast<std::size_t>(samples * elements(S.from_shape)));
  buffer const to(static_cast<std::size_t>(samples * elements(S.to_shape)), 5.0f);
  randomize(from, -1, 1);
  std::vector<double> expected(to.size(), S.fills ? std::bit_cast<float>(S.fill_bits) : 5.0f);
  for (int s = 0; s < samples; ++s)
    for (int i = 0; i < elements(S.size); ++i) {
      int f = s, t = s, rest = elements(S.size), index = i;
      for (std::size_t axis = 0; axis < 4; ++axis) {
        rest /= S.size[axis];
        f = f * S.from_shape[axis] + S.from_origin[axis] + index / rest;
        t = t * S.to_shape[axis] + S.to_origin[axis] + index / rest;
        index %= rest;
      }
      expected[static_cast<std::size_t>(t)] = from[static_cast<std::size_t>(f)];
    }
  kernels::copy_box<Arch, S>(from.data(), to.data(), samples);
  CHECK(error_of(to, expected) == 0);
}

template <copy_spec S>
void check_copy() {
  on_every_arch([]<class Arch>() {
    for (int samples : {1, 4}) check_copy_of<Arch, S>(samples);
  });
}

TEST_CASE("boxes are copied, and what is outside is filled or left alone") {
  constexpr auto two = std::bit_cast<std::uint32_t>(-2.0f);
  // pad an image; pad its channels; pad everything
  check_copy<copy_spec{{1, 5, 6, 3}, {1, 7, 9, 3}, {}, {0, 1, 2, 0}, {1, 5, 6, 3}, true, two}>();
  check_copy<copy_spec{{1, 5, 6, 3}, {1, 5, 6, 20}, {}, {0, 0, 0, 16}, {1, 5, 6, 3}, true, 0}>();
  check_copy<copy_spec{{2, 3, 4, 5}, {5, 6, 8, 9}, {}, {1, 2, 3, 4}, {2, 3, 4, 5}, true, two}>();
  // slice; one operand of concat; everything; crop and pad
  check_copy<copy_spec{{1, 9, 8, 7}, {1, 4, 3, 7}, {0, 2, 5, 0}, {}, {1, 4, 3, 7}}>();
  check_copy<copy_spec{{1, 9, 8, 7}, {1, 4, 3, 2}, {0, 2, 5, 3}, {}, {1, 4, 3, 2}}>();
  check_copy<copy_spec{{1, 4, 4, 3}, {1, 4, 4, 8}, {}, {0, 0, 0, 5}, {1, 4, 4, 3}}>();
  check_copy<copy_spec{{2, 3, 4, 5}, {2, 3, 4, 5}, {}, {}, {2, 3, 4, 5}}>();
  check_copy<copy_spec{{3, 3, 3, 3}, {4, 2, 5, 2}, {1, 1, 0, 2}, {2, 0, 1, 1}, {2, 2, 3, 1}, true, two}>();
}

// ---- fill

TEST_CASE("fill and iota write every length and nothing else") {
  on_every_arch([]<class Arch>() {
    for (std::size_t n = 0; n <= 70; ++n) {
      buffer const a(n), b(n);
      std::vector<double> count;
      for (std::size_t i = 0; i < n; ++i) count.push_back(static_cast<double>(i));
      kernels::fill<Arch>(a.data(), static_cast<std::ptrdiff_t>(n), -1.5f);
      kernels::iota<Arch>(b.data(), static_cast<std::ptrdiff_t>(n));
      CHECK(error_of(a, std::vector<double>(n, -1.5)) == 0);
      CHECK(error_of(b, count) == 0);
    }
  });
}

TEST_CASE("random numbers are those of the counter, sample by sample") {
  random_key const key{.seed = 3, .step = 8, .first_sample = 11};
  on_every_arch([&]<class Arch>() {
    for (int n : {1, 15, 16, 50}) {
      buffer const y(static_cast<std::size_t>(3 * n));
      std::vector<double> expected;
      for (std::uint32_t s = 0; s < 3; ++s)
        for (std::uint32_t e = 0; e < static_cast<std::uint32_t>(n); ++e)
          expected.push_back(counter_uniform(3, 8, 6, 11 + s, e));
      kernels::random_uniform<Arch>(y.data(), n, key, 6, 3);
      CHECK(error_of(y, expected) == 0);
    }
  });
}

}  // namespace
