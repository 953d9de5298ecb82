// Products of two activations, (rows, inner) by (inner, columns), and the two gradients: of the same
// multiply-adds as the rows of gemm, but with a second matrix that nothing before the call has packed.
#include "../../codegen/kernels/contract/contract.hpp"
#include "../../codegen/kernels/contract/product.hpp"
#include "kernels.hpp"

namespace benches {
namespace {

using etch::kernels::matrix_product;

template <matrix_product P>
inline constexpr auto kernel = etch::kernels::product<
    native, P, etch::chosen_kernel<native, asked_by(P)>, etch::identity_epilogue>;

std::vector<float> plain_product(matrix_product p, float const* a, float const* b) {
  std::vector<float> y;
  for (int m = 0; m < p.rows; ++m)
    for (int n = 0; n < p.columns; ++n) {
      double sum = 0;
      for (int k = 0; k < p.inner; ++k)
        sum += static_cast<double>(p.transpose_a ? a[k * p.rows + m] : a[m * p.inner + k]) *
               static_cast<double>(p.transpose_b ? b[n * p.inner + k] : b[k * p.columns + n]);
      y.push_back(static_cast<float>(sum));
    }
  return y;
}

template <matrix_product P>
void add_pass(std::string const& name) {
  struct matrices {
    buffer_list a = inputs(std::size_t{P.rows} * P.inner);
    float_buffer b = numbers(std::size_t{P.inner} * P.columns, 7);
    float_buffer y{std::size_t{P.rows} * P.columns};
  };
  auto const m = std::make_shared<matrices>();
  int const rows = P.rows, inner = P.inner, columns = P.columns;
  task t{name};
  t.work.multiply_adds = 1.0 * rows * inner * columns;
  t.work.read = 4.0 * (rows + columns) * inner;
  t.work.written = 4.0 * rows * columns;
  t.footprint = t.work.read + t.work.written + (m->a.size() - 1) * 4.0 * rows * inner;
  t.expected = [m] { return plain_product(P, m->a[0].data(), m->b.data()); };
  add_row(t, "etch", [m] {
    return make_job([m](int i) { kernel<P>(m->a[i].data(), m->b.data(), m->y.data(), 1, {}, 0); },
                    [m] { return copy_of(m->y); });
  });
}

/// y = a b, da = dy b^T and db = a^T dy.
template <int Rows, int Inner, int Columns>
void add_size() {
  std::string const size = "product/" + std::to_string(Rows) + "x" + std::to_string(Inner) + "x" +
                           std::to_string(Columns);
  add_pass<matrix_product{Rows, Inner, Columns, false, false}>(size + "/forward");
  add_pass<matrix_product{Rows, Columns, Inner, false, true}>(size + "/da");
  add_pass<matrix_product{Inner, Rows, Columns, true, false}>(size + "/db");
}

}  // namespace

void add_product_rows() {
  add_size<32, 32, 32>();
  add_size<64, 64, 64>();
  add_size<128, 64, 128>();
}

}  // namespace benches
