#include "../../codegen/reference/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../../dsl/layers/dense.hpp"
#include "../../dsl/layers/relu.hpp"
#include "catch.hpp"

using namespace etch;
using values = std::vector<double>;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The value of a primitive whose operands are batched inputs of these shapes.
template <class Kind>
values value_of(Kind const& kind, tensor_shape const& shape, std::vector<tensor_shape> const& shapes,
                std::vector<values> const& inputs, int samples = 1, random_key key = {},
                bool over_batch = false) {
  graph g;
  std::vector<node_id> operands;
  for (tensor_shape const& s : shapes) operands.push_back(detail::add_input(g, s).id);
  node_id const id = g.add(kind, {shape, !over_batch, over_batch}, operands);
  return evaluate<double>(g, inputs, {}, samples, key)[id];
}

values numbers(int count, int from = 1) {
  values v;
  for (int i = 0; i < count; ++i) v.push_back(from + i);
  return v;
}

values noise(int count, std::uint32_t stream) {
  values v;
  for (int i = 0; i < count; ++i)
    v.push_back(counter_uniform({1, 2, stream, 3}, static_cast<std::uint32_t>(i)) - .5);
  return v;
}

double largest_difference(values const& a, values const& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// The definition in dsl/contraction.hpp, term by term: term(x, w, y) for every product of indices.
template <class Term>
void every_product(contraction const& c, Term term) {
  int const channels = c.channels / c.groups;
  for (int oy = 0; oy < c.out_height(); ++oy)
    for (int ox = 0; ox < c.out_width(); ++ox)
      for (int f = 0; f < c.filters; ++f)
        for (int ky = 0; ky < c.kernel_height; ++ky)
          for (int kx = 0; kx < c.kernel_width; ++kx)
            for (int i = 0; i < channels; ++i) {
              int const row = oy * c.stride_height + ky * c.dilation_height;
              int const column = ox * c.stride_width + kx * c.dilation_width;
              int const channel = f / (c.filters / c.groups) * channels + i;
              term(static_cast<std::size_t>((row * c.width + column) * c.channels + channel),
                   static_cast<std::size_t>(
                       ((f * c.kernel_height + ky) * c.kernel_width + kx) * channels + i),
                   static_cast<std::size_t>((oy * c.out_width() + ox) * c.filters + f));
            }
}

// The networks that the compiler itself evaluates.
constexpr auto linear = input<2> | dense<2>;
static_assert(run_reference<double>(graph_of(linear), {1, 2}, {1, 2, 3, 4, .5, -1}) ==
              values{5.5, 10});

constexpr auto perceptron = input<2> | dense<2> | relu | dense<1>;
constexpr double exclusive_or(double a, double b) {
  return run_reference<double>(graph_of(perceptron), {a, b}, {1, 1, 1, 1, 0, -1, 1, -2, 0})[0];
}
static_assert(exclusive_or(0, 0) == 0 && exclusive_or(0, 1) == 1);
static_assert(exclusive_or(1, 0) == 1 && exclusive_or(1, 1) == 0);

constexpr double logistic_unit(double x) {
  graph g = graph_of(input<1> | dense<1>);
  g.outputs[0] = math::sigmoid(tensor{&g, g.outputs[0]}).id;
  return run_reference<double>(g, {x}, {2, -1})[0];
}
static_assert(logistic_unit(.5) == .5);
static_assert(logistic_unit(1) > .7310585786300048 && logistic_unit(1) < .7310585786300050);

constexpr auto wide = input<64> | dense<64> | relu;
static_assert(run_reference<float>(graph_of(wide), std::vector<float>(64, 1.f),
                                   std::vector<float>(64 * 64 + 64, .5f))[63] == 32.5f);

}  // namespace

TEST_CASE("a network gives at run time what it gives at compile time") {
  constexpr double x = 0.3;
  constexpr double at_compile_time = logistic_unit(x);
  CHECK(logistic_unit(x) == Approx(at_compile_time).epsilon(1e-15));
  CHECK(logistic_unit(x) == Approx(1 / (1 + std::exp(.4))).epsilon(1e-14));
}

TEST_CASE("an element of a broadcast operand is found by run and period") {
  CHECK(element_of({1, 1}, 5) == 0);
  CHECK(element_of({1, 4}, 3) == 3);
  CHECK(element_of({1, 4}, 6) == 2);
  CHECK(element_of({3, 4}, 5) == 1);
  CHECK(element_of({3, 4}, 12) == 0);
  CHECK(element_of({4, 4}, 3) == 0);
}

TEST_CASE("map broadcasts scalars, suffixes and prefixes, and shares what is not batched") {
  primitive::map const add{function::add};
  tensor_shape const matrix{2, 3};
  CHECK(value_of(add, matrix, {{2, 3}, {}}, {numbers(6), {10}}) == values{11, 12, 13, 14, 15, 16});
  CHECK(value_of(add, matrix, {{2, 3}, {3}}, {numbers(6), {10, 20, 30}}) == values{11, 22, 33, 14, 25, 36});
  CHECK(value_of(add, matrix, {{2, 1}, {2, 3}}, {{10, 20}, numbers(6)}) == values{11, 12, 13, 24, 25, 26});
  CHECK(value_of(primitive::map{function::select}, {3}, {{3}, {3}, {}}, {{1, 0, -2}, numbers(3), {9}}) == values{1, 9, 3});

  graph g;
  tensor const x = detail::add_input(g, {2});
  tensor const p{&g, g.add(primitive::parameter{}, {{2}})};
  g.parameters.push_back({.name = {}, .shape = {2}, .init = {}});
  g.outputs = {(x * p).id, x.id};
  auto const result = evaluate<double>(g, {{1, 2, 3, 4, 5, 6}}, {{10, 100}}, 3);
  CHECK(outputs(g, result) == std::vector<values>{{10, 200, 30, 400, 50, 600}, {1, 2, 3, 4, 5, 6}});
}

TEST_CASE("constants, iota and the number of samples") {
  CHECK(value_of(primitive::constant{2.5}, {2}, {}, {}) == values{2.5, 2.5});
  CHECK(value_of(primitive::iota{}, {2, 3}, {}, {}) == values{0, 1, 2, 0, 1, 2});
  graph g;
  node_id const n = g.add(primitive::batch_size{}, {});
  CHECK(evaluate<double>(g, {}, {}, 7)[n] == values{7});
}

TEST_CASE("reduce folds axes, and the batch when asked") {
  primitive::reduce sum{function::add, 1, 2};
  tensor_shape const left{2, 1, 2};
  values const x{1, 2, 3, 4, 5, 6, 70, 80, 90, 100, 110, 120};
  CHECK(value_of(sum, left, {{2, 3, 2}}, {x}) == values{9, 12, 270, 300});
  sum.fn = function::maximum;
  CHECK(value_of(sum, left, {{2, 3, 2}}, {x}) == values{5, 6, 110, 120});
  CHECK(value_of(sum, left, {{2, 3, 2}}, {values(12, -3)}) == values(4, -3));

  primitive::reduce total{function::add, 0, 0};
  CHECK(value_of(total, {2}, {{2}}, {numbers(6)}, 3, {}, true) == values{9, 12});
  total.fn = function::maximum;
  CHECK(value_of(total, {2}, {{2}}, {{-5, -1, -4, -2, -3, -6}}, 3, {}, true) == values{-3, -1});

  graph g;  // a value that is not batched counts once for each sample
  node_id const c = g.add(primitive::constant{2}, {{3}});
  node_id const s = math::reduce(function::add, tensor{&g, c}, 0, 1, true).id;
  CHECK(evaluate<double>(g, {}, {}, 5)[s] == values{30});
}

TEST_CASE("reshape and detach keep the elements") {
  CHECK(value_of(primitive::reshape{}, {3, 2}, {{6}}, {numbers(12)}, 2) == numbers(12));
  CHECK(value_of(primitive::detach{}, {2}, {{2}}, {numbers(4)}, 2) == numbers(4));
}

TEST_CASE("pad, slice and concat move boxes") {
  CHECK(value_of(primitive::pad{{1, 0}, {0, 2}, 9}, {3, 4},
                 {{2, 2}}, {numbers(4)}) == values{9, 9, 9, 9, 1, 2, 9, 9, 3, 4, 9, 9});
  CHECK(value_of(primitive::slice{{1, 1}, {0, 1}}, {2, 1}, {{3, 3}},
                 {numbers(9)}) == values{5, 8});
  CHECK(value_of(primitive::concat{1}, {2, 3}, {{2, 1}, {2, 2}},
                 {{1, 2, 10, 20}, {3, 4, 5, 6, 30, 40, 50, 60}}, 2) ==
        values{1, 3, 4, 2, 5, 6, 10, 30, 40, 20, 50, 60});
  CHECK(value_of(primitive::concat{0}, {3}, {{1}, {2}}, {{1}, {2, 3}}) ==
        values{1, 2, 3});
}

TEST_CASE("a slice undoes a pad on six axes") {
  axis_counts const before{1, 2, 0, 1, 1}, after{0, 1, 3, 2};
  graph g;
  tensor const padded = math::pad(detail::add_input(g, {2, 1, 2, 3, 1, 1}), before, after, -1);
  node_id const p = padded.id, s = math::slice(padded, before, after).id;
  auto const result = evaluate<double>(g, {numbers(24)}, {}, 2);
  CHECK(result[s] == numbers(24));
  double sum = 0;
  for (double v : result[p]) sum += v;
  CHECK(sum == 24 * 25 / 2 - (2 * 720 - 24));
  CHECK(result[p][(((1 * 4 + 2) * 5 + 0) * 6 + 1) * 2 + 1] == 1);
}

TEST_CASE("pool takes the sum or the maximum of each window") {
  contraction const w{.height = 3, .width = 3, .channels = 2, .kernel_height = 2, .kernel_width = 2,
                      .filters = 2};
  values const x{1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8, 9, -9};
  primitive::pool n{function::add, w};
  CHECK(value_of(n, {2, 2, 2}, {{3, 3, 2}}, {x}) == values{12, -12, 16, -16, 24, -24, 28, -28});
  n.fn = function::maximum;
  CHECK(value_of(n, {2, 2, 2}, {{3, 3, 2}}, {x}) == values{5, -1, 6, -2, 8, -4, 9, -5});
  contraction const sparse{.height = 4, .width = 5, .kernel_height = 2, .kernel_width = 2,
                           .stride_width = 2, .dilation_height = 3, .dilation_width = 2};
  CHECK(value_of(primitive::pool{function::add, sparse}, {1, 2, 1}, {{4, 5, 1}}, {numbers(20)}) == values{1 + 3 + 16 + 18, 3 + 5 + 18 + 20});
}

TEST_CASE("the gradient of a maximum goes to the first of equals, that of a sum to all") {
  contraction const w{.height = 2, .width = 3, .kernel_height = 2, .kernel_width = 2};
  primitive::pool_index const index{w};
  tensor_shape const out{1, 2, 1}, in{2, 3, 1};
  CHECK(value_of(index, out, {{2, 3, 1}}, {{1, 7, 7, 0, 7, 2}}) == values{1, 0});
  CHECK(value_of(index, out, {{2, 3, 1}}, {{1, 2, 3, 3, 2, 1}}) == values{2, 1});
  primitive::pool_gradient n{function::maximum, w};
  CHECK(value_of(n, in, {{1, 2, 1}, {1, 2, 1}}, {{1, 0}, {10, 1}}) == values{0, 11, 0, 0, 0, 0});
  CHECK(value_of(n, in, {{1, 2, 1}, {1, 2, 1}}, {{2, 1}, {10, 1}}) == values{0, 0, 1, 10, 0, 0});
  n.fn = function::add;
  CHECK(value_of(n, in, {{1, 2, 1}}, {{10, 1, 5, 6}}, 2) ==
        values{10, 11, 1, 10, 11, 1, 5, 11, 6, 5, 11, 6});
}

TEST_CASE("a dense layer is a product with the rows of the weights") {
  contraction const w{.width = 2, .channels = 3, .filters = 2};
  CHECK(value_of(primitive::contract{w}, {2, 2}, {{2, 3}, {2, 3}},
                 {{1, 2, 3, 4, 5, 6}, {1, 0, -1, 2, 2, 2}}) == values{-2, 12, -2, 30});
}

TEST_CASE("a product multiplies matrices, each for its index of the leading axes") {
  values const a{1, 2, 3, 4, 5, 6}, b{1, 0, 2, -1, 1, 1};  // (2, 3), (3, 2)
  values const a_transposed{1, 4, 2, 5, 3, 6}, b_transposed{1, 2, 1, 0, -1, 1}, y{8, 1, 20, 1};
  auto const product = [&](bool ta, bool tb) {
    tensor_shape const sa = ta ? shape<3, 2> : shape<2, 3>, sb = tb ? shape<2, 3> : shape<3, 2>;
    return value_of(primitive::product{ta, tb}, {2, 2}, {sa, sb},
                    {ta ? a_transposed : a, tb ? b_transposed : b});
  };
  CHECK(product(false, false) == y);
  CHECK(product(false, true) == y);
  CHECK(product(true, false) == y);
  CHECK(product(true, true) == y);
  CHECK(value_of(primitive::product{false, true}, {2, 1, 1, 1}, {{2, 1, 1, 2}, {2, 1, 1, 2}},
                 {{1, 2, 3, 4}, {5, 6, 7, 8}}) == values{17, 53});
}

TEST_CASE("contractions and their gradients are what the definition says") {
  contraction const all[] = {
      {.width = 5, .channels = 7, .filters = 3},                                       // dense
      {.height = 5, .width = 6, .channels = 3, .kernel_height = 3, .kernel_width = 2, .filters = 4},
      {.height = 7, .width = 8, .channels = 2, .kernel_height = 3, .kernel_width = 3,  // strides
       .stride_height = 2, .stride_width = 3, .filters = 3},
      {.height = 8, .width = 7, .channels = 2, .kernel_height = 2, .kernel_width = 3,  // dilation
       .dilation_height = 3, .dilation_width = 2, .filters = 3},
      {.height = 4, .width = 5, .channels = 6, .kernel_height = 2, .kernel_width = 2,  // groups
       .stride_width = 2, .dilation_height = 2, .groups = 2, .filters = 4},
      {.height = 5, .width = 5, .channels = 4, .kernel_height = 3, .kernel_width = 3,  // depthwise
       .groups = 4, .filters = 4},
      {.height = 5, .width = 5, .channels = 3, .kernel_height = 2, .kernel_width = 2,  // multiplier
       .stride_height = 3, .dilation_width = 3, .groups = 3, .filters = 6},
      {.height = 1, .width = 9, .channels = 5, .kernel_width = 4, .stride_width = 2, .filters = 2}};
  for (contraction const& c : all) {
    CAPTURE(c.height, c.width, c.channels, c.groups, c.filters);
    int const taps = c.kernel_height * c.kernel_width * c.group_channels();
    tensor_shape const in{c.height, c.width, c.channels};
    tensor_shape const kernel{c.filters, c.kernel_height, c.kernel_width, c.group_channels()};
    tensor_shape const out{c.out_height(), c.out_width(), c.filters};
    values const x = noise(c.inputs(), 1), w = noise(c.filters * taps, 2);
    values const dy = noise(c.outputs(), 3);

    values y(dy.size()), dx(x.size()), dw(w.size());
    every_product(c, [&](std::size_t xi, std::size_t wi, std::size_t yi) {
      y[yi] += x[xi] * w[wi];
      dx[xi] += dy[yi] * w[wi];
      dw[wi] += dy[yi] * x[xi];
    });
    CHECK(static_cast<long long>(c.outputs()) * taps == c.multiply_adds());
    CHECK(largest_difference(
              value_of(primitive::contract{c}, out, {in, kernel}, {x, w}), y) < 1e-14);
    CHECK(largest_difference(
              value_of(primitive::contract_dx{c}, in, {out, kernel}, {dy, w}), dx) < 1e-14);
    CHECK(largest_difference(
              value_of(primitive::contract_dw{c}, kernel, {in, out}, {x, dy}, 1, {}, true),
              dw) < 1e-14);
  }
}

TEST_CASE("the gradient of weights is summed over the batch") {
  contraction const w{.channels = 2};
  primitive::contract_dw const dw{w};
  CHECK(value_of(dw, {1, 2}, {{2}, {1}}, {{1, 2, 3, 4}, {10, 1}}, 2, {}, true) == values{13, 24});

  graph g;  // an operand that is not batched is the same for every sample
  node_result const sum{{1, 2}, false, true};
  node_id const x = detail::add_input(g, {2}).id;
  node_id const one = g.add(primitive::constant{1}, {{1}});
  node_id const mixed = g.add(dw, sum, std::vector{x, one});
  node_id const two = g.add(primitive::constant{2}, {{2}});
  node_id const once = g.add(dw, sum, std::vector{two, one});
  auto const result = evaluate<double>(g, {{1, 2, 3, 4}}, {}, 2);
  CHECK(result[mixed] == values{4, 6});
  CHECK(result[once] == values{2, 2});
}

TEST_CASE("a batch gives what its samples give one by one") {
  graph const g = graph_of(input<3> | dense<4> | relu | dense<2>);
  std::vector<values> const p = split_parameters<double>(g, noise(4 * 3 + 4 + 2 * 4 + 2, 5));
  values const x = noise(5 * 3, 6);
  values const batch = evaluate<double>(g, {x}, p, 5)[g.outputs[0]];
  for (int s = 0; s < 5; ++s) {
    values const y = run_reference<double>(g, values(x.begin() + 3 * s, x.begin() + 3 * s + 3), p);
    CHECK(y == values(batch.begin() + 2 * s, batch.begin() + 2 * s + 2));
  }
}

TEST_CASE("float agrees with double to its own precision") {
  graph const g = graph_of(input<50> | dense<20>);
  values const x = noise(50, 7), p = noise(50 * 20 + 20, 8);
  values const y = run_reference<double>(g, x, p);
  std::vector<float> const z = run_reference<float>(g, std::vector<float>(x.begin(), x.end()),
                                                    std::vector<float>(p.begin(), p.end()));
  CHECK(largest_difference(values(z.begin(), z.end()), y) < 1e-6);
  CHECK(largest_difference(values(z.begin(), z.end()), y) > 0);
}

TEST_CASE("gradients are added up per parameter") {
  graph g;
  g.parameters.resize(3);
  g.parameters[0].shape = {2};
  g.parameters[1].shape = {1};
  g.parameters[2].shape = {2};
  node_id const a = g.add(primitive::constant{3}, {{2}});
  node_id const b = g.add(primitive::constant{4}, {{1, 2}});
  node_id const c = detail::add_input(g, {1}).id;
  g.gradients = {{parameter_id{0}, a}, {parameter_id{0}, b}, {parameter_id{1}, c}};
  auto const result = evaluate<double>(g, {{1, 10, 100}}, {}, 3);
  CHECK(parameter_gradients(g, result) == std::vector<values>{{7, 7}, {111}, {0, 0}});
}

TEST_CASE("random numbers depend on the key, the stream, the sample and the element") {
  primitive::random const n{4};
  values const two = value_of(n, {3}, {}, {}, 2, {.seed = 1, .step = 2, .first_sample = 10});
  for (std::uint32_t i = 0; i < 6; ++i)
    CHECK(two[i] == static_cast<double>(counter_uniform(1, 2, 4, 10 + i / 3, i % 3)));
  values const second = value_of(n, {3}, {}, {}, 1, {.seed = 1, .step = 2, .first_sample = 11});
  CHECK(second == values(two.begin() + 3, two.end()));
}

TEST_CASE("a maximum of what is not a number is none, wherever that stands") {
  for (bool const first : {false, true}) {
    primitive::map const rectify{function::maximum};
    tensor_shape const one{}, two{2};
    values const number{0}, given{not_a_number, -1};
    values const y = first ? value_of(rectify, two, {two, one}, {given, number})
                           : value_of(rectify, two, {one, two}, {number, given});
    CHECK(std::isnan(y[0]));
    CHECK(y[1] == 0);
  }
  contraction const window{.width = 4, .kernel_width = 4};
  primitive::pool const pool{function::maximum, window};
  primitive::pool_index const index{window};
  primitive::reduce const reduce{function::maximum, 1, 2};
  tensor_shape const single{1, 1, 1};
  for (std::size_t i = 0; i < 4; ++i) {
    values x{1, 4, 2, 3};
    x[i] = not_a_number;
    CHECK(std::isnan(value_of(pool, single, {{1, 4, 1}}, {x})[0]));
    CHECK(std::isnan(value_of(reduce, single, {{1, 4, 1}}, {x})[0]));
    x[3] = not_a_number;
    CHECK(value_of(index, single, {{1, 4, 1}}, {x}) == values{static_cast<double>(i)});
  }
}
