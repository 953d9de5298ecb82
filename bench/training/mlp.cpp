#include "../harness/training.hpp"
#include "../networks.hpp"
#include "../sizes.hpp"
#include "training.hpp"

namespace benches {
namespace {

template <class Optimizer>
void add_784(std::string const& optimizer_name, Optimizer optimizer) {
  static constexpr auto net = nets::mlp_784_128_64_10;
  auto const s = std::make_shared<subject<net>>(64);
  auto const labels =
      std::make_shared<buffer_list>(targets_for<net, etch::losses::cross_entropy>(64));
  for (int threads : {1, 2}) {
    task const t =
        add_training_row<net, 64>("mlp_784_128_64_10", optimizer_name, etch::cross_entropy,
                                  optimizer, s, labels, threads, true);
    if (threads == 1)
      for (auto const& peer : mlp_training_peers(mlp_named("mlp_784_128_64_10"), optimizer_name, 64,
                                                 s->parameters, s->x, *labels))
        add_row(t, peer.first, [s, labels, make = peer.second] { return make(); });
  }
}

}  // namespace

void add_mlp_training_rows() {
  static constexpr auto tiny = nets::mlp_1_8_8_8_1;
  auto const s = std::make_shared<subject<tiny>>(64);
  auto const targets = std::make_shared<buffer_list>(targets_for<tiny, etch::losses::mse>(64));
  add_training_row<tiny, 64>("mlp_1_8_8_8_1", "sgd", etch::mse, etch::sgd{}, s, targets, 1, false);
  add_training_row<tiny, 64>("mlp_1_8_8_8_1", "adam", etch::mse, etch::adam{}, s, targets, 1,
                             false);
  add_784("sgd", etch::sgd{});
  add_784("adam", etch::adam{});
}

}  // namespace benches
