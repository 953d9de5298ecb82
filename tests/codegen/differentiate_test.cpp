// The gradients that differentiate writes for small graphs, in the reference interpreter.

#include "catch.hpp"

#include "../../codegen/passes/differentiate.hpp"
#include "../../codegen/reference/evaluate.hpp"
#include "../written.hpp"

using etch::graph;
using etch::tensor;
namespace m = etch::math;

TEST_CASE("the gradient of a product is the other factor, summed over the batch") {
  graph g = written({3}, [](etch::context& c, tensor x) {
    return m::reshape(m::sum(x * c.parameter("w", {3}, etch::ones)), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  REQUIRE(g.gradients.size() == 1);
  auto const r = etch::evaluate<double>(g, {{1, 2, 3, 10, 20, 30}}, {{5, 6, 7}}, 2);
  CHECK(etch::parameter_gradients(g, r)[0] == std::vector<double>{11, 22, 33});
}

TEST_CASE("broadcasts are summed, along leading and along trailing axes") {
  graph g = written({2, 3}, [](etch::context& c, tensor x) {
    tensor const vector = c.parameter("vector", {3}, etch::ones),
                 rows = c.parameter("rows", {2, 1}, etch::ones);
    tensor const scalar = c.parameter("scalar", {}, etch::zeros);
    return m::reshape(m::sum(x * vector * rows + scalar), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  auto const r = etch::evaluate<double>(g, {{1, 2, 3, 4, 5, 6}}, {{1, 1, 1}, {1, 10}, {0}}, 1);
  auto const gradients = etch::parameter_gradients(g, r);
  CHECK(gradients[0] == std::vector<double>{41, 52, 63});
  CHECK(gradients[1] == std::vector<double>{6, 15});
  CHECK(gradients[2] == std::vector<double>{6});
}

TEST_CASE(
    "equal largest values share the gradient, a pooling gives it to the first") {
  graph g = written({4}, [](etch::context& c, tensor x) {
    return m::reshape(m::maximum(x * c.parameter("w", {4}, etch::ones), 0, 1), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  auto const r = etch::evaluate<double>(g, {{2, 3, 3, 1}}, {{1, 1, 1, 1}}, 1);
  CHECK(etch::parameter_gradients(g, r)[0] == std::vector<double>{0, 1.5, 1.5, 0});

  graph pooled = written({1, 4, 1}, [](etch::context& c, tensor x) {
    tensor const y = x * c.parameter("w", {1, 4, 1}, etch::ones);
    return m::reshape(
        m::pool(etch::function::maximum, y, {.width = 4, .kernel_width = 4, .stride_width = 4}),
        {});
  });
  etch::passes::differentiate(pooled, pooled.outputs[0]);
  auto const p = etch::evaluate<double>(pooled, {{2, 3, 3, 1}}, {{1, 1, 1, 1}}, 1);
  CHECK(etch::parameter_gradients(pooled, p)[0] == std::vector<double>{0, 3, 0, 0});
}

TEST_CASE("a reduction of an axis in the middle has a gradient") {
  graph g = written({2, 3, 2}, [](etch::context& c, tensor x) {
    tensor const w = c.parameter("w", {2, 3, 2}, etch::ones),
                 v = c.parameter("v", {2, 1, 2}, etch::ones);
    return m::reshape(m::sum(m::sum(x * w, 1, 2) * v), {});  // (2, 1, 2)
  });
  etch::passes::differentiate(g, g.outputs[0]);
  std::vector<double> const ones(12, 1);
  auto const r = etch::evaluate<double>(g, {ones}, {ones, {1, 2, 3, 4}}, 1);
  CHECK(etch::parameter_gradients(g, r)[0] ==
        std::vector<double>{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4});
}

TEST_CASE("a reduction of axes that are not adjacent has a gradient") {
  graph g = written({2, 3, 2}, [](etch::context& c, tensor x) {
    tensor const w = c.parameter("w", {2, 3, 2}, etch::ones), v = c.parameter("v", {3, 1}, etch::ones);
    CHECK(m::maximum(x, {1}).shape() == etch::shape<2, 1, 2>);
    CHECK(m::mean(x, {}).shape() == etch::shape<2, 3, 2>);
    int const before = c.constant(0).owner->size();
    CHECK(m::sum(x, {2, 0, 1}).shape() == etch::shape<1, 1, 1>);
    CHECK(x.owner->size() == before + 1);
    return m::reshape(m::sum(m::mean(x * w, {2, 0}) * v), {});  // (1, 3, 1)
  });
  etch::passes::differentiate(g, g.outputs[0]);
  auto const r = etch::evaluate<double>(g, {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
                                        {std::vector<double>(12, 1), {4, 8, 12}}, 1);
  CHECK(r[g.outputs[0]] == std::vector<double>{4.5 * 4 + 6.5 * 8 + 8.5 * 12});
  CHECK(etch::parameter_gradients(g, r)[0] ==
        std::vector<double>{1, 2, 6, 8, 15, 18, 7, 8, 18, 20, 33, 36});
  CHECK(etch::parameter_gradients(g, r)[1] == std::vector<double>{4.5, 6.5, 8.5});
}

TEST_CASE("a parameter joined to every sample sums over them") {
  graph g = written({2}, [](etch::context& c, tensor x) {
    tensor const joined = m::concat(c.parameter("token", {1}, etch::ones), x, 0);
    return m::reshape(m::sum(joined * joined), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  auto const r = etch::evaluate<double>(g, {{0, 0, 0, 0, 0, 0}}, {{4}}, 3);
  CHECK(etch::parameter_gradients(g, r)[0] == std::vector<double>{3 * 2 * 4});
}

TEST_CASE("nothing flows through detach, a comparison or into what is not trained") {
  graph g = written({2}, [](etch::context& c, tensor x) {
    tensor const w = c.parameter("w", {2}, etch::ones), state = c.state("s", {2}, etch::ones);
    return m::reshape(m::sum(m::detach(w) * x + m::greater(w, x) + state), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  CHECK(g.gradients.empty());
}

TEST_CASE("the adjoints of inputs are made when they are asked for") {
  graph g =
      written({2}, [](etch::context&, tensor x) { return m::reshape(m::sum(m::exp(x)), {}); });
  CHECK(etch::passes::differentiate(g, g.outputs[0])[0] == etch::node_id::none);
  etch::node_id const dx = etch::passes::differentiate(g, g.outputs[0], true)[0];
  REQUIRE(dx != etch::node_id::none);
  auto const r = etch::evaluate<double>(g, {{0, 1}}, {}, 1);
  CHECK(r[dx] == r[etch::node_id{1}]);
}

namespace {

/// The gradients that the graph of a function has by its operands, at this point.
std::vector<std::vector<double>> gradients_of(etch::function fn, std::vector<double> const& at) {
  auto const operands = static_cast<std::size_t>(etch::arity(fn));
  graph g = written({1}, [&](etch::context& c, tensor x) {
    tensor o[3];
    for (std::size_t i = 0; i < operands; ++i)
      o[i] = c.parameter(std::string(1, "abc"[i]), {1}, etch::ones);
    tensor const y = operands == 1   ? etch::detail::map(fn, o[0])
                     : operands == 2 ? etch::detail::map(fn, o[0], o[1])
                                     : etch::detail::map(fn, o[0], o[1], o[2]);
    return m::reshape(m::sum(y * x), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  std::vector<std::vector<double>> parameters;
  for (std::size_t i = 0; i < operands; ++i) parameters.push_back({at[i]});
  return etch::parameter_gradients(g, etch::evaluate<double>(g, {{1}}, parameters, 1));
}

double central_difference(etch::function fn, std::vector<double> at, std::size_t operand) {
  double const step = 1e-5;
  auto const y = [&](double by) {
    std::vector<double> moved = at;
    moved[operand] += by;
    return etch::apply(fn, moved[0], moved[1], moved[2]);
  };
  return (y(step) - y(-step)) / (2 * step);
}

}  // namespace

TEST_CASE("the gradient of every function of the table is its central difference") {
  std::vector<double> const points[] = {
      {.7, 1.9, -.4}, {1.9, .7, .3}, {.2, -.6, 2}, {-.35, .8, .1}, {-2.1, -.9, .5}};
  for (etch::function_info const& f : etch::functions) {
    INFO(f.name);
    int compared = 0;
    for (auto const& at : points) {
      if (!std::isfinite(etch::apply(f.fn, at[0], at[1], at[2]))) continue;  // log(-1)
      auto const gradients = gradients_of(f.fn, at);
      for (std::size_t i = 0; i < static_cast<std::size_t>(f.arity); ++i) {
        INFO("by operand " << i << " at " << at[0] << ", " << at[1] << ", " << at[2]);
        double const got = gradients[i].empty() ? 0 : gradients[i][0];
        double const expected = central_difference(f.fn, at, i);
        CHECK(got == Approx(expected).epsilon(1e-7).margin(1e-9));
        ++compared;
      }
    }
    CHECK(compared >= 3 * f.arity);
  }
  CHECK(central_difference(etch::function::sin, {.7, 0, 0}, 0) != Approx(std::sin(.7)));
}
