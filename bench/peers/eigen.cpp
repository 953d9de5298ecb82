#include <Eigen/Core>

#include <array>
#include <utility>

#include "../sizes.hpp"
#include "activate.hpp"

namespace benches::eigen {
namespace {

template <int Rows, int Columns>
using matrix = Eigen::Map<Eigen::Matrix<float, Rows, Columns>, Eigen::Aligned64>;  // by columns

/// Small products with their sizes fixed and lazily, as Eigen is fastest; large ones go to the same
/// code either way, which takes long to compile for each size.
template <int M, int N, int K>
job multiply(std::shared_ptr<product> const& d) {
  return make_job(
      [d](int i) {
        using a_type = Eigen::Matrix<float, M, K>;
        using b_type = Eigen::Matrix<float, K, N>;
        using transposed_b_type = Eigen::Matrix<float, N, K>;
        Eigen::Map<a_type const, Eigen::Aligned64> const a(d->a_of(i), d->m, d->k);
        Eigen::Map<Eigen::Matrix<float, M, N>, Eigen::Aligned64> c(d->c.data(), d->m, d->n);
        if (d->b_transposed) {
          Eigen::Map<transposed_b_type const, Eigen::Aligned64> const b(d->b_of(i), d->n, d->k);
          if constexpr (M != Eigen::Dynamic)
            c.noalias() = a.lazyProduct(b.transpose());
          else
            c.noalias() = a * b.transpose();
        } else {
          Eigen::Map<b_type const, Eigen::Aligned64> const b(d->b_of(i), d->k, d->n);
          if constexpr (M != Eigen::Dynamic)
            c.noalias() = a.lazyProduct(b);
          else
            c.noalias() = a * b;
        }
      },
      [d] { return copy_of(d->c); });
}

template <activation F, class V>
void activate(V&& y) {
  if constexpr (F == activation::relu)
    y = y.cwiseMax(0.0f);
  else if constexpr (F == activation::tanh)
    y = y.array().tanh();
  else if constexpr (F == activation::sigmoid)
    y = y.array().logistic();
}

struct layers {
  parameter_list parameters;
  buffer_list x;
  std::vector<float_buffer> weights, y;
};

/// Weights by columns as Eigen likes them for a matrix times a vector.
template <mlp_sizes Net, int Batch, std::size_t... L>
job chain(parameter_list const& parameters, buffer_list const& x, std::index_sequence<L...>) {
  auto const d = std::make_shared<layers>(layers{parameters, x, {}, {}});
  (d->weights.push_back(transpose(parameters[2 * L].data(), Net.sizes[L + 1], Net.sizes[L])), ...);
  (d->y.emplace_back(static_cast<std::size_t>(Batch * Net.sizes[L + 1])), ...);
  return make_job(
      [d](int i) {
        float* in = d->x[i].data();
        auto const layer = [&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
          constexpr int features = Net.sizes[K], units = Net.sizes[K + 1];
          constexpr int columns = Batch == 1 ? 1 : Eigen::Dynamic,
                        rows = Batch == 1 ? features : columns;
          constexpr int out = Batch == 1 ? units : columns;
          matrix<rows, columns> const from(in, features, Batch);
          matrix<out, rows> const w(d->weights[K].data(), units, features);
          Eigen::Map<Eigen::Matrix<float, out, 1> const> const bias(d->parameters[2 * K + 1].data(),
                                                                    units);
          matrix<out, columns> y(d->y[K].data(), units, Batch);
          y.noalias() = w * from;
          y.colwise() += bias;
          activate<Net.activation_of(K)>(y);
          in = y.data();
        };
        (layer(std::integral_constant<std::size_t, L>{}), ...);
      },
      [d] { return copy_of(d->y.back()); });
}

}  // namespace

job gemm(gemm_size size, pass p, buffer_list const& a, float_buffer const& b) {
  auto const d = std::make_shared<product>(size, p, a, b);
  if (d->m == 8 && d->n == 8 && d->k == 8) return multiply<8, 8, 8>(d);
  if (d->m == 16 && d->n == 16 && d->k == 16) return multiply<16, 16, 16>(d);
  return multiply<Eigen::Dynamic, Eigen::Dynamic, Eigen::Dynamic>(d);
}

job dense_layers(mlp const& net, int batch, parameter_list const& parameters,
                 buffer_list const& x) {
  job result;
  auto const try_net = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
    constexpr mlp_sizes n = mlps[I];
    if (net.name != n.name) return;
    if (batch == 1) result = chain<n, 1>(parameters, x, std::make_index_sequence<n.layers()>{});
    if constexpr (n.is_network)
      if (batch == 64) result = chain<n, 64>(parameters, x, std::make_index_sequence<n.layers()>{});
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (try_net(std::integral_constant<std::size_t, I>{}), ...);
  }(std::make_index_sequence<mlps.size()>{});
  return result;
}

}  // namespace benches::eigen
