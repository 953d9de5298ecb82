// The pass that has kernels write into the larger image that the next one reads.

#include "catch.hpp"

#include <algorithm>

#include "pass_testing.hpp"

using namespace pass_testing;

TEST_CASE("fuse_padding: a convolution pads its outputs for the next one") {
  constexpr auto conv = etch::conv2d<16, 3, etch::same>;
  constexpr auto chain = etch::input<6, 5, 2> | conv | etch::relu | conv | etch::residual(conv);
  auto const count = [](etch::plan const& p) {
    struct {
      int copies = 0, padded = 0, twice = 0;
    } n;
    for (etch::step const& s : p.steps) {
      bool const padded = etch::is<steps::contract_and_pad>(s);
      n.copies += etch::is<steps::copy>(s);
      n.padded += padded;
      n.twice += padded && s.result_count == 2;
    }
    return n;
  };
  auto const n = count(etch::lower(etch::graph_of(chain), 4, true));
  CHECK(n.copies == 1);  // of the input
  CHECK(n.padded == 2);
  CHECK(n.twice == 1);  // what the residual adds
  // three filters are left over, and a dense layer's outputs are no image
  auto const others = count(etch::lower(
      etch::graph_of(etch::input<4, 4, 2> | etch::conv2d<19, 3> | conv | etch::conv2d<16, 1> | conv),
      1, true));
  CHECK(others.padded == 0);
  CHECK(others.copies == 2);
  CHECK(count(etch::lower(etch::training_graph(chain, etch::mse), 4, true)).padded ==
        3);  // and the dX of the last, which the one before it takes
}

TEST_CASE("fuse_padding: what no kernel writes into a larger image is copied there") {
  auto const fused = [](graph const& g, int samples = 1) {
    plan const p = etch::lower(g, samples, true);
    return count<steps::map_and_pad>(p) + count<steps::contract_and_pad>(p);
  };
  auto const padded = [&](etch::tensor_shape const& shape, auto of) {
    return fused(written(
        shape, [&](etch::context& c, tensor x) { return m::pad(of(c, x), {1, 1}, {1, 1}); }));
  };
  auto const tanh = [](etch::context&, tensor x) { return m::tanh(x); };
  constexpr etch::tensor_shape image{16, 16, 4};
  CHECK(padded(image, tanh) == 1);
  CHECK(padded({8, 15, 4}, tanh) == 0);  // small
  CHECK(padded({512, 4}, tanh) == 0);    // no image
  // with numbers for each sample's channels, for each column, for each row
  CHECK(padded(image, [](auto&, tensor x) { return m::tanh(x) * m::sum(x, 0, 2); }) == 0);
  auto const scaled = [](etch::tensor_shape const& scale) {
    return [scale](etch::context& c, tensor x) { return x * c.parameter("w", scale, etch::ones); };
  };
  CHECK(padded(image, scaled({4})) == 1);
  CHECK(padded(image, scaled({1, 16, 4})) == 0);
  CHECK(padded({4, 32, 4}, scaled({4, 1, 1})) == 0);
  CHECK(fused(written(
            image, [](auto&, tensor x) { return m::pad(m::tanh(x), {1, 1, 1}, {1, 1, 1}); })) == 0);
  auto const of_rank_4 = [&](etch::tensor_shape const& shape, etch::axis_counts const& before) {
    return fused(
        written(shape, [&](auto&, tensor x) { return m::pad(m::tanh(x), before, {}); }));
  };
  CHECK(of_rank_4({1, 8, 8, 8}, {1}) == 1);     // as an image with 8 lines above it
  CHECK(of_rank_4({2, 8, 8, 8}, {0, 1}) == 0);  // two images
  graph const whole = written(image, [](auto&, tensor x) { return m::pad(m::tanh(x), {1}, {}); });
  CHECK(fused(whole) == 1);
  CHECK(fused(whole, 2) == 0);  // all maps before all copies
  auto const convolved = [&](etch::tensor_shape const& shape) {
    return padded({6, 6, 2}, [&](etch::context& c, tensor x) {
      return m::reshape(etch::layers::conv2d<16, 3>::forward(c, x), shape);
    });
  };
  CHECK(convolved({4, 4, 16}) == 1);
  CHECK(convolved({2, 8, 16}) == 0);
  constexpr auto next = etch::conv2d<16, 3, etch::same>;
  CHECK(fused(etch::graph_of(etch::input<6, 6, 2> | etch::conv2d<4, 3> | next)) == 0);
  CHECK(fused(etch::graph_of(etch::input<6, 6, 16> | etch::conv2d<16, 3, etch::groups<16>> |
                              next)) == 0);
}

TEST_CASE("fuse_padding: of two larger images one is copied") {
  plan const p = etch::lower(written({16, 16, 4},
                                     [](auto&, tensor x) {
                                       tensor const y = m::tanh(x);
                                       return m::pad(y, {1, 1}, {1, 1}) * m::pad(y, {2, 2}, {0, 0});
                                     }),
                             1, true);
  CHECK(count<steps::copy>(p) == 1);
  CHECK(std::count_if(p.steps.begin(), p.steps.end(),
                      [](auto& s) { return s.result_count == 2; }) == 1);
}

TEST_CASE("fuse_padding: what is an output as well is written twice") {
  node_id y{};
  graph g = written({16, 16, 4}, [&](etch::context&, tensor x) {
    tensor const made = m::tanh(x);
    y = made.id;
    return m::pad(made, {1, 1}, {1, 1});
  });
  g.outputs.push_back(y);
  plan const p = etch::lower(g, 1, true);
  REQUIRE(p.steps.size() == 1);
  CHECK(etch::is<steps::map_and_pad>(p.steps[0]));
  CHECK(p.steps[0].result_count == 2);
}
