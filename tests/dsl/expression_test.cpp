// What an expression is refused for while a layer is written, each beside one that is taken.

#include "../../dsl/expression.hpp"

#include "../../dsl/layers.hpp"
#include "catch.hpp"

using namespace etch;

namespace {

/// A layer of any shape that writes `Forward`.
template <auto Forward>
struct writing : layer {
  static constexpr std::string_view kind = "eleven_long";
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
  static constexpr tensor forward(context& c, tensor x) {
    Forward(c, x);
    return x;
  }
};
template <auto Forward>
constexpr bool takes = detail::can_be_written<writing<Forward>, decltype(input<4, 4, 2>)>;

constexpr contraction window{.height = 4, .width = 4, .channels = 2, .kernel_height = 2,
                             .kernel_width = 2, .filters = 3};
constexpr contraction pooling{.height = 4, .width = 4, .channels = 2, .kernel_height = 2,
                              .kernel_width = 2, .filters = 2};

/// A contraction of x in such a window, with weights of this shape.
template <tensor_shape Weights, contraction Window = window, tensor_shape Result = shape<3, 3, 3>>
constexpr auto contracted = [](context& c, tensor x) {
  return math::contract(x, c.parameter("w", Weights, ones), Window, Result);
};
constexpr contraction with_stride(int stride) {
  contraction c = window;
  c.stride_height = stride;
  return c;
}
constexpr contraction in_groups(int groups) {
  contraction c = window;
  c.groups = groups;
  return c;
}

}  // namespace

TEST_CASE("a contraction has weights that all samples share, and its window fits") {
  STATIC_REQUIRE(takes<contracted<shape<3, 2, 2, 2>>>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) {
    return math::contract(math::reshape(x, {32}), x, {.channels = 32, .filters = 1}, {1});
  }>);
  STATIC_REQUIRE_FALSE(takes<contracted<shape<3, 2, 2, 1>>>);
  STATIC_REQUIRE_FALSE(takes<contracted<shape<3, 2, 2, 2>, window, shape<3, 3, 2>>>);
  STATIC_REQUIRE_FALSE(takes<contracted<shape<3, 2, 2, 2>, with_stride(0)>>);
  STATIC_REQUIRE_FALSE(takes<contracted<shape<3, 2, 2, 1>, in_groups(2)>>);
  STATIC_REQUIRE_FALSE(takes<[](context& c, tensor x) {  // of one pixel less
    return math::contract(math::slice(x, {1}, {}), c.parameter("w", {3, 2, 2, 2}, ones), window);
  }>);
}

TEST_CASE("reductions and pools add up or find the largest") {
  STATIC_REQUIRE(takes<[](context&, tensor x) { return math::reduce(function::maximum, x, 0, 2); }>);
  STATIC_REQUIRE_FALSE(
      takes<[](context&, tensor x) { return math::reduce(function::minimum, x, 0, 2); }>);
  STATIC_REQUIRE(
      takes<[](context&, tensor x) { return math::reduce(function::add, x, 0, 2, true); }>);
  STATIC_REQUIRE_FALSE(
      takes<[](context&, tensor x) { return math::reduce(function::maximum, x, 0, 2, true); }>);
  STATIC_REQUIRE(
      takes<[](context&, tensor x) { return math::pool(function::maximum, x, pooling); }>);
  STATIC_REQUIRE_FALSE(
      takes<[](context&, tensor x) { return math::pool(function::multiply, x, pooling); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::pool(function::add, x, window); }>);
}

TEST_CASE("a pool of single pixels is what it is given") {
  graph g;
  tensor const x{&g, g.add({.code = op::input, .batched = true, .shape = {2, 6}})};
  CHECK(math::pool(function::maximum, x, {.width = 6, .channels = 2, .filters = 2}).shape() ==
        shape<1, 6, 2>);
  CHECK(g.nodes[1].code == op::reshape);
}

TEST_CASE("moves stay within the shape") {
  STATIC_REQUIRE(takes<[](context&, tensor x) { return math::pad(x, {0, 1}, {2}); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::pad(x, {0, -1}, {2}); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::pad(x, {0, 0, 0, 1}, {}); }>);
  STATIC_REQUIRE(takes<[](context&, tensor x) { return math::slice(x, {1}, {2}); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::slice(x, {1}, {3}); }>);
  STATIC_REQUIRE(takes<[](context&, tensor x) { return math::concat(x, x, 2); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::concat(x, x, 3); }>);
}
