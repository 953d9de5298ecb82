#include "catch.hpp"

#include "../../codegen/kernels/elementwise/apply.hpp"
#include "../../codegen/kernels/elementwise/map.hpp"
#include "kernel_testing.hpp"

using namespace kernel_testing;

namespace {

double map_error(map_spec const& s, elementwise_kernel kernel, int samples, float low, float high,
                 bool poisoned = false) {
  operand_set const operands(s.code, samples, low, high);
  if (poisoned)
    for (std::size_t i = 0; i < operands.buffers.size(); ++i) poison(operands.buffers[i], i, 5);
  int const count = s.batched ? samples : 1;
  guarded const y(static_cast<std::size_t>(count * s.elements));
  kernel(y.data(), operands.pointers.data(), samples);
  std::vector<double> expected;
  for (int n = 0; n < count; ++n)
    for (int i = 0; i < s.elements; ++i)
      expected.push_back(evaluate(s.code, operands.pointers.data(), n, i));
  return error_of(y, expected);
}

void check_map_kernel(map_spec const& s, elementwise_kernel kernel, float low, float high) {
  for (int samples : {1, 2, 5}) {
    INFO("elements " << s.elements << ", samples " << samples);
    CHECK(map_error(s, kernel, samples, low, high) < 2e-6);
  }
}

template <map_spec S>
void check_map(float low = -2, float high = 2) {
  for_each_instruction_set(
      [&]<class Arch>() { check_map_kernel(S, kernels::map<Arch, S>, low, high); });
}

template <function... Fn>
void check_functions(float low, float high) {
  constexpr auto p = full(37);
  (check_map<map_spec{make({p, p, p}, {{Fn, 0, 1, 2}}), 37}>(low, high), ...);
}

TEST_CASE("every function of a map is the one of the C library") {
  using enum function;
  check_functions<identity, negate, absolute, exp, expm1, sin, cos, tanh, sigmoid, erf, add,
                  subtract, multiply, maximum, minimum, greater, equal, select>(-3, 3);
  check_functions<log, log1p, sqrt, divide>(0.5f, 3);
}

template <program P>
void check_not_a_number() {
  for_each_instruction_set([]<class Arch>() {
    CHECK(map_error(map_spec{P, 37}, kernels::map<Arch, map_spec{P, 37}>, 2, -2, 2, true) == 0);
  });
}

TEST_CASE("a maximum and a minimum keep NaN, whichever operand has it") {
  constexpr auto one = program::constant_load(1);
  check_not_a_number<make({full(37), full(37)}, {{function::maximum, 0, 1, 0}})>();
  check_not_a_number<make({full(37), full(37)}, {{function::minimum, 0, 1, 0}})>();
  check_not_a_number<make({full(37), one}, {{function::maximum, 0, 1, 0}})>();
  check_not_a_number<make({full(37), one}, {{function::minimum, 0, 1, 0}})>();
  check_not_a_number<make({one, full(37)}, {{function::maximum, 0, 1, 0}})>();
  check_not_a_number<make({one, full(37)}, {{function::minimum, 0, 1, 0}})>();
}

constexpr map_spec light_map{
    make({full(1), program::constant_load(0)}, {{function::maximum, 1, 0, 0}}), 1};
constexpr map_spec heavy_map{
    make({full(1), scalar()}, {{function::add, 0, 1, 0}, {function::tanh, 2, 0, 0}}), 1};

TEST_CASE("a map of every length touches exactly its elements") {
  for_each_instruction_set([]<class Arch>() {
    for (int n = 1; n <= 140; ++n) {
      INFO("length " << n);
      CHECK(map_error(light_map, kernels::map<Arch, light_map>, n, -2, 2) == 0);
      CHECK(map_error(heavy_map, kernels::map<Arch, heavy_map>, n, -2, 2) < 2e-6);
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
  check_map<map_spec{
      make({full(60), per_row(5, 12), per_channel(12), per_row(20, 3)},
           {{function::add, 0, 1, 0}, {function::add, 4, 2, 0}, {function::add, 5, 3, 0}}),
      60}>();
  // runs of 4 beside a period of 6
  check_map<map_spec{make({per_row(15, 4), per_channel(6)}, {{function::add, 0, 1, 0}}), 60}>();
}

/// x * scale of the channel - shift of the channel + scalar, over many short rows.
template <int Rows, int Channels>
void check_short_rows() {
  constexpr auto full_one = full(Rows * Channels);
  constexpr auto channel = per_channel(Channels);
  check_map<map_spec{make({channel, full_one, channel, scalar()},
                          {{function::multiply, 0, 1, 0},
                           {function::subtract, 4, 2, 0},
                           {function::add, 5, 3, 0}}),
                     Rows * Channels}>();
}

TEST_CASE("a map over many rows of a few channels") {
  check_short_rows<401, 2>();
  check_short_rows<401, 3>();
  check_short_rows<301, 10>();
  check_short_rows<64, 16>();
  check_short_rows<256, 17>();
}

constexpr map_spec scale_map{make({full(77), per_channel(7)}, {{function::multiply, 0, 1, 0}}), 77};
constexpr map_spec negate_map{make({full(77)}, {{function::negate, 0, 0, 0}}), 77};

TEST_CASE("a map works in place") {
  for_each_instruction_set([]<class Arch>() {
    operand_set const operands(scale_map.code, 3);
    float const* const* const pointers = operands.pointers.data();
    std::vector<double> expected;
    for (int i = 0; i < 3 * 77; ++i)
      expected.push_back(-evaluate(scale_map.code, pointers, i / 77, i % 77));
    guarded const& y = operands.buffers[0];
    kernels::map<Arch, scale_map>(y.data(), pointers, 3);
    kernels::map<Arch, negate_map>(y.data(), pointers, 3);
    CHECK(error_of(y, expected) < 1e-6);
  });
}

TEST_CASE("a product with one use is fused with the sum that uses it") {
  constexpr program once =
      make({full(8), full(8), full(8)}, {{function::multiply, 0, 1, 0}, {function::add, 2, 3, 0}});
  constexpr program twice =
      make({full(8), full(8), full(8)},
           {{function::multiply, 0, 1, 0}, {function::add, 2, 3, 0}, {function::add, 3, 4, 0}});
  constexpr program square =
      make({full(8)}, {{function::multiply, 0, 0, 0}, {function::add, 1, 1, 0}});
  constexpr program minuend =
      make({full(8)}, {{function::multiply, 0, 0, 0}, {function::subtract, 1, 0, 0}});
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
  guarded const y(static_cast<std::size_t>(samples * Rows * Filters));
  guarded const sums(y.size());
  randomize(sums, -2, 2);
  std::vector<double> expected;
  kernels::epilogue<P, Filters, Rows> const epilogue{operands.pointers};
  for (int row = 0; row < samples * Rows; ++row)
    for (int c = 0; c < Filters; c += Arch::width) {
      int const lanes = std::min(Arch::width, Filters - c);
      std::size_t const at = static_cast<std::size_t>(row * Filters + c);
      auto const acc = simd::load_partial<Arch>(sums.data() + at, lanes);
      simd::store_partial(y.data() + at, epilogue.template operator()<Arch>(acc, row, c, lanes),
                          lanes);
    }
  for (int i = 0; i < samples * Rows * Filters; ++i)
    expected.push_back(evaluate(P, operands.pointers.data(), i / (Rows * Filters),
                                i % (Rows * Filters), sums[static_cast<std::size_t>(i)]));
  return error_of(y, expected);
}

template <program P, int Filters, int Rows>
void check_epilogue() {
  for_each_instruction_set([]<class Arch>() {
    for (int samples : {1, 2, 5}) CHECK(epilogue_error<Arch, P, Filters, Rows>(samples) < 1e-6);
  });
}

template <int Filters, int Rows>
void check_epilogues() {
  constexpr int n = Filters * Rows;
  constexpr auto zero = program::constant_load(0);
  constexpr program::instruction sum{function::add, 0, 1, 0};
  check_epilogue<make({accumulator, per_channel(Filters), zero},
                      {sum, {function::maximum, 2, 3, 0}}),
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
  constexpr program swish =
      make({accumulator}, {{function::sigmoid, 0, 0, 0}, {function::multiply, 0, 1, 0}});
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

}  // namespace
