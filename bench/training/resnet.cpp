// Training steps of the ResNet, a program of its own: it takes long to compile.
#include "../harness/training.hpp"
#include "../networks.hpp"

int main(int argc, char** argv) {
  using namespace benches;
  static constexpr auto net = nets::resnet18_small;
  constexpr int batch = 32;
  auto const s = std::make_shared<subject<net>>(batch);
  auto const labels =
      std::make_shared<buffer_list>(targets_for<net, etch::losses::cross_entropy>(batch));
  for (int threads : {1, 2})
    add_training_row<net, batch>("resnet18_small", "sgd", etch::cross_entropy, etch::sgd{}, s,
                                 labels, threads, false);
  return run_rows(argc, argv);
}
