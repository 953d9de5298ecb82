// fit as a whole, and what it is made of: evaluate, predict, metrics and progress.

#include "catch.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/fit.hpp"
#include "../../runtime/train/optimizers/adam.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "scratch_folder.hpp"

namespace {

using namespace etch;

constexpr auto linear = input<3> | dense<2>;
constexpr auto classifier = input<2> | dense<9> | etch::tanh | dense<3>;
constexpr int group = 8;  // samples that are computed together: fewer than a batch

/// Targets that a linear network can reach.
dataset linear_data(int samples) {
  random_engine rng{1};
  std::vector<float> x, y;
  for (int i = 0; i < samples; ++i) {
    float const a = rng.uniform(), b = rng.uniform(), c = rng.uniform();
    x.insert(x.end(), {a, b, c});
    y.insert(y.end(), {2 * a - b + 0.5f, c - a});
  }
  return {shape<3>, shape<2>, x, y};
}

/// Three sectors of a square.
dataset class_data(int samples) {
  random_engine rng{2};
  std::vector<float> x, y;
  for (int i = 0; i < samples; ++i) {
    float const a = 2 * rng.uniform() - 1, b = 2 * rng.uniform() - 1;
    x.insert(x.end(), {a, b});
    y.push_back(a + b > 0 ? 0.0f : a > b ? 1.0f : 2.0f);
  }
  return {shape<2>, shape<>, x, y};
}

template <auto Net>
std::vector<float> weights_of(model<Net> const& m) {
  return {m.weights(), m.weights() + facts<Net>::weight_floats};
}

struct run {
  model<classifier> m{seed{1}};
  std::vector<epoch_report> history;

  explicit run(fit_options options, int samples = 203) {
    options.show = verbosity::silent;
    adam optimizer{{.learning_rate = 0.02f}};
    history = fit<group>(m, optimizer, cross_entropy, class_data(samples), options);
  }
};

/// What `action` writes into a stream that it is given.
template <class Action>
std::string written_to_file(Action action) {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  action(file);
  std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  CHECK(std::fread(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
  return text;
}

/// What a short fit writes to the standard output.
std::string printed_by_fit(fit_options const& options) {
  return written_to_file([&](std::FILE* file) {
    std::fflush(stdout);
    int const before = ::dup(STDOUT_FILENO);
    ::dup2(::fileno(file), STDOUT_FILENO);
    model<classifier> m;
    adam optimizer;
    fit<group>(m, optimizer, cross_entropy, class_data(40), options);
    std::fflush(stdout);
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
    std::fseek(file, 0, SEEK_END);
  });
}

}  // namespace

TEST_CASE("fit with sgd follows its formula, over partial batches and groups") {
  auto const data = linear_data(25);
  int const batch_size = GENERATE(11, 25, 100, 1);
  model<linear> m{seed{4}};
  auto const w0 = get(m, "dense_1.weight");
  std::vector<double> w(w0.begin(), w0.end()), b(2);
  sgd optimizer{{.learning_rate = 0.25f}};
  auto const history = fit<group>(
      m, optimizer, mse, data,
      {.epochs = 2, .batch_size = batch_size, .shuffle = false, .show = verbosity::silent});

  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    double loss = 0;
    for (int first = 0; first < 25; first += batch_size) {
      int const count = std::min(batch_size, 25 - first);
      std::vector<double> dw(6), db(2);
      for (int s = first; s < first + count; ++s)
        for (std::size_t o = 0; o < 2; ++o) {
          double y = b[o] - static_cast<double>(data.targets(s)[o]);
          for (std::size_t i = 0; i < 3; ++i)
            y += w[3 * o + i] * static_cast<double>(data.features(s)[i]);
          loss += y * y / 2 / 25;
          for (std::size_t i = 0; i < 3; ++i)
            dw[3 * o + i] += y * static_cast<double>(data.features(s)[i]) / count;
          db[o] += y / count;
        }
      for (std::size_t i = 0; i < 6; ++i) w[i] -= 0.25 * dw[i];
      for (std::size_t i = 0; i < 2; ++i) b[i] -= 0.25 * db[i];
    }
    CHECK(history.at(epoch).training.loss == Approx(loss).epsilon(1e-4));
  }
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(static_cast<double>(get(m, "dense_1.weight")[i]) == Approx(w[i]).margin(2e-5));
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(static_cast<double>(get(m, "dense_1.bias")[i]) == Approx(b[i]).margin(2e-5));
}

TEST_CASE("fit validates as evaluate does, by half of the training step where that can stop there") {
  static constexpr auto net = input<2> | dense<260> | relu | dense<260> | relu | dense<3>;
  static constexpr auto drops = input<2> | dense<40> | relu | dropout<0.5> | dense<3>;
  using of_net = etch::detail::gradient_run<net, losses::cross_entropy, arch::native, 16>;
  using of_drops = etch::detail::gradient_run<drops, losses::cross_entropy, arch::native, 16>;
  static_assert(of_net::can_evaluate && has_team(of_net::plan_type::value));
  static_assert(!of_drops::can_evaluate);

  auto const check = [](auto m, int samples, int threads) {
    adam optimizer{{.learning_rate = 0.02f}};
    auto const data = class_data(samples);
    auto const history = fit<16>(m, optimizer, cross_entropy, data,
                                 {.epochs = 2, .validation_split = 0.9, .threads = threads,
                                  .show = verbosity::silent});
    auto const kept = data.split(0.9).second;
    auto const said = evaluate<16>(m, cross_entropy, kept), found = *history.back().validation;
    CHECK(found.samples == kept.size());
    CHECK(found.correct == said.correct);
    CHECK(found.loss == Approx(said.loss).epsilon(1e-5));
  };
  for (int threads : {1, 3}) {
    check(model<net>{seed{1}}, 20, threads);
    check(model<net>{seed{1}}, 5001, threads);
    check(model<drops>{seed{1}}, 50, threads);
  }
}

TEST_CASE("fit learns three classes, and its history says so") {
  run const r{{.epochs = 30, .batch_size = 20, .validation_split = 0.2}};
  REQUIRE(r.history.size() == 30);
  int epoch = 0;
  for (epoch_report const& report : r.history) {
    CHECK(report.epoch == ++epoch);
    CHECK(report.seconds > 0);
    CHECK(report.seconds < 60);
    CHECK(report.training.samples == 162);
    REQUIRE(report.validation.has_value());
    CHECK(report.validation->samples == 41);
    CHECK(report.training.correct <= 162);
  }
  CHECK(r.history.front().training.loss > 0.4);
  CHECK(r.history.back().training.loss < 0.25);
  CHECK(r.history.back().training.accuracy() > 0.93);
  CHECK(r.history.back().validation->accuracy() > 0.85);
  auto const kept = class_data(203).slice(162, 41);
  auto const again = evaluate<group>(r.m, cross_entropy, kept);
  CHECK(r.history.back().validation->loss == Approx(again.loss).epsilon(1e-5));
  CHECK(r.history.back().validation->correct == again.correct);
  CHECK_FALSE(run{{.epochs = 1}}.history[0].validation.has_value());
}

TEST_CASE("the same options give the same weights, bit for bit") {
  run const one{{.epochs = 3, .batch_size = 21, .threads = 1}};
  CHECK(weights_of(run{{.epochs = 3, .batch_size = 21, .threads = 1}}.m) == weights_of(one.m));
  CHECK(weights_of(run{{.epochs = 3, .batch_size = 21, .seed = 1}}.m) != weights_of(one.m));
  for (int threads : {2, 3}) {
    fit_options const options{.epochs = 3, .batch_size = 21, .threads = threads};
    run const many{options};
    for (int i = 0; i < 3; ++i) CHECK(weights_of(run{options}.m) == weights_of(many.m));
    for (std::size_t i = 0; i < weights_of(one.m).size(); ++i)
      CHECK(weights_of(many.m)[i] == Approx(weights_of(one.m)[i]).margin(2e-3));
    CHECK(many.history.back().training.loss ==
          Approx(one.history.back().training.loss).epsilon(1e-3));
  }
  run const more_than_samples{{.epochs = 1, .batch_size = 3, .threads = 5}, 7};
  CHECK(more_than_samples.history[0].training.loss ==
        Approx(run{{.epochs = 1, .batch_size = 3}, 7}.history[0].training.loss).epsilon(1e-3));
}

TEST_CASE("fit that is called again goes on: epochs in several calls are those of one") {
  static constexpr auto drops = input<2> | dense<9> | etch::tanh | dropout<0.5> | dense<3>;
  auto const data = class_data(50);
  auto const trained = [&](std::initializer_list<int> calls) {
    model<drops> m{seed{1}};
    adam optimizer{{.learning_rate = 0.02f}};
    for (int epochs : calls)
      fit<group>(m, optimizer, cross_entropy, data,
                 {.epochs = epochs, .batch_size = 20, .show = verbosity::silent});
    return weights_of(m);
  };
  CHECK(trained({1, 1, 1}) == trained({3}));
  CHECK(trained({2, 1}) == trained({3}));

  // One that goes on to another model does with it what a new one does.
  adam used{{.learning_rate = 0.02f}};
  for (std::uint64_t fold : {1u, 2u}) {
    model<classifier> m{seed{fold}}, expected = m;
    adam fresh{{.learning_rate = 0.02f}};
    fit_options const options{.epochs = 2, .batch_size = 20, .show = verbosity::silent};
    auto const said = fit<group>(m, used, cross_entropy, data, options);
    auto const wanted = fit<group>(expected, fresh, cross_entropy, data, options);
    CHECK(weights_of(m) == weights_of(expected));
    CHECK(said.back().training.loss == wanted.back().training.loss);
  }
}

#if defined(__GLIBC__)
TEST_CASE("threads that the system does not give are an error, however many") {
  pthread_attr_t before, huge;
  REQUIRE(pthread_getattr_default_np(&before) == 0);
  REQUIRE(pthread_attr_init(&huge) == 0);
  REQUIRE(pthread_attr_setstacksize(&huge, std::size_t{1} << 47) == 0);
  REQUIRE(pthread_setattr_default_np(&huge) == 0);  // no thread finds a place for its stack
  for (int threads : {2, 2'000'000, std::numeric_limits<int>::max()})
    CHECK(contains(message_of([&] { thread_team team(threads); }), "threads the system gave 1"));
  REQUIRE(pthread_setattr_default_np(&before) == 0);
}

TEST_CASE("the threads of a team have stacks to train on where the system's are small") {
  pthread_attr_t before, small;
  REQUIRE(pthread_getattr_default_np(&before) == 0);
  REQUIRE(pthread_attr_init(&small) == 0);
  REQUIRE(pthread_attr_setstacksize(&small, 128 * 1024) == 0);
  REQUIRE(pthread_setattr_default_np(&small) == 0);
  std::size_t bytes = 0;
  thread_team{2}.run([&](int t) {
    pthread_attr_t mine;
    if (t == 0 || pthread_getattr_np(pthread_self(), &mine) != 0) return;
    pthread_attr_getstacksize(&mine, &bytes);
    pthread_attr_destroy(&mine);
  });
  REQUIRE(pthread_setattr_default_np(&before) == 0);
  CHECK(bytes >= 2 << 20);
}
#endif

TEST_CASE("options and data that do not fit are errors, and the model stays as it was") {
  model<classifier> m;
  adam optimizer;
  auto const before = weights_of(m);
  auto const message = [&](dataset const& data, fit_options options) {
    options.show = verbosity::silent;
    return message_of([&] { fit<group>(m, optimizer, cross_entropy, data, options); });
  };
  auto const data = class_data(10);
  CHECK(message(data, {.epochs = 0}) == "fit: epochs must be at least 1; it is 0");
  CHECK(contains(message(data, {.batch_size = -1}), "batch_size must be at least 1; it is -1"));
  CHECK(contains(message(data, {.threads = 0}), "threads must be at least 1; it is 0"));
  CHECK(message(data, {.epochs = -3, .validation_split = 2, .threads = 0}) ==
        "fit: epochs must be at least 1; it is -3, and threads must be at least 1; it is 0, and "
        "validation_split must be at least 0 and below 1; it is 2");
  CHECK(contains(message(data, {.validation_split = -0.5}), "it is -0.5"));
  CHECK(contains(message(data, {.validation_split = 1}), "it is 1"));
  CHECK(contains(message(data, {.validation_split = std::nan("")}), "it is nan"));
  CHECK(contains(message(data, {.validation_split = 0.999}), "splits 10 samples"));
  CHECK(contains(message(data.slice(0, 0), {}), "no samples"));
  CHECK(message(linear_data(4), {}) == "fit: the network takes 2 numbers a sample, the data have 3");
  dataset const two_targets{shape<2>, shape<2>, {1, 2}, {0, 1}};
  CHECK(message(two_targets, {}) ==
        "fit: the loss takes 1 target numbers a sample, the data have 2");
  dataset const counted_from_one{shape<2>, shape<>, {1, 2, 3, 4}, {1, 3}};
  CHECK(contains(message(counted_from_one, {}), "1 of 2 are not, the first is number 1: 3"));
  CHECK(weights_of(m) == before);
  CHECK(contains(message_of([&] { evaluate<group>(m, cross_entropy, counted_from_one); }),
                 "whole numbers from 0 to 2"));
  CHECK(contains(message_of([&] { predict<group>(m, linear_data(4)); }),
                 "takes 2 numbers a sample, the data have 3"));
  CHECK(contains(message_of([&] { evaluate<group>(m, cross_entropy, two_targets); }),
                 "takes 1 target numbers a sample, the data have 2"));
}

TEST_CASE("train_step refuses the targets that fit refuses, in the same words") {
  model<classifier> m;
  adam optimizer;
  auto const before = weights_of(m);
  auto const refused = [&](auto loss, dataset const& data, std::string const& why) {
    batch<0> const all{data.size(), data.features(), data.targets()};
    CHECK(message_of([&] { train_step<group>(m, optimizer, loss, all); }) == "train_step: " + why);
    CHECK(message_of([&] { fit<group>(m, optimizer, loss, data); }) == "fit: " + why);
    CHECK(message_of([&] { evaluate<group>(m, loss, data); }) == "evaluate: " + why);
  };
  for (auto [label, text] : {std::pair{3.0f, "3"}, {-1.0f, "-1"}, {1.5f, "1.5"}})
    refused(cross_entropy, {shape<2>, shape<>, {1, 2, 3, 4}, {2, label}},
            std::string("expected labels that are whole numbers from 0 to 2; 1 of 2 are not, the "
                        "first is number 1: ") + text);
  refused(binary_cross_entropy, {shape<2>, shape<3>, {1, 2}, {0, 1, 2}},
          "expected targets from 0 to 1; 1 of 3 are not, the first is number 2: 2");
  std::array const x{1.0f, 2.0f}, no_label{std::nanf(""), 1.0f};
  CHECK(contains(message_of([&] {
          train_step<group>(m, optimizer, cross_entropy, batch<0>{1, x, std::span{no_label}.first(1)});
        }), "train_step: expected labels that are whole numbers from 0 to 2; 1 of 1 are not"));
  CHECK(optimizer.steps() == 0);
  CHECK(weights_of(m) == before);
}

TEST_CASE("fit prints a line for each epoch, or nothing") {
  CHECK(printed_by_fit({.epochs = 2, .show = verbosity::silent}).empty());
  for (verbosity const show : {verbosity::lines, verbosity::automatic}) {
    auto const text = printed_by_fit({.epochs = 3, .validation_split = 0.25, .show = show});
    CHECK(std::count(text.begin(), text.end(), '\n') == 3);
    CHECK(std::count(text.begin(), text.end(), '\r') == 0);
    for (auto part : {"epoch 1/3  ", "epoch 3/3  ", " samples/s  loss ", "  accuracy ",
                      "  validation loss ", "  validation accuracy "})
      CHECK(contains(text, part));
  }
}
