// What is measured of a model, and what is shown while it trains.

#include "catch.hpp"

#include <chrono>
#include <cmath>
#include <thread>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/argmax.hpp"
#include "../../runtime/train/evaluate.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "../../runtime/train/progress.hpp"
#include "scratch_folder.hpp"

namespace {

using namespace etch;

constexpr auto net = input<4> | dense<5> | relu | dense<3>;

dataset drawn(int samples, bool labels) {
  random_engine rng{1};
  auto const count = static_cast<std::size_t>(samples);
  std::vector<float> x(4 * count), y(labels ? count : 3 * count);
  for (float& v : x) v = 4 * rng.uniform() - 2;
  for (float& v : y) v = labels ? static_cast<float>(rng.below(3)) : rng.uniform();
  return {shape<4>, labels ? shape<> : shape<3>, x, y};
}

std::array<float, 3> output(model<net> const& m, dataset const& data, int i) {
  return m.forward(data.features(i).first<4>());
}

std::string shown(verbosity how, bool slow) {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  progress p{how, 2, file};
  for (int epoch = 1; epoch <= 2; ++epoch) {
    p.begin_epoch(epoch, 100);
    for (int done : {25, 50, 75}) {
      if (slow && done == 50) std::this_thread::sleep_for(std::chrono::milliseconds(120));
      p.advance(done, "loss 0.5");
    }
    CHECK(p.seconds() >= (slow ? 0.1 : 0.0));
    p.end_epoch(100, "loss 0.25");
  }
  std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  CHECK(std::fread(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("predict and evaluate agree with a loop over the samples") {
  model<net> const m{seed{2}};
  for (int samples : {1, 64, 130}) {
    auto const labelled = drawn(samples, true), regression = drawn(samples, false);
    auto const y = predict<16>(m, labelled);
    REQUIRE(y.size() == 3 * static_cast<std::size_t>(samples));
    double entropy = 0, squares = 0;
    int correct = 0;
    for (int i = 0; i < samples; ++i) {
      auto const one = output(m, labelled, i);
      double sum = 0;
      for (std::size_t j = 0; j < 3; ++j) {
        CHECK(y[3 * static_cast<std::size_t>(i) + j] == Approx(one[j]).margin(1e-5));
        sum += std::exp(static_cast<double>(one[j]));
      }
      auto const label = static_cast<std::size_t>(labelled.targets(i)[0]);
      entropy += std::log(sum) - static_cast<double>(one[label]);
      correct += std::ranges::max_element(one) - one.begin() == static_cast<int>(label);
      auto const other = output(m, regression, i);
      for (std::size_t j = 0; j < 3; ++j)
        squares += std::pow(static_cast<double>(other[j] - regression.targets(i)[j]), 2) / 3;
    }
    auto const classes = evaluate<16>(m, cross_entropy, labelled);
    CHECK(classes.samples == samples);
    CHECK(classes.correct == correct);
    CHECK(classes.loss == Approx(entropy / samples).epsilon(1e-5));
    CHECK(classes.accuracy() == static_cast<double>(correct) / samples);
    auto const numbers = evaluate<16>(m, mse, regression);
    CHECK(numbers.loss == Approx(squares / samples).epsilon(1e-5));
    CHECK(numbers.correct == 0);
  }
  auto const nothing = evaluate<16>(m, cross_entropy, drawn(0, true));
  CHECK(nothing.samples == 0);
  CHECK(nothing.loss == 0);
  CHECK(nothing.accuracy() == 0);
}

TEST_CASE("predict gives probabilities on request, of a model that gives logits") {
  model<net> const m{seed{2}};
  auto const data = drawn(70, true);
  auto const logits = predict<16>(m, data);
  auto const p = predict<16>(m, data, softmax), q = predict<16>(m, data, flatten | etch::sigmoid);
  REQUIRE(p.size() == logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    double sum = 0;
    for (std::size_t j = i / 3 * 3; j < i / 3 * 3 + 3; ++j)
      sum += std::exp(static_cast<double>(logits[j] - logits[i]));
    CHECK(p[i] == Approx(1 / sum).epsilon(1e-5));
    CHECK(q[i] == Approx(1 / (1 + std::exp(-static_cast<double>(logits[i])))).epsilon(1e-5));
  }
}

TEST_CASE("NaN predicts no class") {
  float const nan = std::nanf("");
  for (std::size_t i = 0; i < 3; ++i) {
    std::array values{1.0f, 3.0f, 2.0f};
    values[i] = nan;
    CHECK(argmax(values) == -1);
    for (float label : {0.0f, 1.0f, 2.0f, -1.0f})
      CHECK(count_correct(values, std::array{label}) == 0);
    CHECK(confusion_matrix(values, std::array{1.0f}, 3) == std::vector<int>(9));
  }
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(argmax(std::array{-infinity, 1.0f, infinity}) == 2);
  CHECK(argmax(std::array{-infinity, -infinity}) == 0);
  CHECK(argmax({}) == -1);
  CHECK(count_correct(std::array{1.0f, 2.0f}, std::array{1.5f}) == 0);
}

TEST_CASE("argmax finds the first of the largest") {
  static_assert(argmax(std::array{-3.0f, -1.0f, -2.0f}) == 1);
  CHECK(argmax(std::array{1.0f, 4.0f, 4.0f, 2.0f}) == 1);
  CHECK(argmax(std::array{1.0f}) == 0);
}

TEST_CASE("correct predictions and confusions are counted") {
  std::vector<float> const predictions{9, 1, 0, /**/ 0, 2, 1, /**/ 3, 3, 0, /**/ -3, -2, -1};
  std::vector<float> const labels{0, 2, 1, 2};
  CHECK(count_correct(predictions, labels) == 2);
  CHECK(count_correct({}, {}) == 0);
  CHECK(confusion_matrix(predictions, labels, 3) ==
        std::vector<int>{1, 0, 0, /**/ 1, 0, 0, /**/ 0, 1, 1});
  std::array const three{1.0f, 2.0f, 3.0f};
  for (float label : {3.0f, -1.0f, std::nanf("")})
    CHECK(contains(message_of([&] { confusion_matrix(three, std::array{label}, 3); }), "from 0 to 2"));
  CHECK(message_of([&] { confusion_matrix(predictions, labels, 2); }) ==
        "confusion_matrix: 4 labels of 2 classes need 8 predictions; found 12");
}

TEST_CASE("progress is a bar on a terminal and a line an epoch elsewhere") {
  CHECK(shown(verbosity::silent, false).empty());
  for (verbosity const how : {verbosity::lines, verbosity::automatic}) {
    auto const text = shown(how, true);
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
    CHECK(std::count(text.begin(), text.end(), '\r') == 0);
    CHECK(text.starts_with("epoch 1/2  0."));
    CHECK(contains(text, "epoch 2/2  "));
    CHECK(contains(text, " samples/s  loss 0.25\n"));
    CHECK(text.find("0.5") == text.npos);
  }
  auto const bar = shown(verbosity::bar, true);
  CHECK(std::count(bar.begin(), bar.end(), '\n') == 2);
  CHECK(std::count(bar.begin(), bar.end(), '\r') >= 4);  // at 50, and at the end of each epoch
  CHECK(contains(bar, "\repoch 1/2 [============            ]"));
  CHECK(contains(bar, "samples/s  loss 0.5\x1b[K\r"));
  CHECK(contains(bar, "loss 0.25\x1b[K\n"));
}

TEST_CASE("a bar that is broken off ends its line") {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    progress p{verbosity::bar, 2, file};
    p.begin_epoch(1, 100);
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    p.advance(50, "loss 0.5");
  }
  std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  CHECK(std::fread(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
  CHECK(text.starts_with("\repoch 1/2 ["));
  CHECK(text.ends_with("loss 0.5\x1b[K\n"));
}

TEST_CASE("labels that are no classes are counted, and the first is named") {
  check_labels("f", std::array{0.0f, 1.0f, 2.0f, -0.0f}, 3);
  std::vector<float> const labels{0, 3, 2, 0.5f, -1};
  CHECK(message_of([&] { check_labels("f", labels, 3); }) ==
        "f: expected labels that are whole numbers from 0 to 2; "
        "3 of 5 are not, the first is number 1: 3");
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (float other : {2.5f, 1e10f, -1e10f, infinity, -infinity, std::nanf(""), 1e-40f})
    CHECK(contains(message_of([&] { check_labels("f", std::array{1.0f, other}, 3); }), "1 of 2"));
}

TEST_CASE("targets that are no probabilities are counted, and the first is named") {
  check_probabilities("f", std::array{0.0f, -0.0f, 1.0f, 0.25f});
  CHECK(message_of([&] {
          check_probabilities("f", std::array{0.5f, 255.0f, -1e-9f, std::nanf("")});
        }) == "f: expected targets from 0 to 1; 3 of 4 are not, the first is number 1: 255");
}

TEST_CASE("a sample of many labels counts each of them") {
  static constexpr auto tokens = input<2, 3> | dense<2>;
  model<tokens> m;
  set(m, "dense_1.weight", std::array{1.0f, 0.0f, 0.0f, /**/ 0.0f, 1.0f, 0.0f});
  dataset const data{shape<2, 3>, shape<2>, {1, 0, 0, 0, 1, 0, /**/ 1, 0, 0, 1, 0, 0}, {0, 1, 0, 1}};
  auto const found = evaluate<8>(m, cross_entropy, data);
  CHECK(found.samples == 2);
  CHECK(found.labels == 4);
  CHECK(found.correct == 3);
  CHECK(found.accuracy() == 0.75);
}
