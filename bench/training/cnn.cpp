#include "../harness/training.hpp"
#include "../networks.hpp"
#include "training.hpp"

namespace benches {
namespace {

template <auto Net>
void add(std::string const& name, bool checked) {
  auto const s = std::make_shared<subject<Net>>(64);
  auto const labels =
      std::make_shared<buffer_list>(targets_for<Net, etch::losses::cross_entropy>(64));
  for (int threads : {1, 2}) {
    add_training_row<Net, 64>(name, "adam", etch::cross_entropy, etch::adam{}, s, labels, threads,
                              checked);
    add_training_row<Net, 64>(name, "sgd", etch::cross_entropy, etch::sgd{}, s, labels, threads,
                              checked);
  }
}

}  // namespace

void add_cnn_training_rows() {
  add<nets::mnist_cnn>("mnist_cnn", true);
  add<nets::mnist_dropout>("mnist_dropout", false);
}

}  // namespace benches
