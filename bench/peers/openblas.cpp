#include <cblas.h>

#include "activate.hpp"

namespace benches::openblas {

void one_thread() { openblas_set_num_threads(1); }

job gemm(gemm_size size, pass p, buffer_list const& a, float_buffer const& b) {
  auto const d = std::make_shared<product>(size, p, a, b);
  return make_job(
      [d](int i) {
        cblas_sgemm(CblasColMajor, CblasNoTrans, d->b_transposed ? CblasTrans : CblasNoTrans, d->m,
                    d->n, d->k, 1.0f, d->a_of(i), d->m, d->b_of(i), d->b_transposed ? d->n : d->k,
                    0.0f, d->c.data(), d->m);
      },
      [d] { return copy_of(d->c); });
}

job dense_layers(mlp const& net, int batch, parameter_list const& parameters,
                 buffer_list const& x) {
  struct data {
    mlp net;
    parameter_list parameters;
    buffer_list x;
    std::vector<float_buffer> y;
  };
  auto const d = std::make_shared<data>(data{net, parameters, x, {}});
  for (std::size_t l = 1; l < net.sizes.size(); ++l)
    d->y.emplace_back(static_cast<std::size_t>(batch) * static_cast<std::size_t>(net.sizes[l]));
  return make_job(
      [d, batch](int i) {
        float const* in = d->x[i].data();
        for (std::size_t l = 0; l < d->y.size(); ++l) {
          int const features = d->net.sizes[l], units = d->net.sizes[l + 1];
          float const* const w = d->parameters[2 * l].data();
          float* const y = d->y[l].data();
          if (batch == 1)
            cblas_sgemv(CblasRowMajor, CblasNoTrans, units, features, 1.0f, w, features, in, 1,
                        0.0f, y, 1);
          else
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, units, features, 1.0f, in,
                        features, w, features, 0.0f, y, units);
          for (int s = 0; s < batch; ++s)
            add_bias_and_activate(y + s * units, d->parameters[2 * l + 1].data(), units,
                                  d->net.activations[l]);
          in = y;
        }
      },
      [d] { return copy_of(d->y.back()); });
}

}  // namespace benches::openblas
