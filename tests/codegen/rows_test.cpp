#include "../../codegen/passes/rows.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "pass_testing.hpp"

using namespace pass_testing;

TEST_CASE("rows: what reduces and maps a few short rows, or many long ones, runs row by row") {
  auto const by_row = [](plan const& p) {
    std::vector<int> all;
    for (etch::step const& s : p.steps) all.push_back(s.by_row);
    return all;
  };
  using list = std::vector<int>;
  CHECK(by_row(inference(etch::input<10> | etch::softmax)) == list{4, -1, -1, -1});
  CHECK(by_row(inference(etch::input<10> | etch::softmax, 4)) == list{4, -1, -1, -1});
  CHECK(by_row(inference(etch::input<10> | etch::softmax, 5)) == list{0, 0, 0, 0});
  CHECK(by_row(inference(etch::input<64, 64> | etch::softmax)) == list{0, 0, 0, 0, 0});
  CHECK(by_row(inference(etch::input<31, 256> | etch::layer_norm)) == list{0, 0, 0, 0, 0});
  CHECK(by_row(inference(etch::input<32, 256> | etch::layer_norm)) == list{5, -1, -1, -1, -1});
  CHECK(by_row(inference(etch::input<256> | etch::layer_norm, 32)) == list{5, -1, -1, -1, -1});
  CHECK(by_row(inference(etch::input<300> | etch::softmax)) == list{0, 0, 0, 0, 0});
  CHECK(by_row(inference(etch::input<80, 128> | etch::layer_norm)) == list{0, 0, 0, 0, 0});
  CHECK(by_row(inference(etch::input<8, 1100> | etch::layer_norm)) == list{0, 0, 0, 0, 0});
  CHECK(by_row(inference(etch::input<3> | etch::relu | etch::softmax | etch::tanh)) ==
        list{5, -1, -1, -1, -1});
  // the logarithms of several rows fill a vector
  CHECK(by_row(inference(etch::input<10> | etch::log_softmax)) == list{4, -1, -1, -1});
  CHECK(by_row(inference(etch::input<2, 10> | etch::log_softmax)) == list{2, -1, 0, 0});
}

TEST_CASE("rows: many maps before a reduction leave room for it") {
  constexpr auto maps = etch::gelu | etch::tanh | etch::softplus | etch::silu | etch::sigmoid
                      | etch::softsign | etch::selu | etch::gelu_tanh;
  constexpr auto net = etch::input<5> | etch::dense<33> | maps | maps;
  plan const p = etch::lower(etch::training_graph(net, etch::mse), 1, false);
  int groups = 0;
  for (std::size_t i = 0; i < p.steps.size(); ++i) {
    auto const first = p.steps.begin() + static_cast<std::ptrdiff_t>(i);
    if (first->by_row <= 0) continue;
    ++groups;
    CHECK(std::any_of(first, first + first->by_row,
                      [](etch::step const& s) { return s.what == step_kind::reduce; }));
  }
  CHECK(groups > 0);
}

TEST_CASE("rows: only what is read elsewhere is stored") {
  plan const p = inference(etch::input<2, 10> | etch::log_softmax);
  CHECK(p.steps[0].by_row == 2);
  CHECK_FALSE(p.steps[0].passes);  // the maximum, which the last step reads
  CHECK_FALSE(p.steps[1].passes);
  plan const q = inference(etch::input<10> | etch::softmax);
  for (int i = 0; i < 4; ++i) CHECK(q.steps[std::size_t(i)].passes == (i < 3));
}

TEST_CASE("rows: a step that reads another row's number runs on its own") {
  graph g;
  g.inputs = {{3, 3}};
  tensor const x{&g, g.add({.code = etch::op::input, .batched = true, .shape = {3, 3}})};
  tensor const total = m::sum(x, 1, 2);                            // (3, 1) or (3)
  tensor const turned = m::reshape(total, etch::tensor_shape{1, 3});  // a row for every row
  tensor const wide = m::reshape(m::maximum(x, 1, 2), etch::tensor_shape{3, 1}) * turned;
  g.outputs.push_back(wide.id);
  plan const p = etch::lower(g, 1, true);
  INFO(etch::to_text(p));
  for (etch::step const& s : p.steps)
    if (p.values[std::size_t(s.result)].size == 9) CHECK(s.by_row == 0);
}

TEST_CASE("rows: nor does one that reads an operand that does not lie along them") {
  graph const g = written({3, 2, 2}, [](etch::context& c, tensor x) {
    tensor const y = m::exp(x * c.parameter("w", {3, 2, 1}, etch::ones));
    return y * m::sum(y, 1, 3);
  });
  plan const p = etch::lower(g, 1, true);
  REQUIRE(p.steps.size() == 3);
  CHECK(p.steps[0].by_row == 0);
  CHECK(p.steps[1].by_row == 2);
}
