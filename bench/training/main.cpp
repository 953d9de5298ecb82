// Training steps, in samples a second. See bench/README.md.
#include "training.hpp"

int main(int argc, char** argv) {
  benches::add_mlp_training_rows();
  benches::add_cnn_training_rows();
  return benches::run_rows(argc, argv);
}
