// A dense layer with its activation for one sample: a matrix times a vector.
#include "../../etch.hpp"
#include "../harness/network.hpp"
#include "../sizes.hpp"
#include "kernels.hpp"

namespace benches {
namespace {

template <int In, int Out, auto Activation>
void add(std::string const& group, std::string const& kind) {
  constexpr auto net = etch::input<In> | etch::dense<Out> | Activation;
  std::string const size = std::to_string(In) + "x" + std::to_string(Out);
  add_forward_rows<net, 1>(group + "/" + size + "/forward/batch:1", [&](auto const& s) {
    return mlp_peers(mlp_named(size + "_" + kind), 1, s.parameters, s.x);
  });
}

}  // namespace

void add_dense_rows() {
  add<64, 64, etch::relu>("matvec", "relu");
  add<128, 128, etch::relu>("matvec", "relu");
  add<784, 128, etch::relu>("matvec", "relu");
  add<512, 512, etch::relu>("matvec", "relu");
  add<8, 8, etch::tanh>("dense_tanh", "tanh");
  add<32, 32, etch::tanh>("dense_tanh", "tanh");
  add<64, 64, etch::tanh>("dense_tanh", "tanh");
  add<128, 128, etch::tanh>("dense_tanh", "tanh");
}

}  // namespace benches
