#include <cmath>
#include <cstdlib>
#include <vector>

#include "catch.hpp"
#include "check/allocations.hpp"
#include "network.hpp"

using etch::level;
using dispatch = etch::dispatch<dispatched>;

namespace {

std::vector<float> wave(std::size_t count) {
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = std::sin(0.7f * static_cast<float>(i));
  return x;
}

// A model whose batch_norm has something to do.
etch::model<dispatched> some_model() {
  etch::model<dispatched> model{etch::seed{5}};
  float* const weights = model.weights();
  for (int i = 0; i < etch::facts<dispatched>::parameter_floats; ++i)
    if (weights[i] == 1.0f) weights[i] += 0.25f * static_cast<float>(i % 3);
  model.refresh();
  return model;
}

}  // namespace

TEST_CASE("every level of this machine gives the results of a model") {
  auto const model = some_model();
  constexpr std::size_t inputs = dispatch::input_size(), outputs = dispatch::output_size();
  constexpr std::size_t samples = 2 * together + 1;
  auto const x = wave(samples * inputs);
  int levels = 0;
  for (level const l : etch::usual_levels) {
    INFO(etch::name_of(l));
    dispatch const network{model, etch::name_of(l)};
    REQUIRE(network.valid() == etch::runs(etch::machine_level(), l));
    if (!network.valid()) continue;
    CHECK(network.picked() == l);
    ++levels;
    std::vector<float> batch(samples * outputs);
    etch::workspace<dispatched, together> workspace;
    network.forward_batch(workspace, x, batch);
    for (std::size_t s = 0; s < samples; ++s) {
      auto const sample = std::span{x}.subspan(s * inputs).first<inputs>();
      auto const expected = model.forward(sample);
      auto const found = network.forward(sample);
      for (std::size_t i = 0; i < outputs; ++i) {
        CHECK(found[i] == Approx(expected[i]).epsilon(1e-5).margin(1e-6));
        CHECK(batch[s * outputs + i] == Approx(expected[i]).epsilon(1e-5).margin(1e-6));
      }
    }
  }
  CHECK(levels > 0);
}

TEST_CASE("the level that is picked is the one that runs") {
  auto const model = some_model();
  auto const x = wave(dispatch::input_size());
  auto const sample = std::span{x}.first<dispatch::input_size()>();
  std::vector<std::array<float, dispatch::output_size()>> found;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    auto const check = [&]<level L>() {
      dispatch const network{model, etch::name_of(L)};
      if (!network.valid()) return;
      etch::dispatch<dispatched, etch::results::fastest, std::array{L}> const alone{model};
      found.push_back(network.forward(sample));
      bool const equal = alone.forward(sample) == found.back();
      CHECK(equal);
    };
    (check.template operator()<etch::usual_levels[I]>(), ...);
  }(std::make_index_sequence<etch::usual_levels.size()>{});
  // the oldest x86-64 rounds each product, the others do not
  bool const differ = found.size() < 2 || found.front() != found.back();
  CHECK(differ);
}

TEST_CASE("without a name the highest level of this machine runs") {
  auto const model = some_model();
  etch::dispatch const network{model};
  STATIC_REQUIRE(std::is_same_v<decltype(network), dispatch const>);
  REQUIRE(network.valid());
  CHECK(etch::runs(etch::machine_level(), network.picked()));
  for (level const l : etch::usual_levels)
    if (etch::runs(etch::machine_level(), l)) CHECK(l <= network.picked());
  CHECK(network.weights() == model.weights());
  CHECK(network.error().empty());
}

TEST_CASE("deterministic levels have the same bits, with multiply-adds in hardware or not") {
  using deterministic = etch::dispatch<dispatched, etch::results::deterministic>;
  etch::model<dispatched, etch::arch::deterministic> const model{etch::seed{5}};
  auto const x = wave(dispatch::input_size());
  auto const sample = std::span{x}.first<dispatch::input_size()>();
  auto const expected = model.forward(sample);
  for (level const l : etch::usual_levels) {
    INFO(etch::name_of(l));
    deterministic const network{model, etch::name_of(l)};
    if (!network.valid()) continue;
    bool const equal = network.forward(sample) == expected;
    CHECK(equal);
  }
}

TEST_CASE("a list of one level") {
  auto const model = some_model();
  constexpr std::array only{etch::usual_levels[0]};
  etch::dispatch<dispatched, etch::results::fastest, only> const network{model};
  CHECK(network.valid() == etch::runs(etch::machine_level(), only[0]));
  CHECK_FALSE(etch::dispatch<dispatched, etch::results::fastest, only>{model, "x86-64"}.valid());
}

TEST_CASE("a name that no level has is an error, and says which there are") {
  auto const model = some_model();
  dispatch const network{model, "x86-64-v5"};
  CHECK_FALSE(network.valid());
  std::string const error{network.error()};
  CHECK(error.find("x86-64-v5") != std::string::npos);
  for (level const l : etch::usual_levels)
    CHECK(error.find(etch::name_of(l)) != std::string::npos);
}

TEST_CASE("a call allocates nothing") {
  auto const model = some_model();
  auto const x = wave(dispatch::input_size());
  std::array<float, dispatch::output_size()> y;
  etch::workspace<dispatched> workspace;
  long const before = check::allocations;
  dispatch const network{model};
  network.forward(workspace, std::span{x}.first<dispatch::input_size()>(), y);
  long const after = check::allocations;
  CHECK(after == before);
}
