// The kernel of matrix products of two activations against plain loops, of guarded memory.

#include "../../codegen/kernels/contract/contract.hpp"
#include "../../codegen/kernels/contract/product.hpp"
#include "contract_testing.hpp"
#include "kernel_testing.hpp"

using namespace kernel_testing;
using kernels::matrix_product;

namespace {

constexpr int matrices = 2;

guarded numbers(int count, edge at, int salt) {
  guarded all(count, at);
  for (int i = 0; i < count; ++i) all[i] = contract_testing::number(i, salt);
  return all;
}

std::vector<double> plain_product(matrix_product const& p, guarded const& a, guarded const& b) {
  std::vector<double> y;
  for (int i = 0; i < matrices; ++i)
    for (int m = 0; m < p.rows; ++m)
      for (int n = 0; n < p.columns; ++n) {
        y.push_back(0);
        for (int k = 0; k < p.inner; ++k)
          y.back() += static_cast<double>(
                          a[i * p.a() + (p.transpose_a ? k * p.rows + m : m * p.inner + k)]) *
                      static_cast<double>(
                          b[i * p.b() + (p.transpose_b ? n * p.inner + k : k * p.columns + n)]);
      }
  return y;
}

template <matrix_product P>
void check_product() {
  CAPTURE(P.rows, P.inner, P.columns, P.transpose_a, P.transpose_b);
  for (edge const at : {edge::begin, edge::end}) {
    guarded const a = numbers(matrices * P.a(), at, 1), b = numbers(matrices * P.b(), at, 2);
    auto const expected = plain_product(P, a, b);
    for_each_instruction_set([&]<class Arch>() {
      guarded y(matrices * P.rows * P.columns, at);
      constexpr kernel_choice chosen = chosen_kernel<Arch, asked_by(P)>;
      kernels::product<Arch, P, chosen>(a.data(), b.data(), y.data(), matrices);
      CHECK(error_of(y, expected) < 1e-5);
    });
  }
}

template <int Rows, int Inner, int Columns>
void check_all_ways() {
  check_product<matrix_product{Rows, Inner, Columns, false, false}>();
  check_product<matrix_product{Rows, Inner, Columns, false, true}>();
  check_product<matrix_product{Rows, Inner, Columns, true, false}>();
  check_product<matrix_product{Rows, Inner, Columns, true, true}>();
}

}  // namespace

TEST_CASE("products of two activations agree with plain loops, whatever is transposed") {
  check_all_ways<1, 1, 1>();
  check_all_ways<5, 3, 7>();
  check_all_ways<17, 6, 19>();
  check_all_ways<13, 300, 9>();  // in blocks of the reduction
  check_all_ways<32, 32, 64>();
  check_all_ways<20, 40, 512>();  // too far apart to be read as they lie
  check_all_ways<9, 17, 75>();
}
