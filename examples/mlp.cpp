// Multi-layer perceptrons: one with given weights, checked by hand; one that learns XOR with a loop
// of our own; one that tells two spirals apart, trained by fit.
#include <etch/etch.hpp>
#include <fmt/format.h>

#include <cmath>

#include "options.hpp"

constexpr auto by_hand =
    etch::input<10> | etch::dense<5> | etch::sigmoid | etch::dense<3> | etch::sigmoid;
constexpr auto gate = etch::input<2> | etch::dense<8> | etch::tanh | etch::dense<1>;
constexpr auto planar =
    etch::input<2> | etch::dense<32> | etch::relu | etch::dense<32> | etch::relu | etch::dense<2>;

// The same layer in plain loops and double: y = sigmoid(W x + b), W (units, features) row by row.
std::vector<double> sigmoid_layer(std::vector<float> const& weight, std::vector<float> const& bias,
                                  std::vector<double> const& x) {
  std::vector<double> y;
  for (std::size_t unit = 0; unit < bias.size(); ++unit) {
    double sum = static_cast<double>(bias[unit]);
    for (std::size_t i = 0; i < x.size(); ++i)
      sum += static_cast<double>(weight[unit * x.size() + i]) * x[i];
    y.push_back(1 / (1 + std::exp(-sum)));
  }
  return y;
}

// Parameters are set and read by name, in the standard layout, however they lie in memory.
bool forward_as_by_hand() {
  auto const numbers = [](int count, double step) {
    std::vector<float> values;
    for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(std::sin(step * (i + 1))));
    return values;
  };
  auto const w1 = numbers(5 * 10, 0.7), b1 = numbers(5, 0.3);
  auto const w2 = numbers(3 * 5, 1.1), b2 = numbers(3, 0.9);
  etch::model<by_hand> model;
  etch::set(model, "dense_1.weight", w1);
  etch::set(model, "dense_1.bias", b1);
  etch::set(model, "dense_2.weight", w2);
  etch::set(model, "dense_2.bias", b2);

  std::array<float, 10> x;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.1f * static_cast<float>(i) - 0.5f;
  auto const y = model.forward(x);
  auto const expected = sigmoid_layer(w2, b2, sigmoid_layer(w1, b1, {x.begin(), x.end()}));
  bool equal = true;
  for (std::size_t i = 0; i < y.size(); ++i) {
    fmt::print("output {}: {:.7f}, by hand {:.7f}\n", i, y[i], expected[i]);
    equal = equal && std::abs(static_cast<double>(y[i]) - expected[i]) < 1e-6;
  }
  return equal;
}

// A training loop of one's own is a loop around train_step.
bool learn_xor(std::uint64_t seed) {
  etch::dataset const truth{etch::shape<2>, etch::shape<1>, {0, 0, 0, 1, 1, 0, 1, 1}, {0, 1, 1, 0}};
  etch::model<gate> model{etch::seed{seed}};
  etch::adam optimizer{{.learning_rate = 0.05f}};
  for (int step = 0; step < 300; ++step) etch::train_step(model, optimizer, etch::mse, truth);

  bool learned = true;
  for (int i = 0; i < truth.size(); ++i) {
    auto const x = truth.features(i).first<2>();
    float const y = model.forward(x)[0];
    fmt::print("{} xor {}: {:.3f}\n", x[0], x[1], y);
    learned = learned && std::abs(y - truth.targets(i)[0]) < 0.1f;
  }
  return learned;
}

// Points on two arms that wind one and a half times around the origin, with some noise.
etch::dataset spirals(int samples, std::uint64_t seed) {
  etch::random_engine rng{seed};
  std::vector<float> points, arms;
  for (int i = 0; i < samples; ++i) {
    int const arm = rng.below(2);
    float const turn = rng.uniform(), angle = 3.1415927f * (3 * turn + static_cast<float>(arm));
    points.push_back((0.1f + turn) * std::cos(angle) + 0.02f * rng.normal());
    points.push_back((0.1f + turn) * std::sin(angle) + 0.02f * rng.normal());
    arms.push_back(static_cast<float>(arm));
  }
  return {etch::shape<2>, etch::shape<>, points, arms};
}

int main(int argc, char** argv) {
  options o{argc, argv, "Small perceptrons: values checked by hand, XOR, two spirals."};
  int const epochs = o.number("epochs", 60, "training on the spirals");
  auto const seed = o.seed();
  o.finish();
  if (!forward_as_by_hand()) return o.fail("forward differs from the values by hand", 1);
  if (!learn_xor(seed)) return o.fail("XOR was not learned", 1);

  etch::dataset const train = spirals(2000, 1), test = spirals(1000, 2);
  etch::model<planar> model{etch::seed{seed}};
  etch::adam optimizer{{.learning_rate = 0.005f}};
  auto const history = etch::fit(model, optimizer, etch::cross_entropy, train,
                                 {.epochs = epochs, .show = etch::verbosity::silent});
  fmt::print("two spirals: loss {:.4f} in the first epoch, {:.4f} in epoch {}\n",
             history.front().training.loss, history.back().training.loss, epochs);
  auto const result = etch::evaluate(model, etch::cross_entropy, test);
  fmt::print("test accuracy {:.4f} ({} of {})\n", result.accuracy(), result.correct,
             result.samples);
  return o.done();
}
