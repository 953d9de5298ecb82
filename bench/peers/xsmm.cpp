#include <libxsmm.h>

#include "activate.hpp"

namespace benches::xsmm {

job gemm(gemm_size size, pass p, buffer_list const& a, float_buffer const& b) {
  auto const d = std::make_shared<product>(size, p, a, b);
  float const alpha = 1, beta = 0;
  int const flags = d->b_transposed ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  int const ldb = d->b_transposed ? d->n : d->k;
  libxsmm_smmfunction const kernel =
      libxsmm_smmdispatch(d->m, d->n, d->k, &d->m, &ldb, &d->m, &alpha, &beta, &flags, nullptr);
  if (kernel == nullptr) return {};
  return make_job([d, kernel](int i) { kernel(d->a_of(i), d->b_of(i), d->c.data()); },
                  [d] { return copy_of(d->c); });
}

}  // namespace benches::xsmm
