#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../../dsl/contraction.hpp"
#include "../harness/harness.hpp"

/// Other libraries, each behind the same few questions: those that Meson finds are compiled in.
/// They are given weights in advance and may lay them out as they like; they do the same work.
namespace benches {

enum class pass { forward, dx, dw };
enum class activation { none, relu, tanh, sigmoid };

/// x (batch, in), weights (out, in), y (batch, out). The gradients: dx = dy W; dw = dy^T x.
struct gemm_size {
  int batch, in, out;
};

/// Dense layers one after the other: sizes[0] inputs, then an activation behind each layer.
struct mlp {
  std::string name;
  std::vector<int> sizes;
  std::vector<activation> activations;
};

/// A window over (height, width, channels), then bias and relu, then a max pool, where a size of 1
/// is none. For the gradients only the window. Weights: (filters, ky, kx, channels / groups).
struct conv {
  etch::contraction window;
  int pool = 1;
};

/// A convolutional network: convolutions, then dense layers over what they give, flattened. Behind
/// each layer but the last there is a relu.
struct cnn {
  int height, width, channels;
  struct stage {
    int filters, kernel, pool;
  };
  std::vector<stage> stages;
  std::vector<int> units;
};

using parameter_list = std::vector<std::vector<float>>;  // weights, bias, weights, bias, ...

/// (library, how to prepare the job). Inputs are those that etch is given.
using peer_list = std::vector<std::pair<std::string, std::function<job()>>>;

/// `a` rotates: x, for dx dy; `b`: the weights, for dw dy.
peer_list gemm_peers(gemm_size size, pass p, buffer_list const& a, float_buffer const& b);
peer_list mlp_peers(mlp const& net, int batch, parameter_list const& parameters,
                    buffer_list const& x);
/// `a` rotates: x, for dx dy; `b`: the weights, for dw dy.
peer_list conv_peers(conv const& c, pass p, int batch, buffer_list const& a, float_buffer const& b,
                     float_buffer const& bias);
peer_list cnn_peers(cnn const& net, int batch, parameter_list const& parameters,
                    buffer_list const& x);

/// Training on batches of 64 with labels (batch); `optimizer` is "sgd" or "adam".
peer_list mlp_training_peers(mlp const& net, std::string const& optimizer, int batch,
                             parameter_list const& parameters, buffer_list const& x,
                             buffer_list const& labels);

/// Peers run on the calling thread alone.
void one_thread_for_peers();

// What each file of this folder offers; called by the functions above if the library is there.
namespace eigen {
job gemm(gemm_size size, pass p, buffer_list const& a,
         float_buffer const& b);  // empty: not this size
job dense_layers(mlp const& net, int batch, parameter_list const& parameters, buffer_list const& x);
}  // namespace eigen
namespace openblas {
void one_thread();
job gemm(gemm_size size, pass p, buffer_list const& a, float_buffer const& b);
job dense_layers(mlp const& net, int batch, parameter_list const& parameters, buffer_list const& x);
}  // namespace openblas
namespace xsmm {
job gemm(gemm_size size, pass p, buffer_list const& a, float_buffer const& b);
}
namespace onednn {
void one_thread();
job gemm(gemm_size size, pass p, buffer_list const& a, float_buffer const& b);
job dense_layers(mlp const& net, int batch, parameter_list const& parameters, buffer_list const& x);
job convolution(conv const& c, pass p, int batch, buffer_list const& a, float_buffer const& b,
                float_buffer const& bias);
job network(cnn const& net, int batch, parameter_list const& parameters, buffer_list const& x);
}  // namespace onednn
namespace dlib_peer {
job training(mlp const& net, std::string const& optimizer, int batch,
             parameter_list const& parameters, buffer_list const& x, buffer_list const& labels);
}

}  // namespace benches
