// The pass that packs and transposes weights.

#include "catch.hpp"

#include "../check/probe.hpp"
#include "pass_testing.hpp"

using namespace pass_testing;

TEST_CASE("layout: inference reads packed weights as they are stored") {
  graph const g = etch::passes::layout(etch::passes::simplify(etch::graph_of(mnist_cnn)));
  CHECK(count<primitive::pack>(g) + count<primitive::unpack>(g) + count<primitive::transpose>(g) == 0);
}

TEST_CASE("layout: training transposes each weight once and gives packed gradients") {
  graph const g = etch::passes::layout(
      etch::passes::simplify(etch::training_graph(mnist_cnn, etch::cross_entropy)));
  CHECK(count<primitive::pack>(g) + count<primitive::unpack>(g) == 0);
  CHECK(count<primitive::contract_dw>(g) == 5);
  // The first layer's input has no gradient; the second's weights have theirs transposed.
  CHECK(count<primitive::transpose>(g) == 5);
}

TEST_CASE("layout: the dX that a padded image is cut to is a convolution itself") {
  auto const second = [](auto first, auto conv) {
    return etch::passes::layout(etch::passes::simplify(etch::training_graph(
        etch::input<4, 4, 1> | first | etch::tanh | conv | etch::flatten | etch::dense<1>,
        etch::mse)));
  };
  constexpr auto first = etch::conv2d<24, 1>;
  constexpr auto padded = etch::conv2d<16, 3, etch::same>;
  graph const same = second(first, padded);
  CHECK(count<primitive::contract>(same) == 4);
  CHECK(count<primitive::contract_dx>(same) == 1);
  CHECK(count<primitive::slice>(same) == 0);
  auto const stay = [&](auto before, auto conv) {
    return count<primitive::contract_dx>(second(before, conv)) == 2;
  };
  CHECK(stay(etch::conv2d<8, 1>, padded));
  CHECK_FALSE(stay(first, etch::conv2d<16, 5, etch::padding<4>>));
  // Where less is padded than the window takes away, more would be multiplied; a stride leaves
  // gaps; what lies beyond the windows of the border cannot be cut off.
  CHECK(stay(first, etch::conv2d<16, 5, etch::padding<1>>));
  CHECK(stay(first, etch::conv2d<16, 5, etch::padding<4>, etch::stride<2>>));
  CHECK(stay(first, etch::conv2d<16, 3, etch::padding<3, 1>>));
}

TEST_CASE("layout: the weights of a transposed convolution are packed, before and behind the pass") {
  graph const g = etch::passes::simplify(etch::training_graph(
      etch::input<4, 4, 3> | etch::conv_transpose2d<5, 3, etch::stride<2>>, etch::mse));
  graph const l = etch::passes::layout(g);
  CHECK(count<primitive::pack>(l) + count<primitive::unpack>(l) == 0);
  CHECK(count<primitive::transpose>(l) == 1);
  auto const before = etch::parameter_places(g), behind = etch::parameter_places(l);
  CHECK(before[0].packed);
  CHECK(before[0] == behind[0]);
}

TEST_CASE("layout: one copy of the weights serves all that read them in the same way") {
  graph g = written({8, 8, 16}, [](etch::context& c, tensor x) {
    tensor const w = c.parameter("w", {16, 3, 3, 16}, etch::ones);
    auto const conv = [&](tensor y) {
      int const size = y.shape()[0];
      return m::tanh(m::contract(y, w,
                                 {.height = size,
                                  .width = size,
                                  .channels = 16,
                                  .kernel_height = 3,
                                  .kernel_width = 3,
                                  .filters = 16},
                                 {size - 2, size - 2, 16}));
    };
    auto const around = [](tensor y) { return m::pad(y, {1, 1}, {1, 1}); };
    tensor const y = conv(around(conv(around(conv(x)))));
    return m::reshape(m::sum(conv(conv(y))), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  graph const l = etch::passes::layout(etch::passes::simplify(g));
  CHECK(count<primitive::contract_dx>(l) == 2);
  CHECK(count<primitive::transpose>(l) == 2);  // of a dX, and of the convolution that another is
}

TEST_CASE("layout: weights that are computed are packed, and their gradient unpacked") {
  graph g = written({4}, [](etch::context& c, tensor x) {
    tensor const w = m::tanh(c.parameter("w", {3, 4}, etch::ones));
    return m::reshape(m::sum(m::contract(x, w, {.channels = 4, .filters = 3}, {3})), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  graph const l = etch::passes::layout(etch::passes::simplify(g));
  CHECK(count<primitive::pack>(l) == 1);
  CHECK(count<primitive::unpack>(l) == 1);
  CHECK_FALSE(etch::parameter_places(l)[0].packed);
}

TEST_CASE("layout: windows that pack one parameter in two ways each get theirs") {
  graph const g = written({2, 2, 8}, [](etch::context& c, tensor x) {
    tensor const w = c.parameter("w", {8, 1, 1, 4}, etch::ones);
    tensor const y =
        m::contract(x, w, {.height = 2, .width = 2, .channels = 8, .groups = 2, .filters = 8});
    tensor const half = m::slice(y, {0, 0, 4}, {});
    constexpr etch::contraction other{.height = 2, .width = 2, .channels = 4, .filters = 8};
    return m::contract(half, w, other) * m::contract(m::exp(half), w, other) + m::sum(m::exp(w));
  });
  graph const l = etch::passes::layout(etch::passes::simplify(g));
  CHECK(count<primitive::unpack>(l) == 1);
  CHECK(count<primitive::pack>(l) == 1);
}

TEST_CASE("layout: weights that are an output are given as they were declared") {
  node_id weights{};
  graph g = written({8}, [&](etch::context& c, tensor x) {
    tensor const w = c.parameter("w", {3, 8}, etch::ones);
    weights = w.id;
    return m::contract(x, w, {.channels = 8, .filters = 3}, {3});
  });
  g.outputs.push_back(weights);
  graph const l = etch::passes::layout(g);
  CHECK(l.is<primitive::unpack>(l.outputs[1]));
}

namespace {

template <class Network>
void check_places(Network net) {
  graph const one = etch::graph_of(net),
              other = check::probe_graph(etch::graph_of(net, true)).graph;
  auto const a = etch::parameter_places(etch::passes::simplify(one));
  auto const b = etch::parameter_places(etch::passes::simplify(other));
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO(one.parameters[i].name.view());
    CHECK(one.parameters[i].name == other.parameters[i].name);
    CHECK(a[i].offset == b[i].offset);
    CHECK(a[i].size == b[i].size);
    CHECK(a[i].packed == b[i].packed);
    CHECK((!a[i].packed || etch::same_packing(a[i].window, b[i].window)));
    CHECK(a[i].offset == (i == 0 ? 0 : a[i - 1].offset + a[i - 1].size));
    CHECK(a[i].size % 16 == 0);
    CHECK(a[i].size >= one.parameters[i].shape.elements());
  }
}

}  // namespace

TEST_CASE("layout: a model's buffer is the same for inference and training") {
  check_places(mnist_cnn);
  check_places(etch::input<6, 6, 4> | etch::conv2d<4, 3, etch::groups<4>, etch::same> |
               etch::batch_norm | etch::prelu | etch::avg_pool2d<2> |
               etch::conv2d<8, 1, etch::groups<2>> | etch::dropout<0.5> | etch::flatten |
               etch::dense<7> | etch::layer_norm | etch::gelu | etch::dense<3> | etch::softmax);
  check_places(etch::input<5, 8> |
               etch::residual(etch::layer_norm | etch::dense<16> | etch::gelu | etch::dense<8>) |
               etch::repeat<2>(etch::dense<8> | etch::batch_norm) | etch::flatten | etch::dense<2>);
  check_places(etch::input<4, 4, 3> |
               etch::parallel<etch::concat>(etch::conv2d<8, 1>, etch::conv2d<8, 3, etch::same>) |
               etch::batch_norm | etch::relu | etch::global_avg_pool2d | etch::dense<4>);
}
