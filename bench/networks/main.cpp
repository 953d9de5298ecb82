// Whole networks, for one image and for 64. See bench/README.md.
#include "networks.hpp"

int main(int argc, char** argv) {
  benches::add_mlp_rows();
  benches::add_cnn_rows();
  benches::add_resnet_rows();
  benches::add_layer_rows();
  return benches::run_rows(argc, argv);
}
