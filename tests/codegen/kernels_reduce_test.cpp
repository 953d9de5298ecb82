#include "catch.hpp"

#include "../../codegen/kernels/reduce/reduce.hpp"
#include "kernel_testing.hpp"

using namespace kernel_testing;

namespace {

/// With a NaN at `poisoned` in the first operand, and in each sample there, if that is not negative.
double reduce_error(reduce_spec const& s, elementwise_kernel kernel, int samples,
                    int poisoned = -1) {
  operand_set const operands(s.code, samples);
  if (poisoned >= 0)
    poison(operands.buffers[0], static_cast<std::size_t>(poisoned),
           static_cast<std::size_t>(s.outer * s.reduced * s.inner));
  int const count = s.batched || s.over_batch ? samples : 1;
  int const results = s.outer * s.inner;
  guarded const y(static_cast<std::size_t>(results * (s.over_batch ? 1 : count)));
  if (s.over_batch) randomize(y, -1, 1);
  bool const adds = s.fn == function::add;
  std::vector<double> expected(y.size(), adds ? 0 : -std::numeric_limits<double>::infinity());
  if (s.over_batch) expected.assign(y.data(), y.data() + y.size());
  for (int n = 0; n < count; ++n)
    for (int i = 0; i < results * s.reduced; ++i) {
      int const o = i / (s.inner * s.reduced), result = o * s.inner + i % s.inner;
      double& e = expected[static_cast<std::size_t>(result + (s.over_batch ? 0 : n * results))];
      double const value = evaluate(s.code, operands.pointers.data(), n, i);
      e = adds ? e + value : apply(function::maximum, e, value, 0);
    }
  kernel(y.data(), operands.pointers.data(), samples);
  return error_of(y, expected);
}

void check_reduce_kernel(reduce_spec const& s, elementwise_kernel kernel) {
  for (int samples : {1, 2, 5, 67}) {
    INFO("(" << s.outer << ", " << s.reduced << ", " << s.inner << "), samples " << samples
             << (s.over_batch ? ", over the batch" : ""));
    CHECK(reduce_error(s, kernel, samples) < 1e-5);
    if (s.fn != function::maximum || samples > 2) continue;
    int const elements = s.outer * s.reduced * s.inner;
    for (int i = 0; i < elements; i += elements < 80 ? 1 : 7)
      CHECK(reduce_error(s, kernel, samples, i) < 5e-6);
  }
}

template <reduce_spec S>
void check_reduce() {
  for_each_instruction_set([]<class Arch>() { check_reduce_kernel(S, kernels::reduce<Arch, S>); });
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
  check_reduce<reduce_spec{make({full(82), per_row(2, 41)}, {difference, power}), add, 2, 41, 1,
                           true}>();
  check_reduce<reduce_spec{make({full(33)}, {{exp, 0, 0, 0}}), add, 1, 11, 3, true}>();
  check_reduce<reduce_spec{make({full(1)}, {{exp, 0, 0, 0}}), add, 1, 1, 1, true}>();
  check_reduce<reduce_spec{make({full(9)}, {{negate, 0, 0, 0}, {exp, 1, 0, 0}}), maximum, 1, 9,
                           1}>();
  // a bias per channel inside a sum over everything; inside a sum over the rows
  check_reduce<reduce_spec{make({full(60), per_channel(5)}, {{multiply, 0, 1, 0}}), add, 1, 60,
                           1}>();
  check_reduce<reduce_spec{make({full(60), per_channel(5)}, {{multiply, 0, 1, 0}}), add, 1, 12,
                           5}>();
  check_reduce<reduce_spec{make({full(60), per_channel(5)}, {{multiply, 0, 1, 0}}), add, 4, 3, 5,
                           true}>();
  // the gradient of a scale: dy * (x - mean of the row), summed over rows and batch
  check_reduce<reduce_spec{
      make({full(72), per_row(4, 18), full(72)}, {difference, {multiply, 2, 3, 0}}), add, 1, 4, 18,
      true}>();
  // rows that fit no common length
  check_reduce<reduce_spec{
      make({full(60), per_channel(6), per_row(15, 4)}, {{multiply, 0, 1, 0}, {multiply, 3, 2, 0}}),
      add, 3, 20, 1}>();
  check_reduce<reduce_spec{
      make({full(60), per_channel(6), per_row(15, 4)}, {{multiply, 0, 1, 0}, {multiply, 3, 2, 0}}),
      add, 1, 3, 20, true}>();
  // not batched: once; over the batch: as often as there are samples
  check_reduce<reduce_spec{make({full(34, false)}, {}), add, 2, 17, 1, false, false}>();
  check_reduce<reduce_spec{make({full(34, false)}, {}), add, 1, 2, 17, false, false}>();
  check_reduce<reduce_spec{make({full(34, false)}, {}), add, 1, 2, 17, true}>();
  check_reduce<reduce_spec{make({full(20, false), full(20)}, {{multiply, 0, 1, 0}}), add, 1, 1, 20,
                           true}>();
}

}  // namespace
