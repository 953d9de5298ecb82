#include "peers.hpp"

#ifndef BENCH_EIGEN
#define BENCH_EIGEN 0
#endif
#ifndef BENCH_OPENBLAS
#define BENCH_OPENBLAS 0
#endif
#ifndef BENCH_XSMM
#define BENCH_XSMM 0
#endif
#ifndef BENCH_ONEDNN
#define BENCH_ONEDNN 0
#endif
#ifndef BENCH_DLIB
#define BENCH_DLIB 0
#endif

namespace benches {

peer_list gemm_peers([[maybe_unused]] gemm_size size, [[maybe_unused]] pass p,
                     [[maybe_unused]] buffer_list const& a,
                     [[maybe_unused]] float_buffer const& b) {
  peer_list all;
#if BENCH_EIGEN
  all.emplace_back("eigen", [=, &a, &b] { return eigen::gemm(size, p, a, b); });
#endif
#if BENCH_XSMM
  all.emplace_back("libxsmm", [=, &a, &b] { return xsmm::gemm(size, p, a, b); });
#endif
#if BENCH_ONEDNN
  all.emplace_back("onednn", [=, &a, &b] { return onednn::gemm(size, p, a, b); });
#endif
#if BENCH_OPENBLAS
  all.emplace_back("openblas", [=, &a, &b] { return openblas::gemm(size, p, a, b); });
#endif
  return all;
}

peer_list mlp_peers([[maybe_unused]] mlp const& net, [[maybe_unused]] int batch,
                    [[maybe_unused]] parameter_list const& parameters,
                    [[maybe_unused]] buffer_list const& x) {
  peer_list all;
#if BENCH_EIGEN
  all.emplace_back("eigen",
                   [=, &parameters, &x] { return eigen::dense_layers(net, batch, parameters, x); });
#endif
#if BENCH_ONEDNN
  all.emplace_back(
      "onednn", [=, &parameters, &x] { return onednn::dense_layers(net, batch, parameters, x); });
#endif
#if BENCH_OPENBLAS
  all.emplace_back("openblas", [=, &parameters, &x] {
    return openblas::dense_layers(net, batch, parameters, x);
  });
#endif
  return all;
}

peer_list conv_peers([[maybe_unused]] conv const& c, [[maybe_unused]] pass p,
                     [[maybe_unused]] int batch, [[maybe_unused]] buffer_list const& a,
                     [[maybe_unused]] float_buffer const& b,
                     [[maybe_unused]] float_buffer const& bias) {
  peer_list all;
#if BENCH_ONEDNN
  all.emplace_back("onednn",
                   [=, &a, &b, &bias] { return onednn::convolution(c, p, batch, a, b, bias); });
#endif
  return all;
}

peer_list cnn_peers([[maybe_unused]] cnn const& net, [[maybe_unused]] int batch,
                    [[maybe_unused]] parameter_list const& parameters,
                    [[maybe_unused]] buffer_list const& x) {
  peer_list all;
#if BENCH_ONEDNN
  all.emplace_back("onednn",
                   [=, &parameters, &x] { return onednn::network(net, batch, parameters, x); });
#endif
  return all;
}

peer_list mlp_training_peers([[maybe_unused]] mlp const& net,
                             [[maybe_unused]] std::string const& optimizer,
                             [[maybe_unused]] int batch,
                             [[maybe_unused]] parameter_list const& parameters,
                             [[maybe_unused]] buffer_list const& x,
                             [[maybe_unused]] buffer_list const& labels) {
  peer_list all;
#if BENCH_DLIB
  all.emplace_back("dlib", [=, &parameters, &x, &labels] {
    return dlib_peer::training(net, optimizer, batch, parameters, x, labels);
  });
#endif
  return all;
}

void one_thread_for_peers() {
#if BENCH_OPENBLAS
  openblas::one_thread();
#endif
#if BENCH_ONEDNN
  onednn::one_thread();
#endif
}

}  // namespace benches
