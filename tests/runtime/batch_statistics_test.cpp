// Statistics of a batch are those of all its samples, however many threads and groups share it.

#include "catch.hpp"

#include <cmath>
#include <vector>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/fit.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "scratch_folder.hpp"

namespace {

using namespace etch;

// Samples in the lanes of vectors; images, sample by sample, with two measurements that depend on
// each other; layers so heavy that threads divide their weights.
constexpr auto narrow = input<4> | dense<8> | batch_norm | relu | dense<1>;
constexpr auto images = input<6, 5, 2> | conv2d<3, 3> | batch_norm | relu |
                        residual(conv2d<3, 3, same> | batch_norm) | flatten | dense<1>;
constexpr auto heavy = input<4> | dense<300> | batch_norm | relu | dense<260> | batch_norm | dense<1>;

dataset data_of(tensor_shape features, int samples) {
  std::vector<float> x, y;
  for (int i = 0; i < samples; ++i) {
    double sum = 0;
    for (int j = 0; j < features.elements(); ++j) {
      double const value = std::sin(1.7 * i + 2.1 * j);
      x.push_back(static_cast<float>(value));
      sum += (j + 1) * value;
    }
    y.push_back(static_cast<float>(sum / features.elements()));
  }
  return {features, shape<1>, x, y};
}

/// The weights and states behind some steps with batches of `samples`.
template <auto Net, int Group>
std::vector<float> trained(int samples, int threads) {
  model<Net> m{seed{5}};
  sgd optimizer{{.learning_rate = 0.002f}};
  thread_team team(threads);
  dataset const data = data_of(Net.input_shape(), samples);
  for (int step = 0; step < 3; ++step)
    static_cast<void>(train_step<Group>(m, optimizer, mse,
                                        batch<0>{samples, data.features(0, samples),
                                                 data.targets(0, samples)},
                                        &team));
  return {m.weights(), m.weights() + facts<Net>::parameter_floats};
}

template <auto Net>
void check_threads() {
  for (int samples : {3, 7, 70}) {
    std::vector<float> const one = trained<Net, 64>(samples, 1);
    auto const check_same = [&](std::vector<float> const& given, int threads) {
      INFO(samples << " samples, " << threads << " threads");
      double worst = 0;
      for (std::size_t i = 0; i < one.size(); ++i)
        worst = std::fmax(worst, std::abs(static_cast<double>(given[i] - one[i])));
      CHECK(worst < 1e-4);
    };
    for (int threads : {2, 3, 16}) check_same(trained<Net, 64>(samples, threads), threads);
    check_same(trained<Net, 4>(samples, 1), 1);
    check_same(trained<Net, 4>(samples, 2), 2);
    CHECK(trained<Net, 64>(samples, 3) == trained<Net, 64>(samples, 3));
  }
}

}  // namespace

TEST_CASE("batch statistics do not depend on threads and groups: narrow layers") {
  check_threads<narrow>();
}
TEST_CASE("batch statistics do not depend on threads and groups: images") {
  check_threads<images>();
}
TEST_CASE("batch statistics do not depend on threads and groups: heavy layers") {
  check_threads<heavy>();
}

TEST_CASE("the running variance is the unbiased one of the whole batch") {
  static constexpr auto net = input<2> | batch_norm(momentum<1.0>) | dense<1>;
  std::vector<float> const x{1, 10, 2, 20, 4, 40, 9, 10, 9, -30};
  double const mean[]{5, 10}, unbiased[]{14.5, 650};  // 58 / 4, 2600 / 4
  for (int threads : {1, 2, 4}) {
    model<net> m{seed{1}};
    sgd optimizer;
    thread_team team(threads);
    std::vector<float> const y(5);
    static_cast<void>(train_step<2>(m, optimizer, mse, batch<0>{5, x, y}, &team));
    for (std::size_t c = 0; c < 2; ++c) {
      CHECK(std::abs(static_cast<double>(get(m, "batch_norm_1.running_mean")[c]) - mean[c]) < 1e-5);
      CHECK(std::abs(static_cast<double>(get(m, "batch_norm_1.running_var")[c]) / unbiased[c] - 1) <
            1e-5);
    }
  }
}

TEST_CASE("one value has no variance: train_step and fit refuse it, and fit makes no such batch") {
  model<narrow> m{seed{1}};
  sgd optimizer;
  auto const before = std::vector<float>(m.weights(), m.weights() + facts<narrow>::parameter_floats);
  CHECK(message_of([&] {
          static_cast<void>(train_step(m, optimizer, mse, batch<0>{1, std::vector<float>(4),
                                                                   std::vector<float>(1)}));
        }) ==
        "train_step: a layer of this network (batch_norm) measures how the values of a batch vary, "
        "which takes at least 2 samples; found 1. Let the batch before it take in a rest that is "
        "smaller, as fit does, or leave it out");
  CHECK(message_of([&] {
          fit(m, optimizer, mse, data_of(shape<4>, 8),
              {.batch_size = 1, .show = verbosity::silent});
        }) ==
        "fit: batch_size must be at least 2 (batch_norm measures how values vary); it is 1");
  CHECK(optimizer.steps() == 0);
  CHECK(before == std::vector<float>(m.weights(), m.weights() + facts<narrow>::parameter_floats));

  fit(m, optimizer, mse, data_of(shape<4>, 129), {.batch_size = 64, .show = verbosity::silent});
  CHECK(optimizer.steps() == 2);
  fit(m, optimizer, mse, data_of(shape<4>, 130), {.batch_size = 64, .show = verbosity::silent});
  CHECK(optimizer.steps() == 5);
  for (float w : get(m, "batch_norm_1.running_var")) CHECK(w > 0.01f);

  // Twelve values of each channel in one image.
  model<images> of_images{seed{1}};
  sgd other;
  dataset const one = data_of(shape<6, 5, 2>, 1);
  CHECK(std::isfinite(
      train_step(of_images, other, mse, batch<0>{1, one.features(0, 1), one.targets(0, 1)}).loss));
}

TEST_CASE("a rest of too few samples joins the batch before it") {
  dataset const data = data_of(shape<4>, 9);
  auto const sizes = [&](int batch_size, int least) {
    std::vector<int> all;
    auto range = batches(data, batch_size, least);
    for (auto const& b : range) all.push_back(b.size());
    CHECK(static_cast<int>(all.size()) == range.size());
    return all;
  };
  CHECK(sizes(4, 1) == std::vector{4, 4, 1});
  CHECK(sizes(4, 2) == std::vector{4, 5});
  CHECK(sizes(3, 2) == std::vector{3, 3, 3});
  CHECK(sizes(16, 10) == std::vector{9});
}
