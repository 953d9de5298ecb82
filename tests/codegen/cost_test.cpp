#include "../../codegen/report/cost.hpp"

#include "../../dsl/layers.hpp"
#include "catch.hpp"

namespace {

using namespace etch;

/// x x^T x, for each head.
struct similarity : layer {
  static constexpr std::string_view kind = "similarity";
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
  static constexpr tensor forward(context&, tensor x) {
    return product(product(x, x, {.b = true}), x);
  }
};

constexpr auto net = input<8, 8, 2> | conv2d<4, 3> | batch_norm | relu | flatten | dense<3>;

// What is a constant expression can be a budget.
static_assert(cost<net>.parameters == (4 * 9 * 2 + 4) + (4 + 4) + (144 * 3 + 3));
static_assert(cost<net>.multiply_adds == 6 * 6 * 4 * 9 * 2 + 144 * 3);
static_assert(cost<net>.workspace_bytes >= 4 * 144);
static_assert(cost<net>.workspace_bytes <= 8 * 1024);
static_assert(cost<net>.output_bytes == 4 * 3);
static_assert(cost<net>.stack_bytes ==
              cost<net>.workspace_bytes + cost<net>.output_bytes + cost<net>.kernel_stack_bytes);
static_assert(cost<net>.stack_bytes < stack_budget);
constexpr auto large = input<64, 64, 8> | conv2d<16, 3> | flatten | dense<3>;
static_assert(cost<large>.stack_bytes > stack_budget);
static_assert(cost<net>.training_bytes<32> > cost<net>.training_bytes<16>);

// A strip of the second matrix, packed, lies on the stack.
constexpr auto products = input<3, 100, 70> | similarity{};
static_assert(cost<products>.multiply_adds == 2 * 3 * 100 * 100 * 70);
static_assert(cost<products>.kernel_stack_bytes >= 4 * 64 * 100);
static_assert(cost<products>.kernel_stack_bytes < stack_budget);

// Each element of the input is multiplied by the whole window of a transposed convolution, and the
// weights of an interpolation are computed once for all samples.
constexpr auto larger =
    input<4, 5, 6> | conv_transpose2d<8, 3, stride<2>, groups<2>> | upsample2d<2, bilinear>;
static_assert(cost<larger>.layers[1].multiply_adds == 4 * 5 * 6 * (9 * 8 / 2));
static_assert(cost<larger>.layers[2].multiply_adds == 9 * 11 * 8 * (4 * 4));

}  // namespace

TEST_CASE("cost counts each layer's own parameters and multiply-adds") {
  auto const& layers = cost<net>.layers;
  REQUIRE(layers.size() == 6);
  CHECK(layers[0].kind == "input");
  CHECK(layers[1].parameters == 76);
  CHECK(layers[1].multiply_adds == 2592);
  CHECK(layers[1].output == shape<6, 6, 4>);
  CHECK(layers[2].parameters == 8);
  CHECK(layers[4].multiply_adds == 0);
  CHECK(layers[5].parameters == 435);
  CHECK(layers[5].multiply_adds == 432);
}

TEST_CASE("a combinator costs what the layers inside it cost") {
  constexpr auto deep = input<5> | residual(dense<8> | relu | dense<5>) | dense<2>;
  auto const& layers = cost<deep>.layers;
  REQUIRE(layers.size() == 3);
  CHECK(layers[1].kind == "residual");
  CHECK(layers[1].output == shape<5>);
  CHECK(layers[1].parameters == 5 * 8 + 8 + 8 * 5 + 5);
  CHECK(layers[1].multiply_adds == 2 * 5 * 8);
  CHECK(layers[1].workspace_bytes >= 4 * (8 + 5));
  CHECK(layers[2].parameters == 5 * 2 + 2);
  CHECK(layers[1].weight_bytes + layers[2].weight_bytes == 4ll * facts<deep>::parameter_floats);
  constexpr auto bytes = cost<deep>.layer_training_bytes<8>;
  REQUIRE(bytes.size() == 3);
  CHECK(bytes[1] >= 8 * 4 * (8 + 5) + layers[1].weight_bytes);
  CHECK(bytes[2] > layers[2].weight_bytes);
}

TEST_CASE("weights take what they take in memory, with padding, and states count") {
  long long sum = 0;
  for (layer_cost const& l : cost<net>.layers) sum += l.weight_bytes;
  CHECK(sum == 4ll * facts<net>::parameter_floats);
  CHECK(cost<net>.layers[2].weight_bytes == 4 * 4 * 16);  // gamma, beta, mean and variance
  CHECK(cost<net>.weight_bytes >= sum);                   // and what follows from them
}

TEST_CASE("training bytes are told layer by layer, backward steps with the layer they belong to") {
  constexpr auto bytes = cost<net>.layer_training_bytes<16>;
  REQUIRE(bytes.size() == 6);
  CHECK(bytes[0] == 0);
  CHECK(bytes[1] >= 16 * 4 * 144);
  CHECK(bytes[2] >= 4 * 4 * 4);  // batch_norm keeps sums of its channels; its map is the relu's
  CHECK(bytes[2] < 16 * 4 * 144);
  CHECK(bytes[3] >= 16 * 4 * 144);
  long long sum = 0;
  for (long long b : bytes) sum += b;
  CHECK(sum >= cost<net>.training_bytes<16>);
}
