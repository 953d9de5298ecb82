#include <dlib/dnn.h>

#include "activate.hpp"

namespace benches::dlib_peer {
namespace {

template <class Input>
using dense_784_128_64_10 = dlib::loss_multiclass_log<
    dlib::fc<10, dlib::relu<dlib::fc<64, dlib::relu<dlib::fc<128, Input>>>>>>;
using network = dense_784_128_64_10<dlib::input<dlib::matrix<float>>>;

/// Weights as (in + 1, out), the bias in the last row.
template <class Layer>
void set_weights(Layer& layer, std::vector<float> const& weights, std::vector<float> const& bias) {
  dlib::tensor& all = layer.layer_details().get_layer_params();
  float* const to = all.host();
  std::size_t const units = bias.size(), features = weights.size() / units;
  for (std::size_t u = 0; u < units; ++u) {
    for (std::size_t f = 0; f < features; ++f) to[f * units + u] = weights[u * features + f];
    to[features * units + u] = bias[u];
  }
}

template <class Solver>
job steps(Solver const& solver, double rate, int batch, parameter_list const& parameters,
          buffer_list const& x, buffer_list const& labels) {
  struct state {
    network net;
    std::vector<Solver> solvers;
    std::vector<dlib::resizable_tensor> x;
    std::vector<std::vector<unsigned long>> labels;
    double loss = 0;
  };
  auto const m = std::make_shared<state>();
  m->solvers.assign(network::num_computational_layers, solver);
  for (int i = 0; i < rotation; ++i) {
    std::vector<dlib::matrix<float>> samples(static_cast<std::size_t>(batch));
    long const features = static_cast<long>(x[i].size()) / batch;
    for (int k = 0; k < batch; ++k)
      samples[static_cast<std::size_t>(k)] = dlib::mat(x[i].data() + k * features, features, 1);
    dlib::resizable_tensor t;
    m->net.to_tensor(samples.begin(), samples.end(), t);
    m->x.push_back(t);
    m->labels.emplace_back();
    for (int s = 0; s < batch; ++s)
      m->labels.back().push_back(static_cast<unsigned long>(labels[i].data()[s]));
  }
  m->net.subnet().forward(m->x[0]);  // allocates the parameters
  set_weights(dlib::layer<1>(m->net), parameters[4], parameters[5]);
  set_weights(dlib::layer<3>(m->net), parameters[2], parameters[3]);
  set_weights(dlib::layer<5>(m->net), parameters[0], parameters[1]);
  return make_job(
      [m, rate](int i) {
        auto const k = static_cast<std::size_t>(i);
        m->loss = m->net.compute_parameter_gradients(m->x[k], m->labels[k].begin());
        m->net.update_parameters(m->solvers, rate);
      },
      [m] { return std::vector{static_cast<float>(m->loss)}; });
}

}  // namespace

job training(mlp const& net, std::string const& optimizer, int batch,
             parameter_list const& parameters, buffer_list const& x, buffer_list const& labels) {
  if (net.name != "mlp_784_128_64_10") return {};
  if (optimizer == "sgd") return steps(dlib::sgd(0, 0), 1e-2, batch, parameters, x, labels);
  return steps(dlib::adam(0, 0.9f, 0.999f), 1e-3, batch, parameters, x, labels);
}

}  // namespace benches::dlib_peer
