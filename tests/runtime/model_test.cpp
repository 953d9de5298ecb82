// A model: its first weights, access by name, and forward in all its forms.

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/infer/denormals.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "scratch_folder.hpp"

namespace {

using namespace etch;

constexpr auto small = input<5> | dense<7> | relu | dense<3>;
constexpr auto two_ways = inputs(input<3>, input<2>) | each(dense<4>, dense<2>);

/// Numbers between -1 and 1 without a pattern.
std::vector<float> numbers(int count, std::uint64_t seed) {
  random_engine rng{seed};
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) v = 2 * rng.uniform() - 1;
  return values;
}

template <std::size_t Count>
std::array<float, Count> some(std::uint64_t seed) {
  std::array<float, Count> values;
  std::ranges::copy(numbers(Count, seed), values.begin());
  return values;
}

template <auto Net, class Arch>
std::vector<float> weights_of(model<Net, Arch> const& m) {
  return {m.weights(), m.weights() + facts<Net>::weight_floats};
}

contraction over_6_by_5(int channels, int kernel_height, int kernel_width, int groups,
                        int filters) {
  return {.height = 6,
          .width = 5,
          .channels = channels,
          .kernel_height = kernel_height,
          .kernel_width = kernel_width,
          .groups = groups,
          .filters = filters};
}

/// The outputs of a valid convolution with stride 1, as the formula says; a dense layer is one over
/// an image of 1 x 1.
std::vector<double> naive(contraction const& c, std::vector<float> const& w,
                          std::vector<float> const& bias, std::vector<float> const& x) {
  std::vector<double> y;
  int const per_group = c.channels / c.groups;
  auto const at = [](std::vector<float> const& v, int i) {
    return static_cast<double>(v[static_cast<std::size_t>(i)]);
  };
  for (int row = 0; row + c.kernel_height <= c.height; ++row)
    for (int column = 0; column + c.kernel_width <= c.width; ++column)
      for (int f = 0; f < c.filters; ++f) {
        double sum = at(bias, f);
        int const first = f / (c.filters / c.groups) * per_group;
        for (int ky = 0; ky < c.kernel_height; ++ky)
          for (int kx = 0; kx < c.kernel_width; ++kx)
            for (int i = 0; i < per_group; ++i)
              sum += at(w, ((f * c.kernel_height + ky) * c.kernel_width + kx) * per_group + i) *
                     at(x, ((row + ky) * c.width + column + kx) * c.channels + first + i);
        y.push_back(sum);
      }
  return y;
}

/// Sets weight and bias by their names, reads them back, and runs a network of one such layer.
template <auto Net>
void check_named_access(contraction const& c) {
  model<Net> m;
  auto const infos = parameters<Net>();
  REQUIRE(infos.size() == 2);
  auto const w = numbers(infos[0].shape.elements(), 1);
  auto const b = numbers(c.filters, 2);
  set(m, infos[0].name.view(), w);
  set(m, infos[1].name.view(), b);
  CHECK(get(m, infos[0].name.view()) == w);
  CHECK(get(m, infos[1].name.view()) == b);
  auto const x = some<static_cast<std::size_t>(model<Net>::input_size())>(3);
  auto const y = m.forward(x);
  auto const expected = naive(c, w, b, {x.begin(), x.end()});
  REQUIRE(expected.size() == y.size());
  for (std::size_t i = 0; i < y.size(); ++i)
    CHECK(static_cast<double>(y[i]) == Approx(expected[i]).margin(1e-5));
}

}  // namespace

TEST_CASE("a seed decides the first weights") {
  CHECK(weights_of(model<small>{seed{3}}) == weights_of(model<small>{seed{3}}));
  CHECK(weights_of(model<small>{seed{3}}) != weights_of(model<small>{seed{4}}));
}

TEST_CASE("the first weights are distributed as their initializers say") {
  // Layers of 300 to 200 and 200 to 300 in turn.
  static constexpr auto net = input<300> | dense<200, glorot_uniform> | dense<300, he_uniform> |
                              dense<200, lecun_uniform> | dense<300, uniform_within<0.25>> |
                              dense<200, glorot_normal> | dense<300, he_normal> |
                              dense<200, lecun_normal> | dense<300, normal_with<0.5>> |
                              dense<200, zeros> | dense<300, ones> | dense<200, constant_of<0.75>>;
  double const variances[]{2. / 500, 2. / 200, 1. / 300, 0.0625 / 3,
                           2. / 500, 2. / 200, 1. / 300, 0.25};
  model<net> const m{seed{5}};
  auto const weight = [&](int layer) { return get(m, etch::filled("dense_{}.weight", layer)); };
  for (int layer = 1; layer <= 8; ++layer) {
    auto const values = weight(layer);
    REQUIRE(values.size() == 60000);
    double const variance = variances[layer - 1], deviation = std::sqrt(variance);
    double sum = 0, squares = 0, largest = 0, wide = 0;
    for (float value : values) {
      double const v = static_cast<double>(value);
      sum += v;
      squares += v * v;
      largest = std::max(largest, std::abs(v));
      wide += std::abs(v) > 2 * deviation;
    }
    INFO("layer " << layer);
    CHECK(std::abs(sum / 60000) < 0.02 * deviation);
    CHECK(squares / 60000 == Approx(variance).epsilon(0.03));
    if (layer <= 4) {  // uniform: up to the limit, not beyond
      CHECK(largest <= std::sqrt(3.0) * deviation * (1 + 1e-6));
      CHECK(largest > 0.999 * std::sqrt(3.0) * deviation);
    } else {
      CHECK(wide / 60000 == Approx(0.0455).margin(0.005));
      CHECK(largest > 3.5 * deviation);
    }
  }
  CHECK(get(m, "dense_1.bias") == std::vector<float>(200, 0.0f));
  CHECK(weight(9) == std::vector<float>(60000, 0.0f));
  CHECK(weight(10) == std::vector<float>(60000, 1.0f));
  CHECK(weight(11) == std::vector<float>(60000, 0.75f));
}

TEST_CASE("a model and a workspace know their network by its value") {
  model m{small, seed{2}};
  workspace w{small};
  auto const local = input<5> | dense<7> | relu | dense<3>;
  model const of_local{local};
  model const copy{m};
  STATIC_REQUIRE(std::is_same_v<decltype(m), model<small>>);
  STATIC_REQUIRE(std::is_same_v<decltype(w), workspace<small>>);
  STATIC_REQUIRE(std::is_same_v<decltype(of_local), model<small> const>);
  STATIC_REQUIRE(std::is_same_v<decltype(copy), model<small> const>);
  CHECK(weights_of(m) == weights_of(model<small>{seed{2}}));
  CHECK(weights_of(of_local) == weights_of(model<small>{}));
}

TEST_CASE("copies of a model are deep, and a move takes the weights along") {
  model<small> a{seed{1}}, b = a;
  auto const first = weights_of(a);
  set(a, "dense_1.bias", numbers(7, 1));
  CHECK(weights_of(b) == first);
  CHECK(weights_of(a) != first);
  model<small> c = std::move(b);
  CHECK(weights_of(c) == first);
  CHECK(c.forward(some<5>(1)) == model<small>{seed{1}}.forward(some<5>(1)));
  a = std::move(c);
  CHECK(weights_of(a) == first);
  c = a;  // what was moved from can be assigned to
  CHECK(weights_of(c) == first);
}

TEST_CASE("a model gives its weights to one with layers without parameters behind it") {
  static constexpr auto served = small | reshape<3, 1> | etch::tanh | flatten;
  model<small> m{seed{1}};
  model<served> s{m};
  auto const x = some<5>(1);
  auto const y = m.forward(x), z = s.forward(x);
  for (std::size_t i = 0; i < 3; ++i) CHECK(z[i] == Approx(std::tanh(y[i])).epsilon(1e-5));
  CHECK(s.identity().number() != m.identity().number());

  model<served> const other{seed{2}};
  m = other;  // and back
  CHECK(weights_of(m) == weights_of(model<small>{seed{2}}));
  CHECK(weights_of(model<small, arch::deterministic>{m}) == weights_of(m));
  STATIC_REQUIRE_FALSE(have_the_same_weights<small, input<5> | dense<7> | etch::tanh | dense<3>>);
  STATIC_REQUIRE_FALSE(have_the_same_weights<small, small | dense<3>>);
  STATIC_REQUIRE_FALSE(have_the_same_weights<served, small | etch::tanh>);
}

TEST_CASE("parameters have names, shapes and the standard layout") {
  auto const all = parameters<small>();
  REQUIRE(all.size() == 4);
  CHECK(all[0].name.view() == "dense_1.weight");
  CHECK(all[0].shape == shape<7, 5>);
  CHECK(all[3].name.view() == "dense_2.bias");
  CHECK(all[3].shape == shape<3>);
  check_named_access<input<9> | dense<17>>({.channels = 9, .filters = 17});
  check_named_access<input<6, 5, 3> | conv2d<5, kernel<3, 2>>>(over_6_by_5(3, 3, 2, 1, 5));
  check_named_access<input<6, 5, 4> | conv2d<6, kernel<2, 3>, groups<2>>>(
      over_6_by_5(4, 2, 3, 2, 6));
  check_named_access<input<6, 5, 4> | conv2d<4, 3, groups<4>>>(over_6_by_5(4, 3, 3, 4, 4));
}

TEST_CASE("a wrong name or count is an error, and the model stays as it was") {
  model<small> m;
  auto const before = weights_of(m);
  CHECK(message_of([&] { get(m, "dense_3.weight"); }) ==
        "the network has no parameter 'dense_3.weight'; it has: dense_1.weight, dense_1.bias, "
        "dense_2.weight, dense_2.bias");
  CHECK(message_of([&] { set(m, "dense_2.bias", numbers(4, 1)); }) ==
        "parameter 'dense_2.bias' has 3 numbers; 4 were given");
  CHECK(weights_of(m) == before);
}

TEST_CASE("forward takes arrays and spans, with a workspace or without") {
  model<small> const m{seed{2}};
  auto const x = some<5>(1);
  auto const y = m.forward(x);
  workspace<small> w;
  CHECK(m.forward(w, x) == y);
  CHECK(m.forward(std::span{x}) == y);
  std::array<float, 3> into{};
  m.forward(x, into);
  CHECK(into == y);
  float const list[]{0.5f, 0.25f, -1, 0, 2};
  CHECK(m.forward({0.5f, 0.25f, -1, 0, 2}) == m.forward(list));
  CHECK(m.forward(w, {0.5f, 0.25f, -1, 0, 2}) == m.forward(std::to_array(list)));
  m.forward({0.5f, 0.25f, -1, 0, 2}, into);
  CHECK(into == m.forward(list));

  model<two_ways> const both{seed{2}};
  auto const a = some<3>(1);
  auto const b = some<2>(2);
  std::array<float, 4> ya{};
  std::vector<float> yb(2);
  both.forward(a, b, ya, std::span{yb}.first<2>());
  auto const wa = get(both, "dense_1.weight"), wb = get(both, "dense_2.weight");
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(ya[i] == Approx(wa[3 * i] * a[0] + wa[3 * i + 1] * a[1] + wa[3 * i + 2] * a[2]));
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(yb[i] == Approx(wb[2 * i] * b[0] + wb[2 * i + 1] * b[1]));
}

TEST_CASE("a batch gives what its samples give, and writes no more") {
  model<small> const m{seed{2}};
  workspace<small, 4> w;
  for (int samples : {0, 1, 4, 11}) {
    auto const x = numbers(5 * samples, 7);
    std::vector<float> y(static_cast<std::size_t>(3 * samples) + 3, 9.0f);
    m.forward_batch(w, x, std::span{y}.first(y.size() - 3));
    for (std::size_t i = 0; i < static_cast<std::size_t>(samples); ++i) {
      auto const one = m.forward(std::span{x}.subspan(5 * i).first<5>());
      for (std::size_t j = 0; j < 3; ++j) CHECK(y[3 * i + j] == Approx(one[j]).margin(1e-6));
    }
    CHECK(std::count(y.end() - 3, y.end(), 9.0f) == 3);
  }
}

TEST_CASE("threads share one const model") {
  model<small> const m{seed{2}};
  std::array<std::vector<std::array<float, 3>>, 3> results;
  auto const work = [&](std::size_t t) {
    workspace<small> w;
    for (std::uint64_t i = 0; i < 500; ++i) results[t].push_back(m.forward(w, some<5>(i)));
  };
  work(0);
  std::thread one{work, 1}, two{work, 2};
  one.join();
  two.join();
  CHECK(results[1] == results[0]);
  CHECK(results[2] == results[0]);
}

TEST_CASE("a large buffer begins where a large page does, and keeps its numbers") {
  constexpr std::size_t large = 3 << 19, page = std::size_t{2} << 20;  // 6 MB
  float_buffer a(large), none;
  REQUIRE(reinterpret_cast<std::uintptr_t>(a.data()) % page == 0);
  CHECK(std::all_of(a.data(), a.data() + large, [](float v) { return v == 0.0f; }));
  a.data()[large - 1] = 3;
  float_buffer b = a;
  none = std::move(a);
  CHECK(b.data()[large - 1] == 3);
  CHECK(none.data()[large - 1] == 3);
  b.resize(5);
  CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
  CHECK(b.size() == 5);
}

TEST_CASE("denormals are flushed while the guard lives") {
  float volatile tiny = 1e-39f, result = 0;
  result = tiny * 0.5f;
  CHECK(result > 0);
  {
    flush_denormals const outer;
    { flush_denormals const inner; }
    result = tiny * 1e38f;
  }
  CHECK(result == 0);
  result = tiny * 0.5f;
  CHECK(result > 0);
}

TEST_CASE("a fast network is near to the accurate one, and not the same") {
  constexpr auto accurate = input<9> | dense<20> | etch::tanh | dense<20> | gelu | dense<20> |
                            etch::sigmoid | dense<20> | softmax;
  constexpr auto quick = fast(accurate);
  static_assert(!graph_of(accurate).fast && graph_of(quick).fast);
  static_assert(training_graph(quick, losses::mse{}).fast);
  static_assert(std::is_same_v<decltype(fast(fast(accurate))), decltype(fast(accurate))>);
  static_assert(facts<quick>::places == facts<accurate>::places);
  model<accurate> const a{seed{4}};
  model<quick> const b{seed{4}};
  int differ = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {
    auto const x = some<9>(i);
    auto const expected = a.forward(x), found = b.forward(x);
    for (std::size_t j = 0; j < 20; ++j) {
      CHECK(std::abs(found[j] - expected[j]) < 1e-6f);
      differ += found[j] != expected[j];
    }
  }
  CHECK(differ > 0);
}
