#include "../../dsl/layers.hpp"

#include <string_view>
#include <vector>

#include "../../dsl/losses.hpp"
#include "catch.hpp"

namespace {

using namespace etch;

template <class Layer>
constexpr tensor_shape behind(Layer, tensor_shape const& in) {
  verdict const said = Layer::shape_rule(in);
  return said.accepted() ? said.shape : tensor_shape{-1};
}
template <class Layer>
constexpr reason why(Layer, tensor_shape const& in) {
  return Layer::shape_rule(in).why;
}

// The graph agrees with the shape rule for every network that is written below.
template <class Network>
bool graph_agrees(Network net) {
  for (bool training : {false, true}) {
    graph const g = graph_of(net, training);
    if (g[g.outputs[0]].shape != net.output_shape()) return false;
    for (node_id id : g.ids())
      for (node_id x : g.operands(id))
        if (x >= id) return false;
  }
  return true;
}

TEST_CASE("element-wise layers keep every shape") {
  constexpr auto all = leaky_relu<> | leaky_relu<0.2> | elu<> | elu<1.5> | selu | celu<> |
                       celu<0.5> | gelu | gelu_tanh | silu | sigmoid | etch::tanh | softplus |
                       softsign | hard_sigmoid | hard_swish | hard_tanh | relu | dropout<0.5>;
  constexpr auto vector_net = input<1> | all;
  constexpr auto prime_net = input<13, 7> | all;
  constexpr auto image_net =
      input<3, 5, 17> | all | prelu | softmax | log_softmax | layer_norm | batch_norm;
  STATIC_REQUIRE(vector_net.output_shape() == shape<1>);
  STATIC_REQUIRE(prime_net.output_shape() == shape<13, 7>);
  STATIC_REQUIRE(image_net.output_shape() == shape<3, 5, 17>);
  CHECK(graph_agrees(vector_net));
  CHECK(graph_agrees(prime_net));
  CHECK(graph_agrees(image_net));
}

TEST_CASE("layers along the last axis refuse a scalar") {
  STATIC_REQUIRE(why(prelu, {}) == refusal::wants_rank);
  STATIC_REQUIRE(why(softmax, {}) == refusal::wants_rank);
  STATIC_REQUIRE(why(log_softmax, {}) == refusal::wants_rank);
  STATIC_REQUIRE(why(layer_norm, {}) == refusal::wants_rank);
  STATIC_REQUIRE(why(batch_norm, {}) == refusal::wants_rank);
  STATIC_REQUIRE(why(relu, {}) == refusal::none);
}

TEST_CASE("dense maps the last axis") {
  STATIC_REQUIRE(behind(dense<3>, {1}) == shape<3>);
  STATIC_REQUIRE(behind(dense<3>, {5, 7}) == shape<5, 3>);
  STATIC_REQUIRE(why(dense<3>, {5, 7, 1}) == refusal::wants_vector);
  STATIC_REQUIRE(why(dense<3>, {}) == refusal::wants_rank);
  STATIC_REQUIRE(why(dense<0>, {5}) == refusal::zero_size);
}

TEST_CASE("convolutions count their windows") {
  STATIC_REQUIRE(behind(conv2d<4, 3>, {28, 28, 1}) == shape<26, 26, 4>);
  STATIC_REQUIRE(behind(conv2d<4, 3, same>, {7, 5, 3}) == shape<7, 5, 4>);
  STATIC_REQUIRE(behind(conv2d<4, 3, same, stride<2>>, {7, 6, 3}) == shape<4, 3, 4>);
  STATIC_REQUIRE(behind(conv2d<4, kernel<1, 5>>, {7, 5, 3}) == shape<7, 1, 4>);
  STATIC_REQUIRE(behind(conv2d<4, 3, dilation<2>>, {7, 5, 3}) == shape<3, 1, 4>);
  STATIC_REQUIRE(behind(conv2d<4, 3, padding<1, 2>>, {7, 5, 3}) == shape<7, 7, 4>);
  STATIC_REQUIRE(why(conv2d<4, 3>, {2, 5, 3}) == refusal::kernel_too_large);
  STATIC_REQUIRE(why(conv2d<4, 3, groups<2>>, {5, 5, 3}) == refusal::channels_per_group);
  STATIC_REQUIRE(why(conv2d<5, 3, groups<3>>, {5, 5, 3}) == refusal::filters_per_group);
  STATIC_REQUIRE(why(conv2d<4, 3>, {5, 5}) == refusal::wants_image);
}

TEST_CASE("pooling windows stride by their own size unless told otherwise") {
  STATIC_REQUIRE(behind(max_pool2d<2>, {8, 6, 3}) == shape<4, 3, 3>);
  STATIC_REQUIRE(behind(max_pool2d<2>, {7, 5, 3}) == shape<3, 2, 3>);
  STATIC_REQUIRE(behind(max_pool2d<2, same>, {7, 5, 3}) == shape<4, 3, 3>);
  STATIC_REQUIRE(behind(max_pool2d<kernel<3, 2>>, {9, 9, 1}) == shape<3, 4, 1>);
  STATIC_REQUIRE(behind(max_pool2d<3, stride<2>, same>, {112, 111, 2}) == shape<56, 56, 2>);
  STATIC_REQUIRE(behind(max_pool2d<3, stride<1>, padding<1>>, {5, 1, 2}) == shape<5, 1, 2>);
  STATIC_REQUIRE(behind(avg_pool2d<2, stride<1>>, {2, 3, 17}) == shape<1, 2, 17>);
  STATIC_REQUIRE(behind(avg_pool2d<3, stride<2>, dilation<2>>, {9, 5, 1}) == shape<3, 1, 1>);
  STATIC_REQUIRE(why(max_pool2d<3>, {2, 9, 1}) == refusal::kernel_too_large);
  STATIC_REQUIRE(why(max_pool2d<0>, {2, 9, 1}) == refusal::zero_size);
  STATIC_REQUIRE(why(max_pool2d<2, stride<0>>, {2, 9, 1}) == refusal::zero_size);
  STATIC_REQUIRE(why(max_pool2d<2, stride<-1>>, {2, 9, 1}) == refusal::zero_size);
  STATIC_REQUIRE(why(max_pool2d<2, padding<-1>>, {9, 9, 1}) == refusal::negative_padding);
  STATIC_REQUIRE(why(avg_pool2d<2>, {9}) == refusal::wants_image);
}

TEST_CASE("a pooling window with nothing but padding under it is refused") {
  STATIC_REQUIRE(why(max_pool2d<2, padding<2>>, {4, 4, 1}) == refusal::only_padding);
  STATIC_REQUIRE(why(max_pool2d<2, padding<1>>, {4, 4, 1}) == refusal::none);
  STATIC_REQUIRE(why(avg_pool2d<2, padding<0, 0, 0, 3>, stride<1>>, {4, 4, 1}) ==
                 refusal::only_padding);
  STATIC_REQUIRE(why(max_pool2d<2, stride<1>, dilation<2>, padding<1>>, {1, 1, 1}) ==
                 refusal::only_padding);
}

TEST_CASE("global pools drop the axes that they average") {
  STATIC_REQUIRE(behind(global_avg_pool2d, {7, 5, 3}) == shape<3>);
  STATIC_REQUIRE(why(global_avg_pool2d, {7, 5}) == refusal::wants_image);
  STATIC_REQUIRE(behind(embedding<9, 4>, {7, 5}) == shape<7, 5, 4>);
  STATIC_REQUIRE(why(embedding<9, 0>, {7}) == refusal::zero_size);
  STATIC_REQUIRE(why(embedding<1 << 20, 1 << 12>, {7}) == refusal::too_many_elements);
  STATIC_REQUIRE(behind(mean_pool, {7, 5}) == shape<5>);
  STATIC_REQUIRE(why(mean_pool, {7}) == refusal::wants_sequence);
  CHECK(graph_agrees(input<7, 5, 3> | global_avg_pool2d));
  CHECK(graph_agrees(input<1, 1, 1> | global_avg_pool2d));
  CHECK(graph_agrees(input<7, 5> | mean_pool));
}

TEST_CASE("flatten and reshape keep the number of elements") {
  STATIC_REQUIRE(behind(flatten, {7, 5, 3}) == shape<105>);
  STATIC_REQUIRE(behind(flatten, {7}) == shape<7>);
  STATIC_REQUIRE(behind(flatten, {}) == shape<1>);
  STATIC_REQUIRE(behind(reshape<3, 35>, {7, 5, 3}) == shape<3, 35>);
  STATIC_REQUIRE(behind(reshape<>, {1}) == shape<>);
  STATIC_REQUIRE(why(reshape<3, 34>, {7, 5, 3}) == refusal::reshape_elements);
  STATIC_REQUIRE(why(reshape<-3, -35>, {7, 5, 3}) == refusal::zero_size);
  CHECK(graph_agrees(input<7, 5, 3> | reshape<15, 7> | flatten));
}

// Why a layer that the user wrote is refused, its options among the reasons.
template <class Layer>
constexpr reason attached(Layer, tensor_shape const& in) {
  flow given;
  given.streams = 1;
  given[0] = in;
  return infer<Layer>(given).why;
}

TEST_CASE("two options that decide the same are refused") {
  constexpr tensor_shape image{8, 8, 4};
  STATIC_REQUIRE(attached(max_pool2d<3, 2>, image) == refusal::two_windows);
  STATIC_REQUIRE(attached(avg_pool2d<3, 3>, image) == refusal::two_windows);
  STATIC_REQUIRE(attached(max_pool2d<2, kernel<3, 3>>, image) == refusal::two_windows);
  STATIC_REQUIRE(attached(conv2d<8, 3, 5>, image) == refusal::two_windows);
  STATIC_REQUIRE(attached(conv2d<1, 32, 3>, image) == refusal::two_windows);
  STATIC_REQUIRE(attached(conv2d<8, kernel<3, 5>, same, kernel<3, 5>>, image) ==
                 refusal::two_windows);
  STATIC_REQUIRE(attached(conv2d<8, 3, padding<1>, same>, image) == refusal::two_paddings);
  STATIC_REQUIRE(attached(conv2d<8, 3, same, valid>, image) == refusal::two_paddings);
  STATIC_REQUIRE(attached(max_pool2d<3, padding<1>, padding<1>>, image) == refusal::two_paddings);
  STATIC_REQUIRE(attached(conv2d<8, 3, stride<1>, stride<2>>, image) == refusal::repeated_option);
  STATIC_REQUIRE(attached(max_pool2d<2, dilation<2>, dilation<1>>, image) ==
                 refusal::repeated_option);
  STATIC_REQUIRE(attached(conv2d<8, 3, groups<2>, groups<4>>, image) == refusal::repeated_option);
  STATIC_REQUIRE(attached(conv2d<8, 3, no_bias, no_bias>, image) == refusal::repeated_option);
  STATIC_REQUIRE(attached(dense<8, no_bias, no_bias>, {4}) == refusal::repeated_option);
  STATIC_REQUIRE(attached(dense<8, he_normal, glorot_uniform>, {4}) == refusal::repeated_option);
  STATIC_REQUIRE(attached(batch_norm(epsilon<1e-3>, epsilon<1e-4>), {4}) ==
                 refusal::repeated_option);
  STATIC_REQUIRE(attached(batch_norm(momentum<0.5>)(momentum<0.5>), {4}) ==
                 refusal::repeated_option);
  STATIC_REQUIRE(attached(layer_norm(epsilon<1e-3>)(epsilon<1e-3>), {4}) ==
                 refusal::repeated_option);
  // One of each is none too many, in any order.
  STATIC_REQUIRE(attached(conv2d<8, groups<2>, same, dilation<2>, stride<1, 2>, he_normal, no_bias,
                                 kernel<3, 5>>, image) == refusal::none);
  STATIC_REQUIRE(attached(batch_norm(momentum<0.5>)(epsilon<1e-3>), {4}) == refusal::none);
}

TEST_CASE("options outside their range, without a name or of another layer are refused") {
  constexpr tensor_shape image{8, 8, 4};
  STATIC_REQUIRE(attached(dense<8, 16>, {4}) == refusal::unknown_number);
  STATIC_REQUIRE(attached(batch_norm(4), {4}) == refusal::unknown_number);
  STATIC_REQUIRE(attached(layer_norm(1e-3), {4}) == refusal::unknown_number);
  STATIC_REQUIRE(attached(dense<8, relu>, {4}) == refusal::unknown_option);
  STATIC_REQUIRE(attached(layer_norm(momentum<0.5>), {4}) == refusal::unknown_option);
  STATIC_REQUIRE(attached(conv2d<8>, image) == refusal::zero_size);
  STATIC_REQUIRE(attached(conv2d<8, same, stride<2>>, image) == refusal::zero_size);
  STATIC_REQUIRE(attached(max_pool2d<>, image) == refusal::zero_size);
  STATIC_REQUIRE(attached(batch_norm(epsilon<-1e-3>), {4}) == refusal::epsilon_out_of_range);
  STATIC_REQUIRE(attached(layer_norm(epsilon<0>), {4}) == refusal::none);
  STATIC_REQUIRE(attached(batch_norm(momentum<-0.1>), {4}) == refusal::momentum_out_of_range);
  STATIC_REQUIRE(attached(batch_norm(momentum<10>), {4}) == refusal::momentum_out_of_range);
  STATIC_REQUIRE(attached(batch_norm(momentum<1>), {4}) == refusal::none);
  STATIC_REQUIRE(attached(celu<0>, {4}) == refusal::alpha_is_zero);
}

TEST_CASE("the rate of a dropout is at least 0 and below 1") {
  STATIC_REQUIRE(why(dropout<0.0>, {3}) == refusal::none);
  STATIC_REQUIRE(why(dropout<0.999>, {3}) == refusal::none);
  STATIC_REQUIRE(why(dropout<1.0>, {3}) == refusal::rate_out_of_range);
  STATIC_REQUIRE(why(dropout<-0.1>, {3}) == refusal::rate_out_of_range);
}

TEST_CASE("dropout draws random values only while training") {
  constexpr auto net = input<5> | dropout<0.5> | dropout<0.0> | dropout<0.1>;
  CHECK(graph_of(net).size() == 1);
  CHECK(graph_of(net).randoms == 0);
  CHECK(graph_of(net, true).randoms == 2);
}

TEST_CASE("images of odd sizes pass through a whole network") {
  constexpr auto net = input<29, 31, 3> | conv2d<5, 3, same, stride<2>> | batch_norm | relu |
                       max_pool2d<3, stride<2>, same> | conv2d<7, kernel<3, 1>> |
                       avg_pool2d<2, same> | prelu | global_avg_pool2d | dense<11> | softmax;
  STATIC_REQUIRE(net.output_shape() == shape<11>);
  CHECK(graph_agrees(net));
}

TEST_CASE("losses name the shape of their target and give one number a sample") {
  auto const check = [](auto the_loss, tensor_shape const& prediction, tensor_shape const& target) {
    using type = decltype(the_loss);
    REQUIRE(type::target_rule(prediction).accepted());
    CHECK(type::target_rule(prediction).shape == target);
    graph g;
    context c{g, true};
    g.layers.push_back({"loss", {}});
    auto const leaf = [&](tensor_shape const& of) {
      return detail::add_input(g, of);
    };
    tensor const value = type::forward(c, leaf(prediction), leaf(target));
    CHECK(value.shape() == tensor_shape{});
    CHECK(value.get().batched);
  };
  for (tensor_shape const& s : {shape<1>, shape<7>, shape<5, 3>, shape<3, 5, 2>}) {
    check(mse, s, s);
    check(mae, s, s);
    check(huber<>, s, s);
    check(huber<0.5>, s, s);
    check(binary_cross_entropy, s, s);
  }
  check(mse, {}, {});
  check(cross_entropy, {10}, {});
  check(cross_entropy, {1}, {});
  check(cross_entropy, {5, 10}, {5});
  check(cross_entropy, {4, 6, 3}, {4, 6});
  CHECK(losses::cross_entropy::target_rule({}).why == refusal::wants_rank);
}

}  // namespace
