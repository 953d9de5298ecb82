// Training that stops at a loss which is not finite, and says why.

#include "catch.hpp"
#include "instruction_sets.hpp"

#include <cmath>
#include <limits>

#include "../../codegen/kernels/elementwise/all_finite.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/fit.hpp"
#include "../../runtime/train/optimizers/adam.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "../check/guarded.hpp"
#include "scratch_folder.hpp"

namespace {

using namespace etch;

constexpr auto chain = input<2> | dense<2> | dropout<0.5> | dense<2, no_bias> | dense<1>;
constexpr auto nested = input<2> | dense<2> | residual(layer_norm | dense<2> | softplus) | dense<1>;
constexpr auto normed = input<2> | dense<2> | batch_norm | dense<1>;
constexpr float infinity = std::numeric_limits<float>::infinity();

template <auto Net>
std::vector<float> weights_of(model<Net> const& m) {
  return {m.weights(), m.weights() + facts<Net>::weight_floats};
}

/// Three samples of two features, and their targets.
struct three {
  std::array<float, 6> x{0.5f, 1, -1, 0.25f, 2, -0.5f};
  std::array<float, 3> y{1, 0, -1};
  batch<0> all() const { return {3, x, y}; }
};

/// What a step says, with threads or without. It is to change neither the model nor the optimizer.
template <auto Net>
std::string said_of(model<Net> m, three const& data) {
  std::string said;
  for (int threads : {0, 1, 3}) {
    adam optimizer;
    thread_team team{std::max(1, threads)};
    auto const before = weights_of(m);
    auto const now = message_of([&] {
      train_step<2>(m, optimizer, mse, data.all(), threads == 0 ? nullptr : &team);
    });
    CHECK((said.empty() || said == now));
    said = now;
    CHECK(weights_of(m) == before);
    CHECK(optimizer.steps() == 0);
  }
  return said;
}

std::string const kept = ", and the model as it was before this step: ";

}  // namespace

TEST_CASE("numbers that are not finite are found wherever they stand") {
  for_each_instruction_set([]<class Arch>() {
    for (std::size_t count : {0u, 1u, 15u, 64u, 131u}) {
      check::guarded const x{count};
      std::fill_n(x.data(), count, -std::numeric_limits<float>::max());
      CHECK(kernels::all_finite<Arch>(x.data(), count));
      for (std::size_t i = 0; i < count; ++i)
        for (float bad : {std::nanf(""), -std::nanf(""), infinity, -infinity}) {
          float const before = std::exchange(x.data()[i], bad);
          CHECK_FALSE(kernels::all_finite<Arch>(x.data(), count));
          x.data()[i] = before;
        }
    }
  });
}

TEST_CASE("data that are not finite are refused") {
  three data;
  data.x[3] = std::nanf("");  // dropout may take it out of the loss, though not out of a gradient
  CHECK(said_of(model<chain>{}, data) ==
        "train_step: expected finite numbers as features; 1 of 6 are not, the first is number 3: "
        "nan");
  data = {};
  data.y[2] = -infinity;
  CHECK(said_of(model<chain>{}, data) ==
        "train_step: expected finite numbers as targets; 1 of 3 are not, the first is number 2: "
        "-inf");
}

TEST_CASE("a loss that is not finite names the parameters that are not") {
  model<chain> m;
  set(m, "dense_2.weight", std::array{1.0f, 1.0f, -infinity, -infinity});
  CHECK(contains(said_of(m, {}),
                 kept + "these parameters are not finite numbers, as the step before left them:\n"
                        "  dense_2.weight: 2 of 4 are not, the first is number 2: -inf"));
}

TEST_CASE("a loss that is not finite names the first layer that gives what is not") {
  std::string const hint = "; a smaller learning_rate may keep it finite";
  model<chain> m;
  set(m, "dense_1.weight", std::array{1e30f, 0.0f, 1e30f, 0.0f});
  set(m, "dense_1.bias", std::array{0.0f, 0.0f});
  set(m, "dense_2.weight", std::array{1e5f, 1e5f, 1e5f, 1e5f});
  set(m, "dense_3.weight", std::array{1e8f, 0.0f});
  three data;
  data.x = {0, 1, 0, 1, 1, 0};  // the third alone grows, unless dropout takes all of it
  auto const said = said_of(m, data);
  CHECK((contains(said, "layer 4 (dense_3) gives inf for sample 2" + hint) ||
         contains(said, "layer 4 (dense_3) gives -inf for sample 2" + hint)));

  model<nested> n;
  set(n, "dense_2.weight", std::array{3e38f, 3e38f, 3e38f, 3e38f});
  set(n, "dense_2.bias", std::array{3e38f, 3e38f});
  set(n, "layer_norm_1.beta", std::array{1.0f, 1.0f});
  CHECK(contains(said_of(n, {}), "layer 2 (residual/dense_2) gives inf for sample 0" + hint));

  model<normed> b;
  set(b, "dense_1.weight", std::array{3e38f, 0.0f, 1.0f, 0.0f});
  CHECK(contains(said_of(b, {}), "layer 1 (dense_1) gives inf for sample 2" + hint));
}

TEST_CASE("a loss that is not finite may be so by itself") {
  model<chain> m;
  set(m, "dense_3.bias", std::array{1e25f});
  CHECK(contains(said_of(m, {}), kept + "mse of finite predictions gives inf for sample 0"));
}

TEST_CASE("training goes on behind a step that failed as if it had not been") {
  auto const trained = [](bool fails) {
    model<chain> m{seed{1}};
    adam optimizer{{.learning_rate = 0.01f}};
    three const good;
    three bad;
    bad.y[0] = 1e30f;
    for (int step = 0; step < 4; ++step) {
      if (fails && step == 2)
        CHECK(contains(message_of([&] { train_step(m, optimizer, mse, bad.all()); }), "loss is inf"));
      static_cast<void>(train_step(m, optimizer, mse, good.all()));
    }
    return weights_of(m);
  };
  CHECK(trained(true) == trained(false));
}

TEST_CASE("fit names the epoch and the batch, and stops with the model as it was before") {
  three const numbers;
  dataset const data{shape<2>, shape<1>, {numbers.x.begin(), numbers.x.end()},
                     {numbers.y.begin(), numbers.y.end()}};
  auto const fitted = [&](model<normed>& m, float rate, int epochs) {
    sgd optimizer{{.learning_rate = rate}};
    return message_of([&] {
      fit(m, optimizer, mse, data,
          {.epochs = epochs, .batch_size = 3, .shuffle = false, .show = verbosity::silent});
    });
  };
  model<normed> once{seed{1}}, diverging{seed{1}};
  CHECK(fitted(once, 1e30f, 1) == "nothing was thrown");
  auto const said = fitted(diverging, 1e30f, 3);
  CHECK(contains(said, "fit: epoch 2, batch 1: the loss is inf" + kept));
  CHECK(weights_of(diverging) == weights_of(once));

  model<normed> lost{seed{1}};
  CHECK(contains(fitted(lost, std::numeric_limits<float>::max(), 1),
                 "fit: epoch 1: a step left parameters that are not finite numbers:\n  batch_norm_1"));
}
