// Tokens: data sets of them, what is checked where they meet a network, and training of the tables
// that they have rows in.

#include "catch.hpp"

#include <cmath>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/infer/save.hpp"
#include "../../runtime/train/fit.hpp"
#include "../../runtime/train/optimizers/adam.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "scratch_folder.hpp"

namespace {

using namespace etch;
using ids = std::vector<std::int32_t>;

constexpr int rows = 40, width = 20, length = 5;
constexpr auto net = tokens<length> | embedding<rows, width, padding_token<0>> | mean_pool | dense<2>;

/// Texts of words below 20, some shorter, of two classes: those with a 7 and those without.
dataset texts(int samples) {
  random_engine rng{5};
  ids x, y;
  for (int i = 0; i < samples; ++i) {
    bool found = false;
    int const words = 2 + rng.below(length - 1);
    for (int k = 0; k < length; ++k) {
      int const word = k < words ? (rng.below(5) == 0 ? 7 : 1 + rng.below(19)) : 0;
      found = found || word == 7;
      x.push_back(word);
    }
    y.push_back(found);
  }
  return {shape<length>, shape<>, x, y};
}

template <auto Net>
std::vector<float> weights_of(model<Net> const& m) {
  return {m.weights(), m.weights() + facts<Net>::weight_floats};
}

template <class Optimizer>
std::vector<float> trained(Optimizer optimizer, int threads, int epochs = 3) {
  model<net> m{seed{1}};
  fit(m, optimizer, cross_entropy, texts(90),
      {.epochs = epochs, .batch_size = 25, .threads = threads, .show = verbosity::silent});
  return weights_of(m);
}

double distance(std::vector<float> const& a, std::vector<float> const& b) {
  double most = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    most = std::fmax(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return most;
}

/// sgd as one that does not say that it skips what is not touched.
struct dense_sgd : optimizer<1> {
  sgd inner;
  explicit dense_sgd(sgd_options o) : inner(o) {}
  template <class Arch>
  void update(float* p, float const* g, std::size_t first, std::size_t count, float scale) {
    inner.update<Arch>(p, g, first, count, scale);
  }
};

}  // namespace

TEST_CASE("a dataset of tokens") {
  dataset const data{shape<2>, shape<>, ids{1, 2, 3, 4, 5, 6}, {0, 1, 0}};
  CHECK(data.size() == 3);
  CHECK(data.feature_element() == element_type::int32);
  CHECK(data.features().empty());
  CHECK(data.tokens(1, 1)[1] == 4);
  CHECK(data.slice(1, 2).tokens(0, 1)[0] == 3);
  CHECK(data.split(0.4).second.tokens()[3] == 6);
  for (auto const& b : batches<2>(data)) CHECK(b.tokens(0)[0] == (b.size() == 2 ? 1 : 5));
  random_engine rng{1};
  for (auto const& b : batches<3>(data, rng))
    for (int i = 0; i < 3; ++i) {
      CHECK(b.tokens(i)[0] + 1 == b.tokens(i)[1]);
      CHECK((b.targets(i)[0] > 0) == (b.tokens(i)[0] == 3));
    }
  CHECK(dataset{shape<>, shape<>, std::vector<float>{1, 2}, ids{3, 1 << 24}}.targets()[0] > 2);
  CHECK(message_of([] { dataset{shape<>, shape<>, std::vector<float>{1}, ids{(1 << 24) + 1}}; }) ==
        "dataset: expected whole targets from -16777216 to 16777216; number 0 is 16777217");
  CHECK_THROWS_AS((dataset{shape<2>, shape<>, ids{1, 2, 3}, {0}}), error);
}

TEST_CASE("a token that the table has no row for is an error where data are, and zeros elsewhere") {
  model<net> const m{seed{1}};
  auto const text = [](ids x) { return dataset{shape<length>, shape<>, std::move(x), {0, 1}}; };
  dataset const good = text({1, 2, 3, 0, 0, 39, 1, 1, 1, 1});
  auto const y = predict(m, good);
  std::array<float, 2> const last = m.forward({39, 1, 1, 1, 1});
  CHECK(distance({y[2], y[3]}, {last[0], last[1]}) < 1e-6);
  CHECK(distance(predict(m, text({1, 2, 3, 0, 0, 0, 0, 0, 0, 0})),
                 {y[0], y[1], get(m, "dense_1.bias")[0], get(m, "dense_1.bias")[1]}) < 1e-6);
  auto const is_padded = [&](std::initializer_list<std::int32_t> others) {
    std::array<std::int32_t, length> x{1, 2, 3};
    std::copy(others.begin(), others.end(), x.begin() + 3);
    auto const z = m.forward(x);
    return distance({y[0], y[1]}, {z[0], z[1]}) < 1e-6;
  };
  CHECK(is_padded({40, -1}));
  CHECK(is_padded({0x7fffffff, -0x7fffffff - 1}));
  CHECK(!is_padded({1, 0}));

  dataset const bad = text({1, 2, 3, 4, 5, 1, 40, 1, 1, 1});
  std::string const said =
      ": expected tokens from 0 to 39, which number the 40 rows of the network's table, or 0 for "
      "padding; sample 1, position 1 is 40";
  model<net> changed{seed{1}};
  sgd optimizer;
  CHECK(message_of([&] { predict(m, bad); }) == "predict" + said);
  CHECK(message_of([&] { evaluate(m, cross_entropy, bad); }) == "evaluate" + said);
  CHECK(message_of([&] { fit(changed, optimizer, cross_entropy, bad); }) == "fit" + said);
  for (auto const& b : batches<2>(bad))
    CHECK(message_of([&] { train_step(changed, optimizer, cross_entropy, b); }) ==
          "train_step" + said);
  CHECK(weights_of(changed) == weights_of(m));
  dataset const numbers{shape<length>, shape<>, std::vector<float>(10), {0, 1}};
  CHECK(message_of([&] { predict(m, numbers); }) ==
        "predict: the network takes tokens, the data have numbers; a dataset has tokens where its "
        "features are a std::vector<std::int32_t>");
}

TEST_CASE("an optimizer that skips what a batch does not touch does what one over all does") {
  auto const one = trained(sgd{{.learning_rate = 0.5f}}, 1);
  CHECK(one == trained(dense_sgd{{.learning_rate = 0.5f}}, 1));
  CHECK(distance(one, trained(sgd{{.learning_rate = 0.5f}}, 3)) < 1e-5);
  CHECK(trained(sgd{{.learning_rate = 0.5f}}, 3) == trained(dense_sgd{{.learning_rate = 0.5f}}, 3));
  auto const adam_one = trained(adam{{.learning_rate = 0.05f}}, 1);
  CHECK(distance(adam_one, trained(adam{{.learning_rate = 0.05f}}, 3)) < 1e-3);
  CHECK(distance(adam_one, trained(adam{{.learning_rate = 0.05f, .lazy = true}}, 1)) > 1e-3);
  model<net> const untrained{seed{1}};
  auto const lazy = trained(adam{{.learning_rate = 0.05f, .weight_decay = 1, .lazy = true}}, 2);
  auto const all = trained(adam{{.learning_rate = 0.05f, .weight_decay = 1}}, 2);
  auto const last = static_cast<std::size_t>(rows * width - 1);  // of a word that is in no text
  CHECK(std::equal(&lazy[last], &lazy[last] + 1, untrained.weights() + last));
  CHECK(!std::equal(&all[last], &all[last] + 1, untrained.weights() + last));
}

TEST_CASE("threads without samples, and a batch that is measured as a whole") {
  constexpr auto measured = tokens<3> | embedding<9, 4> | mean_pool | batch_norm | dense<2>;
  ids const x{1, 2, 3, 4, 8, 6, 3, 3, 5, 2, 2, 2, 0, 8, 1};
  std::vector<float> const y{0, 1, 0, 1, 1};
  auto const after = [&](int threads, int samples) {
    model<measured> m{seed{1}};
    sgd optimizer{{.learning_rate = 0.1f}};
    thread_team team{threads};
    auto const count = static_cast<std::size_t>(samples);
    batch<0> const b{samples, std::span{x}.first(3 * count), std::span{y}.first(count)};
    for (int step = 0; step < 3; ++step) train_step(m, optimizer, cross_entropy, b, &team);
    return weights_of(m);
  };
  CHECK(distance(after(1, 5), after(2, 5)) < 1e-5);
  CHECK(distance(after(1, 3), after(5, 3)) < 1e-5);
}

TEST_CASE("a table that is frozen stays as it is, and so does what else is not touched") {
  for (bool const lazy : {false, true}) {
    model<net> m{seed{1}};
    model<net> const before = m;
    m.freeze("embedding_1");
    adam optimizer{{.learning_rate = 0.1f, .weight_decay = 0.1f, .lazy = lazy}};
    fit_options const options{.batch_size = 25, .threads = 2, .show = verbosity::silent};
    fit(m, optimizer, cross_entropy, texts(90), options);
    CHECK(get(m, "embedding_1.weight") == get(before, "embedding_1.weight"));
    CHECK(get(m, "dense_1.weight") != get(before, "dense_1.weight"));
    float const* const g = optimizer.gradients.floats.data();
    int const floats = facts<net>::parameter_floats;
    for (int t = 0; t < 2; ++t)
      CHECK(std::all_of(g + t * floats, g + t * floats + rows * width,
                        [](float x) { return x <= 0 && x >= 0; }));
    m.unfreeze("*");
    fit(m, optimizer, cross_entropy, texts(90), options);
    CHECK(get(m, "embedding_1.weight") != get(before, "embedding_1.weight"));
  }
}

TEST_CASE("adam on a table is adam on the dense layer of one-hot vectors") {
  constexpr auto looked_up = tokens<1> | embedding<7, 4> | flatten | dense<2>;
  constexpr auto multiplied = input<7> | dense<4, no_bias> | dense<2>;
  model<looked_up> a{seed{1}};
  model<multiplied> b{seed{2}};
  auto const transposed = [](std::vector<float> const& w, std::size_t r, std::size_t c) {
    std::vector<float> t;
    for (std::size_t j = 0; j < c; ++j)
      for (std::size_t i = 0; i < r; ++i) t.push_back(w[i * c + j]);
    return t;
  };
  set(b, "dense_1.weight", transposed(get(a, "embedding_1.weight"), 7, 4));
  set(a, "dense_1.weight", get(b, "dense_2.weight"));
  adam of_a{{.learning_rate = 0.1f, .weight_decay = 0.1f}}, of_b = of_a;
  for (std::int32_t word : {3, 1, 3, 6}) {
    ids const x{word, 2};
    std::vector<float> hot(14), y{1, 0, 0, 1};
    hot[static_cast<std::size_t>(word)] = hot[7 + 2] = 1;
    train_step(a, of_a, mse, batch<0>{2, std::span<std::int32_t const>{x}, y});
    train_step(b, of_b, mse, batch<0>{2, std::span<float const>{hot}, y});
  }
  CHECK(distance(transposed(get(a, "embedding_1.weight"), 7, 4), get(b, "dense_1.weight")) < 1e-5);
}

TEST_CASE("of a table, a step of sgd reads and writes what the batch touches and no more") {
  model<net> m{seed{1}};
  sgd optimizer;
  dataset const data = texts(30);
  for (auto const& b : batches<30>(data)) {
    train_step(m, optimizer, cross_entropy, b);
    float const nan = std::numeric_limits<float>::quiet_NaN();
    float* const g = optimizer.gradients.floats.data();
    for (int i = 20 * width; i < rows * width; ++i) g[i] = m.weights()[i] = nan;
    train_step(m, optimizer, cross_entropy, b);
    for (int i = 0; i < rows * width; ++i) {
      bool const untouched = i >= 20 * width;
      CHECK(std::isnan(g[i]) == untouched);
      CHECK(std::isnan(m.weights()[i]) == untouched);
    }
  }
}

TEST_CASE("a step that fails leaves nothing in the gradients of a table") {
  dataset const data = texts(30);
  model<net> m{seed{1}}, other{seed{1}};
  sgd optimizer{{.learning_rate = 1}}, fresh{{.learning_rate = 1}};
  for (auto const& b : batches<30>(data)) {
    set(m, "dense_1.bias", std::vector<float>{0, std::numeric_limits<float>::infinity()});
    CHECK_THROWS_AS(train_step(m, optimizer, cross_entropy, b), error);
    set(m, "dense_1.bias", get(other, "dense_1.bias"));
    train_step(m, optimizer, cross_entropy, b);
    train_step(other, fresh, cross_entropy, b);
  }
  CHECK(weights_of(m) == weights_of(other));
}

TEST_CASE("a model with a table is saved and loaded") {
  scratch_folder const folder;
  model<net> m{seed{3}}, loaded{seed{4}};
  save(m, folder / "net.safetensors");
  load(loaded, folder / "net.safetensors");
  CHECK(weights_of(m) == weights_of(loaded));
}
