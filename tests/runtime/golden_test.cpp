// Ten training steps against PyTorch's in double; tests/golden/golden.py makes the losses.

#include "catch.hpp"

#include <cmath>
#include <fstream>
#include <sstream>

#include "../../codegen/reference/evaluate.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/adam.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "../../runtime/train/train_step.hpp"

namespace {

constexpr int samples = 12, steps = 10, classes = 3;

constexpr auto plain = etch::input<8, 8, 2>
                     | etch::conv2d<4, 3> | etch::relu | etch::max_pool2d<2>
                     | etch::flatten | etch::dense<6> | etch::tanh | etch::dense<3>;
constexpr auto normalised = etch::input<8, 8, 2> | etch::conv2d<4, 3> | etch::batch_norm |
                            etch::relu | etch::max_pool2d<2> | etch::flatten | etch::dense<6> |
                            etch::layer_norm | etch::tanh | etch::dense<3>;

/// The hash of golden.py.
double number(std::uint32_t index) {
  std::uint32_t x = index * 2654435761u;
  x = (x ^ (x >> 15)) * 2246822519u;
  x ^= x >> 13;
  return static_cast<double>(x >> 8 & 0xffff) / 32768 - 1;
}

struct golden_batch {
  std::vector<float> x, labels;

  explicit golden_batch(int step) {
    auto const first = static_cast<std::uint32_t>(100000 + 10000 * step);
    for (std::uint32_t i = 0; i < samples * 8 * 8 * 2; ++i)
      x.push_back(static_cast<float>(number(first + i)));
    for (std::uint32_t i = 0; i < samples; ++i)
      labels.push_back(
          static_cast<float>(static_cast<int>((number(first + 9000 + i) + 1) / 2 * classes)));
  }
  int size() const { return samples; }
  std::span<float const> features() const { return x; }
  std::span<float const> targets() const { return labels; }
};

/// The parameters of golden.py, in their order; states as their initializers say.
std::vector<std::vector<double>> first_parameters(etch::graph const& g) {
  std::vector<std::vector<double>> all;
  std::uint32_t index = 0;
  for (etch::parameter_info const& p : g.parameters) {
    all.emplace_back(static_cast<std::size_t>(p.shape.elements()), p.init.scale.value());
    if (!p.trainable) continue;
    bool const is_gamma = p.name.view().find("gamma") != std::string_view::npos;
    ++index;
    for (std::uint32_t i = 0; i < all.back().size(); ++i)
      all.back()[i] = number(1000 * index + i) * 0.25 + (is_gamma ? 1 : 0);
  }
  return all;
}

std::vector<double> golden(std::string const& name) {
  std::ifstream file(std::string(ETCH_TESTS_DIR) + "/golden/losses.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word != name) continue;
    std::vector<double> losses;
    for (double loss; words >> loss;) losses.push_back(loss);
    return losses;
  }
  return {};
}

/// Trains by `train_step`, in float.
template <auto Net, class Optimizer>
std::vector<double> float_losses(Optimizer optimizer) {
  etch::model<Net> m;
  auto const start = first_parameters(etch::graph_of(Net));
  for (std::size_t i = 0; i < start.size(); ++i) {
    std::vector<float> const values(start[i].begin(), start[i].end());
    etch::set(m, etch::parameters<Net>()[i].name.view(), values);
  }
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step)
    losses.push_back(
        etch::train_step<samples>(m, optimizer, etch::cross_entropy, golden_batch(step)).loss);
  return losses;
}

/// Trains in double: the gradients of the reference interpreter, and update(parameter, gradient,
/// moments, step) for every trained number.
template <auto Net, class Update>
std::vector<double> double_losses(Update update) {
  etch::graph const g = etch::training_graph(Net, etch::cross_entropy);
  auto parameters = first_parameters(g);
  std::vector<std::vector<std::array<double, 2>>> moments;
  for (auto const& p : parameters) moments.emplace_back(p.size());
  std::vector<double> losses;
  for (int step = 1; step <= steps; ++step) {
    golden_batch const b(step - 1);
    auto const r = etch::evaluate<double>(
        g, {{b.x.begin(), b.x.end()}, {b.labels.begin(), b.labels.end()}}, parameters, samples);
    double sum = 0;
    for (double loss : r[g.outputs[1]]) sum += loss;
    losses.push_back(sum / samples);
    auto const gradients = etch::parameter_gradients(g, r);
    for (std::size_t i = 0; i < parameters.size(); ++i)
      for (std::size_t j = 0; j < parameters[i].size(); ++j)
        if (g.parameters[i].trainable)
          update(parameters[i][j], gradients[i][j] / samples, moments[i][j], step);
  }
  return losses;
}

void adam_update(double& p, double g, std::array<double, 2>& moments, int step,
                 double weight_decay) {
  auto& [m, v] = moments;
  p -= 1e-2 * weight_decay * p;
  m = 0.9 * m + 0.1 * g;
  v = 0.999 * v + 0.001 * g * g;
  p -= 1e-2 * (m / (1 - std::pow(0.9, step))) / (std::sqrt(v / (1 - std::pow(0.999, step))) + 1e-8);
}

void check_losses(std::vector<double> const& given, std::string const& name, double tolerance) {
  std::vector<double> const expected = golden(name);
  REQUIRE(expected.size() == steps);
  REQUIRE(given.size() == steps);
  for (std::size_t i = 0; i < steps; ++i) {
    INFO(name << ", step " << i << ": expected " << expected[i] << ", given " << given[i]);
    CHECK(std::abs(given[i] - expected[i]) <= tolerance);
  }
  CHECK(expected.back() != expected.front());
}

}  // namespace

TEST_CASE("ten losses with Adam are PyTorch's") {
  check_losses(
      double_losses<plain>([](double& p, double g, auto& m, int t) { adam_update(p, g, m, t, 0); }),
      "adam", 1e-9);
  check_losses(float_losses<plain>(etch::adam{{.learning_rate = 1e-2f}}), "adam", 2e-5);
}

TEST_CASE("ten losses with Nesterov momentum and weight decay are PyTorch's") {
  auto const update = [](double& p, double g, std::array<double, 2>& moments, int) {
    double& v = moments[0];
    g += 1e-2 * p;
    v = 0.9 * v + g;
    p -= 5e-2 * (g + 0.9 * v);
  };
  check_losses(double_losses<plain>(update), "nesterov", 1e-9);
  check_losses(float_losses<plain>(etch::sgd{{.learning_rate = 5e-2f, .momentum = 0.9f,
                                              .weight_decay = 1e-2f, .nesterov = true}}),
               "nesterov", 2e-5);
}

TEST_CASE("ten losses with batch_norm, layer_norm and decoupled decay are PyTorch's") {
  check_losses(double_losses<normalised>(
                   [](double& p, double g, auto& m, int t) { adam_update(p, g, m, t, 0.1); }),
               "normalised", 1e-9);
  check_losses(float_losses<normalised>(etch::adam{{.learning_rate = 1e-2f, .weight_decay = 0.1f}}),
               "normalised", 2e-5);
}

TEST_CASE("another learning rate gives other losses than PyTorch's") {  // the comparison can fail
  auto const given = float_losses<plain>(etch::adam{{.learning_rate = 1.1e-2f}});
  CHECK(std::abs(given.back() - golden("adam").back()) > 2e-4);
}
