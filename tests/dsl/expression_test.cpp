// What an expression is refused for while a layer is written, each beside one that is taken.

#include "../../dsl/expression.hpp"

#include "../../dsl/layers.hpp"
#include "catch.hpp"

using namespace etch;

namespace {

constexpr std::string_view long_name = "a_name_of_40_characters_and_no_more_here";

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

template <auto F, bool Given>
concept is_constant = requires { typename std::bool_constant<F(std::bool_constant<Given>{})>; };

/// While it trains, where alone the batch is measured.
template <auto Forward>
constexpr bool trains = [] {
  constexpr auto write = [](auto) {
    graph g;
    context c{g, true};
    c.enter("layer");
    Forward(c, detail::add_input(g, {4, 4, 2}));
    return true;
  };
  return is_constant<write, true>;
}();

template <literal Kind>
struct named_layer : layer {
  static constexpr std::string_view kind = Kind.view();
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
  static constexpr tensor forward(context& c, tensor x) { return x * c.parameter("a", {}, ones); }
};

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

TEST_CASE("a product has matrices of the same leading axes whose inner extents agree") {
  STATIC_REQUIRE(takes<[](context&, tensor x) { return math::product(x, x, {.a = true}); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::product(x, x); }>);
  STATIC_REQUIRE(takes<[](context& c, tensor x) {
    return math::product(x, c.parameter("w", {4, 2, 3}, ones));
  }>);
  STATIC_REQUIRE_FALSE(takes<[](context& c, tensor x) {
    return math::product(x, c.parameter("w", {3, 2, 3}, ones));
  }>);
  STATIC_REQUIRE_FALSE(takes<[](context& c, tensor x) {
    return math::product(x, c.parameter("w", {2, 3}, ones));
  }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) {
    tensor const flat = math::reshape(x, {32});
    return math::product(flat, flat);
  }>);
}

TEST_CASE("a transposed contraction has weights that all samples share, and its window fits") {
  static constexpr contraction made{.height = 5, .width = 5, .channels = 3, .kernel_height = 2,
                                    .kernel_width = 2, .filters = 2};
  STATIC_REQUIRE(takes<[](context& c, tensor x) {
    math::contract_transposed(x, c.parameter("w", {2, 2, 2, 3}, ones), made);
  }>);
  STATIC_REQUIRE_FALSE(takes<[](context& c, tensor x) {
    math::contract_transposed(x, c.parameter("w", {2, 2, 2, 2}, ones), made);
  }>);
  STATIC_REQUIRE_FALSE(takes<[](context& c, tensor x) {
    math::contract_transposed(math::slice(x, {1}, {}), c.parameter("w", {2, 2, 2, 3}, ones), made);
  }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) {
    math::contract_transposed(math::reshape(x, {32}), x, {.channels = 1, .filters = 32}, {1});
  }>);
}

TEST_CASE("reductions and pools add up or find the largest") {
  STATIC_REQUIRE(takes<[](context&, tensor x) { return math::reduce(function::maximum, x, 0, 2); }>);
  STATIC_REQUIRE_FALSE(
      takes<[](context&, tensor x) { return math::reduce(function::minimum, x, 0, 2); }>);
  STATIC_REQUIRE(takes<[](context&, tensor x) { return math::sum(x, {2, 0}); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::sum(x, {0, 3}); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::maximum(x, {-1}); }>);
  STATIC_REQUIRE(
      trains<[](context&, tensor x) { return math::reduce(function::add, x, 0, 2, true); }>);
  STATIC_REQUIRE_FALSE(
      trains<[](context&, tensor x) { return math::reduce(function::maximum, x, 0, 2, true); }>);
  STATIC_REQUIRE(
      takes<[](context&, tensor x) { return math::pool(function::maximum, x, pooling); }>);
  STATIC_REQUIRE_FALSE(
      takes<[](context&, tensor x) { return math::pool(function::multiply, x, pooling); }>);
  STATIC_REQUIRE_FALSE(takes<[](context&, tensor x) { return math::pool(function::add, x, window); }>);
}

TEST_CASE("a pool of single pixels is what it is given") {
  graph g;
  tensor const x = detail::add_input(g, {2, 6});
  CHECK(math::pool(function::maximum, x, {.width = 6, .channels = 2, .filters = 2}).shape() ==
        shape<1, 6, 2>);
  CHECK(g.is<primitive::reshape>(node_id{1}));
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

TEST_CASE("parameters have names of their own, of up to 51 characters with the kind") {
  STATIC_REQUIRE(takes<[](context& c, tensor) { c.parameter(long_name, {}, ones); }>);
  STATIC_REQUIRE_FALSE(takes<[](context& c, tensor) {
    c.parameter("a_name_of_40_characters_and_1_more_there_", {}, ones);
  }>);
  STATIC_REQUIRE(takes<[](context& c, tensor) {
    c.parameter("a", {}, ones);
    c.state("b", {}, ones);
  }>);
  STATIC_REQUIRE_FALSE(takes<[](context& c, tensor) {
    c.parameter("a", {}, ones);
    c.parameter("b", {}, ones);
    c.state("a", {}, ones);
  }>);
}

TEST_CASE("a parameter belongs to a layer") {
  constexpr auto in_a_layer = []<bool Layer>(std::bool_constant<Layer>) {
    graph g;
    context c{g, true};
    if (Layer) c.enter("layer");
    return c.parameter("a", {}, ones).id != node_id::none;
  };
  STATIC_REQUIRE(is_constant<in_a_layer, true>);
  STATIC_REQUIRE_FALSE(is_constant<in_a_layer, false>);
}

TEST_CASE("the kind of a layer has no dot") {
  STATIC_REQUIRE(detail::can_be_written<named_layer<"my_kind">, decltype(input<3>)>);
  STATIC_REQUIRE_FALSE(detail::can_be_written<named_layer<"my.kind">, decltype(input<3>)>);
}

TEST_CASE("what is measured is a state, and one value for the batch") {
  STATIC_REQUIRE(trains<[](context& c, tensor x) {
    c.measure(c.state("s", {2}, ones), math::batch_mean(x, 0, 2), 0.1);
  }>);
  STATIC_REQUIRE_FALSE(trains<[](context& c, tensor x) {
    c.measure(c.state("s", {2}, ones), math::mean(x, 0, 2), 0.1);
  }>);
  STATIC_REQUIRE_FALSE(trains<[](context& c, tensor x) {
    c.measure(c.parameter("s", {2}, ones), math::batch_mean(x, 0, 2), 0.1);
  }>);
}
