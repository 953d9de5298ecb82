// The optimizers' formulas, and what a training step does with them.

#include "catch.hpp"
#include "instruction_sets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/adam.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "../../runtime/train/train_step.hpp"
#include "scratch_folder.hpp"

namespace {

// Odd sizes: the panels of both layers have lanes to spare.
constexpr auto net = etch::input<6, 5, 2> | etch::conv2d<3, 3> | etch::batch_norm | etch::relu |
                     etch::flatten | etch::dense<5>;

constexpr auto plain =
    etch::input<6, 5, 2> | etch::conv2d<3, 3> | etch::relu | etch::flatten | etch::dense<5>;

struct random_batch {
  int count;
  std::vector<float> x, t;

  explicit random_batch(int samples, std::uint32_t seed = 1) : count(samples) {
    etch::counter_key const key{seed, 0, 0, 0};
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(samples) * 60; ++i)
      x.push_back(2 * etch::counter_uniform(key, i) - 1);
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(samples) * 5; ++i)
      t.push_back(etch::counter_uniform(key, 100000 + i));
  }
  int size() const { return count; }
  std::span<float const> features() const { return x; }
  std::span<float const> targets() const { return t; }
};

std::vector<float> weights_of(etch::model<net> const& m) {
  return {m.weights(), m.weights() + etch::facts<net>::parameter_floats};
}

/// The floats of the buffer that belong to no parameter.
std::vector<char> is_padding() {
  std::vector<char> padding(static_cast<std::size_t>(etch::facts<net>::parameter_floats), true);
  for (std::size_t i = 0; i < etch::facts<net>::parameters.size(); ++i)
    etch::detail::for_each_number(
        etch::facts<net>::parameters[i], etch::facts<net>::places[i],
        [&](int, int at) { padding[static_cast<std::size_t>(at)] = false; });
  return padding;
}

/// Five steps of an optimizer on numbers of its own, against update(parameter, gradient, moments,
/// step).
template <class Arch, class Optimizer, class Update>
void check_formula(Optimizer optimizer, Update update) {
  constexpr std::size_t count = 48;
  constexpr float scale = 0.25f;
  etch::float_buffer p(count), g(count);
  std::vector<double> expected(count);
  std::vector<std::array<double, 2>> moments(count);
  etch::counter_key const key{1, 2, 3, 4};
  std::uint32_t draw = 0;
  for (std::size_t i = 0; i < count; ++i) {
    p.data()[i] = 2 * etch::counter_uniform(key, draw++) - 1;
    expected[i] = static_cast<double>(p.data()[i]);
  }
  for (int step = 1; step <= 5; ++step) {
    for (std::size_t i = 0; i < count; ++i) {
      g.data()[i] = 8 * etch::counter_uniform(key, draw++) - 4;
      if (i >= 16) update(expected[i], static_cast<double>(g.data()[i] * scale), moments[i], step);
    }
    optimizer.begin_step(count);
    CHECK(optimizer.steps() == step);
    optimizer.template update<Arch>(p.data(), g.data(), 32, 16, scale);  // ranges in any order
    optimizer.template update<Arch>(p.data(), g.data(), 16, 16, scale);
    for (std::size_t i = 0; i < count; ++i) {
      INFO(Arch::name << ", step " << step << ", parameter " << i);
      CHECK(std::abs(static_cast<double>(p.data()[i]) - expected[i]) < 2e-6);
    }
  }
}

template <class Optimizer, class Update>
void check_everywhere(Optimizer const& optimizer, Update update) {
  for_each_instruction_set([&]<class Arch>() {
    check_formula<Arch>(optimizer, update);
  });
}

}  // namespace

TEST_CASE("sgd follows its formulas") {
  check_everywhere(etch::sgd{{.learning_rate = 0.125f}},
                   [](double& p, double g, auto&, int) { p -= 0.125 * g; });
  check_everywhere(etch::sgd{{.learning_rate = 0.125f, .momentum = 0.75f, .weight_decay = 0.25f}},
                   [](double& p, double g, auto& moments, int) {
                     moments[0] = 0.75 * moments[0] + g + 0.25 * p;
                     p -= 0.125 * moments[0];
                   });
  check_everywhere(etch::sgd{{.learning_rate = 0.125f, .momentum = 0.75f, .nesterov = true}},
                   [](double& p, double g, auto& moments, int) {
                     moments[0] = 0.75 * moments[0] + g;
                     p -= 0.125 * (g + 0.75 * moments[0]);
                   });
}

TEST_CASE("adam follows its formula") {
  for (float decay : {0.0f, 0.5f})
    check_everywhere(etch::adam{{.learning_rate = 0.125f,
                                 .beta1 = 0.75f,
                                 .beta2 = 0.9375f,
                                 .epsilon = 0.0625f,
                                 .weight_decay = decay}},
                     [&](double& p, double g, auto& moments, int t) {
                       p -= 0.125 * static_cast<double>(decay) * p;
                       moments[0] = 0.75 * moments[0] + 0.25 * g;
                       moments[1] = 0.9375 * moments[1] + 0.0625 * g * g;
                       p -= 0.125 * (moments[0] / (1 - std::pow(0.75, t))) /
                            (std::sqrt(moments[1] / (1 - std::pow(0.9375, t))) + 0.0625);
                     });
}

TEST_CASE("adam follows a beta that changes") {
  etch::adam adam{{.learning_rate = 0.125f, .beta1 = 0.75f, .beta2 = 0.9375f, .epsilon = 0.0625f}};
  etch::float_buffer p(16), g(16);
  g.data()[0] = 0.5f;
  double expected = 0, m = 0, v = 0;
  for (int step = 1; step <= 4; ++step) {
    if (step == 3) adam.options.beta1 = 0.5f;
    double const beta = static_cast<double>(adam.options.beta1);
    adam.begin_step(16);
    adam.update<etch::arch::native>(p.data(), g.data(), 0, 16, 1.0f);
    m = beta * m + (1 - beta) * 0.5;
    v = 0.9375 * v + 0.0625 * 0.25;
    expected -= 0.125 * (m / (1 - std::pow(beta, step))) /
                (std::sqrt(v / (1 - std::pow(0.9375, step))) + 0.0625);
    CHECK(std::abs(static_cast<double>(p.data()[0]) - expected) < 2e-6);
  }
}

TEST_CASE("what pads the parameters stays zero") {
  std::vector<char> const padding = is_padding();
  REQUIRE(std::count(padding.begin(), padding.end(), true) > 50);
  etch::model<net> m{etch::seed{3}};
  etch::adam adam{{.weight_decay = 0.125f}};
  etch::sgd sgd{{.momentum = 0.5f, .weight_decay = 0.125f, .nesterov = true}};
  for (std::uint32_t step = 0; step < 3; ++step) {
    static_cast<void>(etch::train_step(m, adam, etch::mse, random_batch(7, step)));
    static_cast<void>(etch::train_step(m, sgd, etch::mse, random_batch(7, step)));
  }
  for (std::size_t i = 0; i < padding.size(); ++i)
    if (padding[i]) CHECK(m.weights()[i] == 0);
}

TEST_CASE("states move towards what a step measures, whatever the optimizer") {
  etch::model<net> first{etch::seed{3}}, second = first;
  random_batch const batch(8);
  etch::sgd decaying{{.learning_rate = 0.5f, .momentum = 0.5f, .weight_decay = 0.5f}};
  etch::adam adam{{.learning_rate = 0.5f}};
  static_cast<void>(etch::train_step(first, decaying, etch::mse, batch));
  static_cast<void>(etch::train_step(second, adam, etch::mse, batch));
  for (char const* name : {"batch_norm_1.running_mean", "batch_norm_1.running_var"})
    CHECK(etch::get(first, name) == etch::get(second, name));

  // The mean of what the convolution gives, times the momentum of 0.1; it began at zero.
  etch::model<net> const start{etch::seed{3}};
  auto const w = etch::get(start, "conv2d_1.weight");  // (3, 3, 3, 2)
  auto const mean = etch::get(first, "batch_norm_1.running_mean");
  for (std::size_t f = 0; f < 3; ++f) {
    double sum = 0;
    for (std::size_t s = 0; s < 8; ++s)
      for (std::size_t y = 0; y < 4; ++y)
        for (std::size_t x = 0; x < 3; ++x)
          for (std::size_t tap = 0; tap < 9; ++tap)
            for (std::size_t c = 0; c < 2; ++c)
              sum +=
                  static_cast<double>(w[(f * 9 + tap) * 2 + c]) *
                  static_cast<double>(batch.x[((s * 6 + y + tap / 3) * 5 + x + tap % 3) * 2 + c]);
    CHECK(std::abs(static_cast<double>(mean[f]) - 0.1 * sum / (8 * 4 * 3)) < 1e-6);
  }
}

TEST_CASE(
    "a number of threads gives the same weights in every run, and nearly those of another number") {
  auto const trained = [](int threads) {
    etch::model<plain> m{etch::seed{5}};
    etch::sgd optimizer{{.learning_rate = 0.05f, .momentum = 0.9f}};
    etch::thread_team team(threads);
    for (std::uint32_t step = 0; step < 8; ++step)
      static_cast<void>(
          etch::train_step<4>(m, optimizer, etch::mse, random_batch(23, step), &team));
    return std::vector<float>(m.weights(), m.weights() + etch::facts<plain>::parameter_floats);
  };
  auto const one = trained(1);
  for (int threads : {1, 2, 3}) {
    auto const given = trained(threads);
    CHECK(given == trained(threads));
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(std::abs(given[i] - one[i]) < 1e-5f);
  }
}

TEST_CASE("threads share the work on heavy layers, with the sums of a single one") {
  // many strips of filters, odd and even ones, and one strip; what is left of them; dX of layers,
  // one of which transposes as it reads
  static constexpr auto heavy = etch::input<6, 5, 2>
                              | etch::flatten | etch::dense<1100> | etch::tanh | etch::dense<256>
                              | etch::relu | etch::dense<260> | etch::relu
                              | etch::residual(etch::dense<260>) | etch::dense<5>;
  using run_type = etch::detail::gradient_run<heavy, etch::losses::mse, etch::arch::native, 4>;
  static constexpr auto const& plan = run_type::plan_type::value;
  STATIC_REQUIRE(std::ranges::count_if(plan.steps, [](auto const& s) { return s.team; }) == 11);
  auto const trained = [](int threads, int samples) {
    etch::model<heavy> m{etch::seed{5}};
    etch::sgd optimizer{{.learning_rate = 0.05f, .momentum = 0.9f}};
    etch::thread_team team(threads);
    for (std::uint32_t step = 0; step < 4; ++step)
      static_cast<void>(
          etch::train_step<4>(m, optimizer, etch::mse, random_batch(samples, step), &team));
    return std::vector<float>(m.weights(), m.weights() + etch::facts<heavy>::parameter_floats);
  };
  for (int samples : {1, 23}) {
    auto const one = trained(1, samples);
    for (int threads : {2, 3, 5}) {
      INFO(threads << " threads, " << samples << " samples");
      auto const given = trained(threads, samples);
      CHECK(given == trained(threads, samples));
      float most = 0;
      for (std::size_t i = 0; i < one.size(); ++i)
        most = std::max(most, std::abs(given[i] - one[i]));
      CHECK(most < 1e-5f);
    }
  }
}

TEST_CASE("more threads than samples, and no samples at all, are right too") {
  etch::model<net> one{etch::seed{5}}, many = one;
  etch::sgd a, b;
  etch::thread_team team(3);
  static_cast<void>(etch::train_step(one, a, etch::mse, random_batch(1)));
  static_cast<void>(etch::train_step(many, b, etch::mse, random_batch(1), &team));
  auto const expected = weights_of(one), given = weights_of(many);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(given[i] - expected[i]) < 1e-6f);

  etch::step_report const nothing = etch::train_step(many, b, etch::mse, random_batch(0), &team);
  CHECK(nothing.samples == 0);
  CHECK(b.steps() == 1);
  CHECK(weights_of(many) == given);
}

TEST_CASE("a step leaves nothing to the next one's gradients") {
  auto const trained = [](int threads) {
    etch::model<plain> m{etch::seed{5}};
    etch::sgd optimizer{{.learning_rate = 0.05f}};
    etch::thread_team team(threads);
    for (int samples : {12, 1, 7, 2})  // threads without samples, and groups after the first
      static_cast<void>(etch::train_step<3>(m, optimizer, etch::mse, random_batch(samples), &team));
    return std::vector<float>(m.weights(), m.weights() + etch::facts<plain>::parameter_floats);
  };
  auto const by_hand = [] {
    etch::model<plain> m{etch::seed{5}};
    for (int samples : {12, 1, 7, 2}) {
      etch::sgd fresh{{.learning_rate = 0.05f}};
      static_cast<void>(etch::train_step<16>(m, fresh, etch::mse, random_batch(samples)));
    }
    return std::vector<float>(m.weights(), m.weights() + etch::facts<plain>::parameter_floats);
  }();
  for (int threads : {1, 2, 3}) {
    auto const given = trained(threads);
    for (std::size_t i = 0; i < given.size(); ++i) CHECK(std::abs(given[i] - by_hand[i]) < 1e-5f);
  }
}

TEST_CASE("an optimizer that goes on with another network finds no gradients of the first") {
  static constexpr auto a = etch::input<16> | etch::dense<16>;
  static constexpr auto b = etch::input<16> | etch::dense<15>;
  constexpr int floats = etch::facts<a>::parameter_floats;
  STATIC_REQUIRE(floats == etch::facts<b>::parameter_floats);
  auto const data = [](int features, int targets) {
    random_batch batch(4);
    batch.x.resize(static_cast<std::size_t>(4 * features), 0.5f);
    batch.t.resize(static_cast<std::size_t>(4 * targets), 0.25f);
    return batch;
  };
  etch::sgd optimizer, fresh;
  etch::model<a> first{etch::seed{1}};
  static_cast<void>(etch::train_step(first, optimizer, etch::mse, data(16, 16)));
  etch::model<b> second{etch::seed{2}}, expected = second;
  static_cast<void>(etch::train_step(second, optimizer, etch::mse, data(16, 15)));
  static_cast<void>(etch::train_step(expected, fresh, etch::mse, data(16, 15)));
  CHECK(std::equal(second.weights(), second.weights() + floats, expected.weights()));
}

TEST_CASE("an optimizer begins anew with another model, and goes on with the one that it knows") {
  auto const train = [](etch::model<plain>& m, auto& optimizer) {
    for (std::uint32_t step = 0; step < 3; ++step)
      static_cast<void>(etch::train_step(m, optimizer, etch::mse, random_batch(4, step)));
    return std::vector<float>(m.weights(), m.weights() + etch::facts<plain>::parameter_floats);
  };
  auto const check = [&](auto const& fresh) {
    auto const anew = [&](std::uint64_t seed) {
      auto optimizer = fresh;
      etch::model<plain> m{etch::seed{seed}};
      return train(m, optimizer);
    };
    auto optimizer = fresh;
    for (std::uint64_t fold = 1; fold <= 3; ++fold) {  // each at the address of the one before
      etch::model<plain> m{etch::seed{fold}};
      CHECK(train(m, optimizer) == anew(fold));
      CHECK(optimizer.steps() == 3);
    }
    etch::model<plain> const start{etch::seed{4}};
    etch::model<plain> m = start;
    auto const first = train(m, optimizer);
    CHECK(first == anew(4));
    m = start;  // other parameters, where the first were
    CHECK(train(m, optimizer) == first);
    etch::model<plain> copy = m;
    auto const gone_on = train(m, optimizer);
    CHECK(optimizer.steps() == 6);
    CHECK(train(copy, optimizer) != gone_on);
    CHECK(optimizer.steps() == 3);

    etch::model<plain> moving = start;
    auto second = fresh;
    CHECK(train(moving, second) == first);
    etch::model<plain> moved = std::move(moving);
    auto third = second;
    moving = start;
    CHECK(train(moved, second) == gone_on);
    CHECK(second.steps() == 6);
    CHECK(train(moving, second) == first);
    std::swap(moving, moved);
    CHECK(train(moved, second) != first);
    CHECK(second.steps() == 6);
    CHECK(third.steps() == 3);
    static_cast<void>(train(moving, third));
    CHECK(third.steps() == 6);
  };
  check(etch::adam{{.learning_rate = 0.01f}});
  check(etch::sgd{{.learning_rate = 0.05f, .momentum = 0.9f}});
}

TEST_CASE("a batch of the wrong size is an error and changes nothing") {
  etch::model<net> m{etch::seed{5}};
  auto const before = weights_of(m);
  etch::adam optimizer;
  random_batch short_of_features(4), short_of_targets(4);
  short_of_features.x.pop_back();
  short_of_targets.t.pop_back();
  auto const message = [&](random_batch const& batch) {
    return message_of([&] { etch::train_step(m, optimizer, etch::mse, batch); });
  };
  CHECK(message(short_of_features) ==
        "train_step: a batch of 4 samples needs 240 numbers as features, 60 a sample; found 239");
  CHECK(message(short_of_targets) ==
        "train_step: a batch of 4 samples needs 20 numbers as targets, 5 a sample; found 19");
  CHECK(optimizer.steps() == 0);
  CHECK(weights_of(m) == before);
}

TEST_CASE("options that no step can be made with are one error that names them all") {
  float const nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  etch::model<plain> m{etch::seed{5}};
  std::vector<float> const before(m.weights(), m.weights() + etch::facts<plain>::parameter_floats);
  auto const message = [&](auto optimizer) {
    return message_of([&] { etch::train_step(m, optimizer, etch::mse, random_batch(4)); });
  };
  CHECK(message(etch::adam{{.learning_rate = -1, .beta1 = 1, .beta2 = -0.5f, .epsilon = 0,
                            .weight_decay = infinity}}) ==
        "adam: learning_rate must be a finite number, at least 0; it is -1, "
        "and beta1 must be at least 0 and below 1; it is 1, "
        "and beta2 must be at least 0 and below 1; it is -0.5, "
        "and epsilon must be a finite number, at least 1e-30; it is 0, "
        "and weight_decay must be a finite number, at least 0; it is inf");
  CHECK(message(etch::sgd{{.learning_rate = nan, .momentum = 1, .weight_decay = -1}}) ==
        "sgd: learning_rate must be a finite number, at least 0; it is nan, "
        "and momentum must be at least 0 and below 1; it is 1, "
        "and weight_decay must be a finite number, at least 0; it is -1");
  for (float bad : {nan, infinity, -infinity, -1.0f}) {
    CHECK(contains(message(etch::adam{{.learning_rate = bad}}), "adam: learning_rate"));
    CHECK(contains(message(etch::adam{{.beta1 = bad}}), "adam: beta1"));
    CHECK(contains(message(etch::adam{{.beta2 = bad}}), "adam: beta2"));
    CHECK(contains(message(etch::adam{{.epsilon = bad}}), "adam: epsilon"));
    CHECK(contains(message(etch::adam{{.weight_decay = bad}}), "adam: weight_decay"));
    CHECK(contains(message(etch::sgd{{.learning_rate = bad}}), "sgd: learning_rate"));
    CHECK(contains(message(etch::sgd{{.momentum = bad}}), "sgd: momentum"));
    CHECK(contains(message(etch::sgd{{.weight_decay = bad}}), "sgd: weight_decay"));
  }
  CHECK(std::equal(before.begin(), before.end(), m.weights()));
  CHECK(message(etch::adam{{.learning_rate = 0, .beta1 = 0, .beta2 = 0, .epsilon = 1e-30f}}) ==
        "nothing was thrown");
  CHECK(std::equal(before.begin(), before.end(), m.weights()));
}

TEST_CASE("the learning rate may change between steps") {
  etch::model<net> m{etch::seed{5}};
  etch::sgd optimizer{{.learning_rate = 0.0f}};
  std::vector<float> const before = etch::get(m, "dense_1.weight");
  static_cast<void>(etch::train_step(m, optimizer, etch::mse, random_batch(4)));
  CHECK(etch::get(m, "dense_1.weight") == before);
  optimizer.options.learning_rate = 0.5f;
  static_cast<void>(etch::train_step(m, optimizer, etch::mse, random_batch(4)));
  auto const moved = etch::get(m, "dense_1.weight");
  CHECK(moved != before);

  etch::model<net> twice{etch::seed{5}};
  static_cast<void>(etch::train_step(twice, optimizer, etch::mse, random_batch(4)));
  auto const same_step = etch::get(twice, "dense_1.weight");
  for (std::size_t i = 0; i < moved.size(); ++i) CHECK(std::abs(moved[i] - same_step[i]) < 1e-6f);
}

TEST_CASE("flushing denormal numbers ends with its guard") {
#if defined(__SSE2__) || defined(__aarch64__)
  auto const keeps_denormals = [] {
    float volatile tiny = 1e-39f;
    return static_cast<bool>(tiny * 0.5f != 0);
  };
  REQUIRE(keeps_denormals());
  {
    etch::flush_denormals const outer;
    CHECK_FALSE(keeps_denormals());
    { etch::flush_denormals const inner; }
    CHECK_FALSE(keeps_denormals());
  }
  CHECK(keeps_denormals());
  etch::model<net> m;
  etch::sgd optimizer;
  static_cast<void>(etch::train_step(m, optimizer, etch::mse, random_batch(4)));
  CHECK(keeps_denormals());
#endif
}
