#include "../../dsl/network.hpp"

#include <string>
#include <vector>

#include "../../dsl/layers.hpp"
#include "catch.hpp"

/// A layer as a user writes one, in a namespace of their own.
namespace mine {

template <int Units>
struct scaled_tanh : etch::layer {
  static constexpr std::string_view kind = "scaled_tanh";

  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    return in == etch::shape<Units> ? etch::accept(in)
                                    : etch::refuse("the scales of another size", etch::shape<Units>);
  }
  static constexpr etch::tensor forward(etch::context& c, etch::tensor x) {
    return c.parameter("scale", {Units}, etch::ones) * tanh(x) + exp(-abs(x));
  }
};

struct swap : etch::layer {
  static constexpr std::string_view kind = "swap";

  static constexpr etch::inference flow_rule(etch::flow const& in) {
    if (in.streams != 2) return etch::refuse_flow(etch::refusal::wants_more_streams, in);
    etch::inference result;
    result.out = in;
    result.out[0] = in[1];
    result.out[1] = in[0];
    return result;
  }
  static constexpr void forward(etch::context& c) { std::swap(c.streams[0], c.streams[1]); }
};

/// Says that it keeps its stream, and makes a second one.
struct two_of_one : etch::layer {
  static constexpr std::string_view kind = "two_of_one";

  static constexpr etch::inference flow_rule(etch::flow const& in) {
    etch::inference result;
    result.out = in;
    return result;
  }
  static constexpr void forward(etch::context& c) { c.streams.push_back(c.streams[0]); }
};

/// A block between two numbers of its own.
template <class Block>
struct scaled : etch::layer {
  static constexpr std::string_view kind = "scaled";

  static constexpr etch::inference flow_rule(etch::flow const& in) { return Block::infer_all(in); }
  static constexpr void forward(etch::context& c) {
    c.streams[0] = c.streams[0] * c.parameter("weight", {}, etch::ones);
    Block::write_all(c);
    c.streams[0] = c.streams[0] * c.parameter("bias", {}, etch::ones);
  }
};

}  // namespace mine

namespace {

using namespace etch;

template <class Network>
std::vector<std::string> parameter_names(Network net, bool training = false) {
  std::vector<std::string> names;
  for (parameter_info const& p : graph_of(net, training).parameters)
    names.emplace_back(p.name.view());
  return names;
}
using names = std::vector<std::string>;

constexpr auto lenet = input<28, 28, 1> | conv2d<32, 3> | relu | max_pool2d<2> | conv2d<64, 3> |
                       relu | max_pool2d<2> | flatten | dense<10>;

static_assert(lenet.input_shape() == shape<28, 28, 1>);
static_assert(lenet.output_shape() == shape<10>);
static_assert(lenet.layer_count() == 8);
static_assert(lenet.input_count() == 1 && lenet.output_count() == 1);
static_assert(graph_of(lenet).parameters.size() == 6);

// Deeper than compilers nest calls in a constant.
constexpr auto sixteen = relu | relu | relu | relu | relu | relu | relu | relu |
                         relu | relu | relu | relu | relu | relu | relu | relu;
template <int N>
constexpr auto deep() {
  if constexpr (N == 0) return input<4>;
  else return deep<N - 1>() | sixteen;
}
static_assert(graph_of(deep<36>()).layers.size() == 16 * 36 + 1);

TEST_CASE("parameters are named by the kind of their layer and its number") {
  CHECK(parameter_names(lenet) == names{"conv2d_1.weight", "conv2d_1.bias", "conv2d_2.weight",
                                        "conv2d_2.bias", "dense_1.weight", "dense_1.bias"});
  graph const g = graph_of(lenet);
  CHECK(g.parameters[0].shape == shape<32, 3, 3, 1>);
  CHECK(g.parameters[2].shape == shape<64, 3, 3, 32>);
  CHECK(g.parameters[3].shape == shape<64>);
  CHECK(g.parameters[4].shape == shape<10, 1600>);
  CHECK(g.parameters[4].init.fan_in == 1600);
  CHECK(g.parameters[0].layer == layer_id{1});
  CHECK(g.parameters[4].layer == layer_id{8});
}

TEST_CASE("what a combinator makes behind its block has its own name") {
  constexpr auto net = input<4> | mine::scaled<block_of<layers::dense<4>>>{} | dense<4>;
  CHECK(parameter_names(net) == names{"scaled_1.weight", "dense_1.weight", "dense_1.bias",
                                      "scaled_1.bias", "dense_2.weight", "dense_2.bias"});
}

TEST_CASE("training and inference have the same parameters in the same order") {
  constexpr auto net = input<6, 6, 3> | batch_norm | conv2d<4, 3, no_bias> | batch_norm | prelu |
                       dropout<0.5> | flatten | layer_norm | dense<2>;
  names const expected{"batch_norm_1.gamma",
                       "batch_norm_1.beta",
                       "batch_norm_1.running_mean",
                       "batch_norm_1.running_var",
                       "conv2d_1.weight",
                       "batch_norm_2.gamma",
                       "batch_norm_2.beta",
                       "batch_norm_2.running_mean",
                       "batch_norm_2.running_var",
                       "prelu_1.slope",
                       "layer_norm_1.gamma",
                       "layer_norm_1.beta",
                       "dense_1.weight",
                       "dense_1.bias"};
  CHECK(parameter_names(net) == expected);
  CHECK(parameter_names(net, true) == expected);
}

TEST_CASE("batch_norm trains its scale and measures its statistics") {
  constexpr auto net = input<6, 5, 3> | batch_norm(epsilon<1e-3>, momentum<0.25>);
  graph const g = graph_of(net, true);
  REQUIRE(g.parameters.size() == 4);
  CHECK(g.parameters[0].trainable);
  CHECK(g.parameters[1].trainable);
  CHECK_FALSE(g.parameters[2].trainable);
  CHECK_FALSE(g.parameters[3].trainable);
  CHECK(g.parameters[0].init == ones);
  CHECK(g.parameters[2].init == zeros);
  CHECK(g.parameters[3].init == ones);
  for (parameter_info const& p : g.parameters) CHECK(p.shape == shape<3>);
  REQUIRE(g.gradients.size() == 2);
  CHECK(g.gradients[0].parameter == parameter_id{2});
  CHECK(g.gradients[1].parameter == parameter_id{3});
  for (gradient_root const& r : g.gradients) CHECK(g[r.node].shape == shape<3>);
  CHECK(g.parameters[2].momentum == 0.25);
  CHECK(graph_of(net).gradients.empty());
  // The default momentum is 0.1.
  CHECK(graph_of(input<3> | batch_norm, true).parameters[2].momentum == 0.1);
}

TEST_CASE("layers are numbered from 1 behind the input") {
  graph const g = graph_of(lenet);
  REQUIRE(g.layers.size() == 9);
  CHECK(g.layers[0].kind == "input");
  CHECK(g.layers[1].kind == "conv2d");
  CHECK(g.layers[8].kind == "dense");
  CHECK(g.layers[3].output == shape<13, 13, 32>);
  CHECK(g.layers[7].output == shape<1600>);
  CHECK(g[g.outputs[0]].layer == layer_id{8});
  layer_id last{};
  for (node const& n : g.nodes) {
    CHECK(n.layer >= last);
    last = n.layer;
  }
}

TEST_CASE("a block is a chain that waits for its input") {
  constexpr auto block = dense<7> | relu;
  constexpr auto twice = block | block;
  constexpr auto whole = input<5> | twice | dense<2>;
  constexpr auto direct = input<5> | dense<7> | relu | dense<7> | relu | dense<2>;
  STATIC_REQUIRE(std::is_same_v<decltype(whole), decltype(direct)>);
  STATIC_REQUIRE(whole.layer_count() == 5);
  STATIC_REQUIRE(std::is_same_v<decltype(relu | block), decltype((relu | dense<7>) | relu)>);
}

TEST_CASE("several inputs are several streams") {
  constexpr auto net =
      inputs(input<8>, input<3, 5>) | each(dense<4>, dense<2> | flatten | dense<4>) | add;
  STATIC_REQUIRE(net.input_count() == 2);
  STATIC_REQUIRE(net.input_shape(0) == shape<8>);
  STATIC_REQUIRE(net.input_shape(1) == shape<3, 5>);
  STATIC_REQUIRE(net.output_shape() == shape<4>);
  graph const g = graph_of(net);
  REQUIRE(g.inputs.size() == 2);
  CHECK(g.inputs[1] == shape<3, 5>);
  CHECK(g.parameters[0].shape == shape<4, 8>);
  CHECK(g.parameters[2].shape == shape<2, 5>);
  CHECK(g.parameters[4].shape == shape<4, 6>);
}

TEST_CASE("several outputs are the streams at the end") {
  constexpr auto net = input<8> | dense<6> | relu | fork(dense<3> | softmax, dense<1> | etch::tanh);
  STATIC_REQUIRE(net.output_count() == 2);
  STATIC_REQUIRE(net.output_shape(0) == shape<3>);
  STATIC_REQUIRE(net.output_shape(1) == shape<1>);
  graph const g = graph_of(net);
  REQUIRE(g.outputs.size() == 2);
  CHECK(g[g.outputs[0]].shape == shape<3>);
  REQUIRE(g.is<primitive::map>(g.outputs[1]));
  CHECK(g.get<primitive::map>(g.outputs[1]).fn == function::tanh);
}

TEST_CASE("a layer in a user's namespace is a layer like any other") {
  constexpr mine::scaled_tanh<4> own{};
  constexpr auto net = input<4> | own | relu | residual(own | own) | dense<2>;
  constexpr auto start = own | relu;
  constexpr auto end = relu | own | own;
  STATIC_REQUIRE(net.output_shape() == shape<2>);
  STATIC_REQUIRE((input<4> | start | end).layer_count() == 5);
  CHECK(parameter_names(net) == names{"scaled_tanh_1.scale", "scaled_tanh_2.scale",
                                      "scaled_tanh_3.scale", "dense_1.weight", "dense_1.bias"});
  inference const said = infer<mine::scaled_tanh<4>>(decltype(input<5>)::inputs);
  CHECK(said.why == refusal::own_words);
  CHECK(said.words == "the scales of another size");
  CHECK(said.expected == shape<4>);
  constexpr auto swapped = inputs(input<8>, input<3>) | mine::swap{};
  STATIC_REQUIRE(swapped.output_shape(0) == shape<3>);
  CHECK(graph_of(swapped).outputs == etch::constexpr_list{etch::node_id{1}, etch::node_id{0}});
}

TEST_CASE("equal layers behind the same shape are tried once") {
  using namespace etch;
  using first = std::remove_cvref_t<decltype(input<4> | dense<8>)>;
  using later = std::remove_cvref_t<decltype(input<5> | relu | dense<8> | sigmoid)>;
  using other = std::remove_cvref_t<decltype(input<4> | dense<9>)>;
  STATIC_REQUIRE(std::same_as<detail::stand_in<first>, detail::stand_in<later>>);
  STATIC_REQUIRE(!std::same_as<detail::stand_in<first>, detail::stand_in<other>>);
  using tapped = std::remove_cvref_t<decltype(input<5> | tap<"x"> | dense<8>)>;
  STATIC_REQUIRE(!std::same_as<detail::stand_in<first>, detail::stand_in<tapped>>);
}

TEST_CASE("a forward that gives other streams than the rule says is found where it is tried") {
  using before = detail::stand_in<std::remove_cvref_t<decltype(input<4>)>>;
  STATIC_REQUIRE(detail::can_be_written<std::remove_cvref_t<decltype(relu)>, before>);
  STATIC_REQUIRE(!detail::can_be_written<mine::two_of_one, before>);
}

}  // namespace
