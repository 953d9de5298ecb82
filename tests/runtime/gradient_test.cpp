// etch::gradient: closed forms, differences of losses, threads, and the step that train_step makes.

#include "catch.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/data/batches.hpp"
#include "../../runtime/train/gradient.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "check/allocations.hpp"

namespace {

using namespace etch;

std::vector<float> drawn(std::size_t count, std::uint64_t seed) {
  std::vector<float> all(count);
  random_engine rng{seed};
  for (float& v : all) v = rng.uniform() - 0.5f;
  return all;
}

// Convolutions without kinks, statistics of the whole batch, and 11 samples in groups of 4.
constexpr auto net = input<6, 6, 2> | conv2d<3, 3> | etch::tanh | avg_pool2d<2> | conv2d<4, 2> |
                     batch_norm | etch::tanh | flatten | dense<3>;
constexpr int samples = 11;

/// Of the loss by x[i], as its difference over two steps of `step`.
template <class Loss>
double difference(Loss loss, float& x, float step) {
  float const was = x;
  x = was + step;
  double const above = loss();
  x = was - step;
  double const below = loss();
  x = was;
  return (above - below) / (2 * static_cast<double>(step));
}

}  // namespace

TEST_CASE("gradient: closed form of a linear layer with mse") {
  constexpr auto linear = input<2> | dense<1, no_bias>;
  model<linear> m;
  set(m, "dense_1.weight", std::vector<float>{3, -1});
  std::vector<float> const x{1, 2, 0.5f, -1}, y{0, 4};  // predictions 1 and 2.5
  auto const g = gradient(m, mse, x, y);
  CHECK(g.loss() == Approx((1 + 2.25) / 2));
  CHECK(g.predictions()[1] == Approx(2.5));
  // by w: the mean of 2 (y - t) x; by x: 2 (y - t) w / n
  CHECK(g.get("dense_1.weight")[0] == Approx((2 * 1 * 1 + 2 * -1.5 * 0.5) / 2));
  CHECK(g.get("dense_1.weight")[1] == Approx((2 * 1 * 2 + 2 * -1.5 * -1) / 2));
  REQUIRE(g.inputs().size() == 4);
  CHECK(g.inputs()[0] == Approx(3));
  CHECK(g.inputs()[1] == Approx(-1));
  CHECK(g.inputs()[2] == Approx(-4.5));
  CHECK(g.inputs()[3] == Approx(1.5));
}

TEST_CASE("gradient: differences of the loss, by every thread count") {
  model<net> m{seed{3}};
  std::vector<float> x = drawn(samples * 72, 1);
  std::vector<float> const y = drawn(samples * 3, 2);
  auto const one = gradient<4>(m, mse, x, y);
  auto const loss = [&] { return gradient<4>(m, mse, x, y).loss(); };
  for (std::size_t i = 0; i < x.size(); i += 97)
    CHECK(static_cast<double>(one.inputs()[i]) == Approx(difference(loss, x[i], 1e-2f)).margin(3e-4));
  for (parameter_info const& p : parameters<net>()) {
    std::vector<float> values = get(m, p.name.view());
    float const by_first = one.get(p.name.view())[0];
    auto const with = [&] {
      set(m, p.name.view(), values);
      return loss();
    };
    if (p.trainable)
      CHECK(static_cast<double>(by_first) == Approx(difference(with, values[0], 1e-2f)).margin(3e-4));
    else CHECK(by_first == 0);
    set(m, p.name.view(), values);
  }
  for (int threads : {1, 2, 3}) {
    thread_team team{threads};
    auto const several = gradient<4>(m, mse, x, y, &team);
    for (std::size_t i = 0; i < x.size(); ++i)
      CHECK(several.inputs()[i] == Approx(one.inputs()[i]).margin(1e-6));
    for (std::size_t i = 0; i < one.parameters().size(); ++i)
      CHECK(several.parameters()[i] == Approx(one.parameters()[i]).margin(1e-6));
  }
}

TEST_CASE("gradient: a flat update is what train_step does, and memory is kept") {
  model<net> m{seed{4}}, stepped = m;
  std::vector<float> const x = drawn(samples * 72, 1), y = drawn(samples * 3, 2);
  gradients<net> memory;
  CHECK(memory.parameters().empty());
  gradient<4>(m, mse, x, y, memory);
  sgd optimizer{{.learning_rate = 0.25f}};
  step_report const step = train_step<4>(stepped, optimizer, mse, batch<0>{samples, x, y});
  CHECK(memory.loss() == Approx(step.loss));
  for (std::size_t i = 0; i < memory.parameters().size(); ++i)
    m.weights()[i] -= 0.25f * memory.parameters()[i];
  for (parameter_info const& p : parameters<net>()) {
    if (!p.trainable) continue;
    std::vector<float> const a = get(m, p.name.view()), b = get(stepped, p.name.view());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).margin(1e-6));
  }
  long const before = check::allocations;
  gradient<4>(m, mse, x, y, memory);
  CHECK(check::allocations == before);
}

TEST_CASE("gradient: what is declared frozen has none, what a model has frozen has") {
  constexpr auto declared = input<3> | frozen(dense<4> | etch::tanh) | dense<2>;
  model<declared> m;
  std::vector<float> const x = drawn(15, 1), y = drawn(10, 2);
  m.freeze("dense_2");
  auto const g = gradient(m, mse, x, y);
  CHECK(g.get("dense_1.weight") == std::vector<float>(12));
  CHECK(g.get("dense_2.bias")[0] != 0);
  CHECK(g.inputs()[0] != 0);  // through the block
}

TEST_CASE("gradient: data that do not fit are an error") {
  model<net> const m;
  std::vector<float> const x(72 * 2 + 1), y(6);
  auto const error_of = [&](std::span<float const> inputs, std::span<float const> targets) {
    try {
      static_cast<void>(gradient(m, mse, inputs, targets));
    } catch (error const& e) {
      return std::string{e.what()};
    }
    return std::string{"none"};
  };
  CHECK(error_of(x, y) == "gradient: a batch of 2 samples needs 144 numbers as features, 72 a sample; found 145");
  CHECK(error_of({}, {}) == "gradient: expected at least 1 sample, found 0 numbers");
  CHECK(error_of(std::span{x}.first(72), std::span{y}.first(3)).starts_with("gradient: a layer of this"));
}
