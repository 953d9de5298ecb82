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
  CHECK(etch::passes::differentiate(g, g.outputs[0])[0] == -1);
  int const dx = etch::passes::differentiate(g, g.outputs[0], true)[0];
  REQUIRE(dx >= 0);
  auto const r = etch::evaluate<double>(g, {{0, 1}}, {}, 1);
  CHECK(r[dx] == r[1]);
}
