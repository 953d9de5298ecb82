#include <string>
#include <vector>

#include "../../dsl/layers.hpp"
#include "catch.hpp"

namespace {

using namespace etch;

/// What a block says to these streams, or to one stream of this shape.
template <class Part>
constexpr inference offer_all(Part, flow const& in) {
  return block_of<Part>::infer_all(in);
}
template <class Part>
constexpr inference offer(Part part, tensor_shape const& in) {
  return offer_all(part, one_stream({}, in));
}
constexpr flow two(tensor_shape const& a, tensor_shape const& b) {
  flow in = one_stream({}, a);
  in.streams = 2;
  in[1] = b;
  return in;
}

template <class Network>
std::vector<std::string> parameter_names(Network net) {
  std::vector<std::string> names;
  for (parameter_info const& p : graph_of(net).parameters) names.emplace_back(p.name.view());
  return names;
}

/// The path to the layer that refuses, as in {2, 1}.
std::vector<int> path(inference const& said) {
  return {said.path.begin(), said.path.begin() + said.depth};
}

TEST_CASE("a residual adds its input to what its block gives") {
  constexpr auto net = input<7> | residual(dense<5> | relu | dense<7>);
  STATIC_REQUIRE(net.output_shape() == shape<7>);
  STATIC_REQUIRE(net.layer_count() == 1);
  graph const g = graph_of(net);
  node_id const sum = g.outputs[0];
  REQUIRE(g.is<primitive::map>(sum));
  CHECK(g.get<primitive::map>(sum).fn == function::add);
  CHECK(g.is<primitive::input>(g.operand(sum, 0)));
  for (node const& n : g.nodes) CHECK(g.layers[n.layer].number <= 1);
}

TEST_CASE("layers inside combinators are layers of the graph, within one of the chain") {
  graph const g = graph_of(input<7> | relu | repeat<2>(residual(dense<7>) | sigmoid) |
                           fork(dense<3>, relu | dense<2>) | concat);
  std::vector<std::string> said;
  for (layer_info const& l : g.layers)
    said.push_back(std::to_string(l.number) + " " + std::string(l.kind) + " in " +
                   std::to_string(static_cast<int>(l.inside)));
  CHECK(said == std::vector<std::string>{
                    "0 input in -1", "1 relu in -1", "2 repeat in -1",      //
                    "2 residual in 2", "2 dense in 3", "2 sigmoid in 2",    //
                    "2 residual in 2", "2 dense in 6", "2 sigmoid in 2",    //
                    "3 fork in -1", "3  in 9", "3 dense in 10", "3  in 9",  //
                    "3 relu in 12", "3 dense in 12", "4 concat in -1"});
  CHECK(g.layers[14].output == shape<2>);
  CHECK(g.layers[2].output == shape<7>);
  CHECK(g.parameters[1].layer == layer_id{4});
  CHECK(g[g.operand(g.outputs[0], 1)].layer == layer_id{14});
  CHECK(g[g.outputs[0]].layer == layer_id{15});
}

TEST_CASE("a residual refuses a block that changes the shape") {
  inference const said = offer(residual(dense<4>), {7});
  CHECK(said.why == refusal::residual_shape);
  CHECK(said.expected == shape<7>);
  CHECK(said.given == shape<4>);
  CHECK(path(said) == std::vector{1});
  CHECK(offer(residual(fork(relu, relu)), {7}).why == refusal::wants_one_stream);
  CHECK(offer_all(residual(relu), two({7}, {7})).why == refusal::wants_one_stream);
}

TEST_CASE("a refusal inside nested blocks leads to the layer that refuses") {
  inference const said = offer(relu | residual(relu | dense<4>), {3, 3, 2});
  CHECK(said.why == refusal::wants_vector);
  CHECK(path(said) == std::vector{2, 2});
  CHECK(path(offer(parallel<add>(relu, relu | relu | dense<4>), {3, 3, 2})) ==
        std::vector{1, 2, 3});
  CHECK(path(offer_all(each(relu, relu | conv2d<1, 1>), two({3}, {3}))) == std::vector{1, 2, 2});
  // The second time round, the images are too small.
  CHECK(path(offer(repeat<3>(relu | max_pool2d<3>), {5, 5, 1})) == std::vector{1, 4});
  using nested = decltype(residual(relu | dense<4>));
  STATIC_REQUIRE(std::is_same_v<nested::inner<2>, layers::dense<4>>);
  using repeated = decltype(repeat<3>(relu | max_pool2d<3>));
  STATIC_REQUIRE(std::is_same_v<repeated::inner<4>, layers::max_pool2d<3>>);
  using branches = decltype(parallel<add>(relu, relu | dense<4>));
  STATIC_REQUIRE(std::is_same_v<branches::inner<2>::inner<2>, layers::dense<4>>);
}

TEST_CASE("a path that is too long ends at a block around the layer") {
  constexpr auto deep = residual(residual(
      residual(residual(residual(residual(residual(residual(residual(relu | dense<4>)))))))));
  inference const said = offer(relu | deep, {3, 3, 2});
  CHECK(said.why == refusal::wants_vector);
  CHECK(path(said) == std::vector{2, 1, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("parallel joins its branches by addition or along the last axis") {
  constexpr auto inception = input<9, 7, 3> | parallel<concat>(conv2d<8, 1>, conv2d<5, 3, same>,
                                                               max_pool2d<3, stride<1>, same>);
  STATIC_REQUIRE(inception.output_shape() == shape<9, 7, 16>);
  constexpr auto sum = input<9> | parallel<add>(dense<4>, dense<6> | relu | dense<4>, dense<4>);
  STATIC_REQUIRE(sum.output_shape() == shape<4>);
  CHECK(graph_of(inception)[graph_of(inception).outputs[0]].shape == shape<9, 7, 16>);
  CHECK(parameter_names(sum) == std::vector<std::string>{"dense_1.weight", "dense_1.bias",
                                                         "dense_2.weight", "dense_2.bias",
                                                         "dense_3.weight", "dense_3.bias",
                                                         "dense_4.weight", "dense_4.bias"});
}

TEST_CASE("joins refuse streams that do not fit") {
  CHECK(offer(parallel<add>(dense<4>, dense<5>), {9}).why == refusal::add_shapes);
  inference const images = offer(parallel<concat>(conv2d<4, 1>, conv2d<5, 3>), {9, 9, 1});
  CHECK(images.why == refusal::concat_shapes);
  CHECK(images.expected == shape<9, 9, 5>);
  CHECK(images.given == shape<7, 7, 5>);
  CHECK(offer(parallel<concat>(flatten, relu), {9, 9}).why == refusal::concat_shapes);
  CHECK(offer(parallel<add>(relu), {9}).why == refusal::wants_more_streams);
  CHECK(offer(add, {9}).why == refusal::wants_more_streams);
  CHECK(offer(concat, {9}).why == refusal::wants_more_streams);
  CHECK(offer_all(concat, two({}, {})).why == refusal::wants_rank);
  CHECK(offer_all(relu, two({9}, {9})).why == refusal::wants_one_stream);
}

TEST_CASE("repeat gives each repetition parameters of its own") {
  constexpr auto net = input<5> | repeat<3>(residual(dense<5> | relu)) | dense<2>;
  STATIC_REQUIRE(net.layer_count() == 2);
  CHECK(graph_of(net).parameters.size() == 8);
  CHECK(parameter_names(net).at(4) == "dense_3.weight");
  CHECK(parameter_names(net).at(6) == "dense_4.weight");
  auto const many = parameter_names(input<5> | dense<5> | repeat<60>(dense<5> | prelu) | dense<5>);
  CHECK(many.at(1 + 1) == "dense_2.weight");
  CHECK(many.at(2 + 3 * 9 + 1) == "dense_11.bias");
  CHECK(many.at(2 + 3 * 59 + 1) == "dense_61.bias");
  CHECK(many.at(2 + 3 * 59 + 2) == "prelu_60.slope");
  CHECK(many.back() == "dense_62.bias");
  CHECK(offer(repeat<0>(relu), {5}).why == refusal::zero_size);
  STATIC_REQUIRE((input<64, 64, 1> | repeat<3>(max_pool2d<2>)).output_shape() == shape<8, 8, 1>);
}

TEST_CASE("each stream has its block") {
  CHECK(offer(each(relu, relu), {9}).why == refusal::wants_more_streams);
  CHECK(offer_all(each(relu), two({9}, {9})).why == refusal::wants_more_streams);
  inference const said = offer_all(each(dense<2>, flatten), two({9}, {3, 4}));
  REQUIRE(said.accepted());
  CHECK(said.out[0] == shape<2>);
  CHECK(said.out[1] == shape<12>);
}

TEST_CASE("a fork may fork again, up to sixteen streams") {
  constexpr auto net = input<5> | fork(fork(dense<1>, dense<2>), dense<3>) | concat;
  STATIC_REQUIRE(net.output_shape() == shape<6>);
  constexpr auto four = fork(relu, relu, relu, relu);
  CHECK(offer(fork(four, four, four, four), {5}).accepted());
  CHECK(offer(fork(four, four, four, four, relu), {5}).why == refusal::too_many_streams);
  constexpr auto six = input<5> | parallel<concat>(relu, relu, dense<1>, dense<2>, dense<3>, relu);
  STATIC_REQUIRE(six.output_shape() == shape<21>);
}

TEST_CASE("taps make a diamond") {
  constexpr auto net = input<6> | dense<4> | tap<"top"> | relu | tap<"left"> | from<"top"> |
                       etch::tanh | tap<"right"> | from<"left", "right", "top"> | concat | dense<1>;
  STATIC_REQUIRE(net.output_shape() == shape<1>);
  graph const g = graph_of(net);
  int relus = 0, tanhs = 0;
  node_id source_of_relu{}, source_of_tanh{};
  for (node_id id : g.ids()) {
    auto const* m = g.get_if<primitive::map>(id);
    if (m && m->fn == function::maximum) ++relus, source_of_relu = g.operand(id, 1);
    if (m && m->fn == function::tanh) ++tanhs, source_of_tanh = g.operand(id, 0);
  }
  CHECK(relus == 1);
  CHECK(tanhs == 1);
  CHECK(source_of_relu == source_of_tanh);
  CHECK(g.parameters[2].shape == shape<1, 12>);
}

TEST_CASE("taps made inside a block are there behind it") {
  constexpr auto unet = input<8, 8, 1> | residual(conv2d<1, 3, same> | tap<"inside"> | relu) |
                        max_pool2d<2> | parallel<add>(tap<"low">, relu) | flatten | tap<"flat"> |
                        from<"inside"> | flatten | tap<"fine"> | from<"fine", "flat"> | concat |
                        repeat<2>(tap<"last"> | dense<3>) | from<"last", "low"> |
                        each(relu, flatten) | concat;
  STATIC_REQUIRE(unet.output_shape() == shape<19>);
  CHECK(graph_of(unet)[graph_of(unet).outputs[0]].shape == shape<19>);
}

TEST_CASE("a branch sees the taps of the branches before it") {
  constexpr auto net = input<3> | parallel<concat>(dense<4> | tap<"first">, from<"first"> | relu);
  STATIC_REQUIRE(net.output_shape() == shape<8>);
  CHECK(graph_of(net).outputs.size() == 1);
  CHECK(offer(parallel<concat>(from<"first"> | relu, dense<4> | tap<"first">), {3}).why ==
        refusal::unknown_tap);
}

TEST_CASE("a name that is tapped again means the later stream") {
  constexpr auto net = input<3> | tap<"x"> | dense<5> | tap<"x"> | dense<2> | from<"x">;
  STATIC_REQUIRE(net.output_shape() == shape<5>);
  CHECK(graph_of(net)[graph_of(net).outputs[0]].shape == shape<5>);
  CHECK(offer(repeat<40>(tap<"x"> | relu), {3}).out.taps == 1);
}

TEST_CASE("unknown names and too many taps are refused") {
  CHECK(offer(tap<"a"> | from<"b">, {3}).why == refusal::unknown_tap);
  CHECK(path(offer(tap<"a"> | from<"b">, {3})) == std::vector{2});
  CHECK(offer(tap<"a"> | from<"a", "a", "a", "a">, {3}).accepted());
  CHECK(offer(tap<"a"> | from<"a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a",
                              "a", "a", "a">, {3}).why == refusal::too_many_streams);
  CHECK(offer_all(tap<"a">, two({3}, {3})).why == refusal::wants_one_stream);
  constexpr auto all = []<int... N>(std::integer_sequence<int, N...>) {
    return (... | tap<literal{{static_cast<char>('0' + N), '\0'}}>);
  };
  constexpr auto most = all(std::make_integer_sequence<int, flow::max_taps>{});
  CHECK(offer(most, {3}).accepted());
  CHECK(offer(most | tap<"0">, {3}).accepted());
  CHECK(offer(most | tap<"!">, {3}).why == refusal::too_many_taps);
}

}  // namespace
