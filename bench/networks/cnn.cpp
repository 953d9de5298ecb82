#include "../harness/network.hpp"
#include "../networks.hpp"
#include "networks.hpp"

namespace benches {
namespace {

template <auto Net, int Batch>
void add(std::string const& name, cnn const& structure) {
  add_forward_rows<Net, Batch>(
      "network/" + name + "/forward/batch:" + std::to_string(Batch),
      [&](auto const& s) { return cnn_peers(structure, Batch, s.parameters, s.x); });
}

}  // namespace

void add_cnn_rows() {
  cnn const mnist{28, 28, 1, {{32, 3, 2}, {64, 3, 2}, {64, 3, 1}}, {64, 10}};
  add<nets::mnist_cnn, 1>("mnist_cnn", mnist);
  add<nets::mnist_cnn, 64>("mnist_cnn", mnist);
  cnn const dropout{28, 28, 1, {{32, 3, 2}}, {128, 10}};
  add<nets::mnist_dropout, 1>("mnist_dropout", dropout);
  add<nets::mnist_dropout, 64>("mnist_dropout", dropout);
}

}  // namespace benches
