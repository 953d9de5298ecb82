#include "../../codegen/passes/fuse_rows.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "pass_testing.hpp"

using namespace pass_testing;

TEST_CASE("fuse_rows: what reduces and maps a few short rows, or many long ones, runs row by row") {
  // How many stages each step has; 1 of one that is no loop over rows.
  auto const stages = [](plan const& p) {
    std::vector<int> all;
    for (etch::step const& s : p.steps) {
      auto const* loop = etch::get_if<steps::row_loop>(p, s);
      all.push_back(loop ? loop->stage_count : 1);
    }
    return all;
  };
  using list = std::vector<int>;
  CHECK(stages(inference(etch::input<10> | etch::softmax)) == list{4});
  CHECK(stages(inference(etch::input<10> | etch::softmax, 4)) == list{4});
  CHECK(stages(inference(etch::input<10> | etch::softmax, 5)) == list{1, 1, 1, 1});
  CHECK(stages(inference(etch::input<64, 64> | etch::softmax)) == list{1, 1, 1, 1, 1});
  CHECK(stages(inference(etch::input<31, 256> | etch::layer_norm)) == list{1, 1, 1, 1, 1});
  CHECK(stages(inference(etch::input<32, 256> | etch::layer_norm)) == list{5});
  CHECK(stages(inference(etch::input<256> | etch::layer_norm, 32)) == list{5});
  CHECK(stages(inference(etch::input<300> | etch::softmax)) == list{1, 1, 1, 1, 1});
  CHECK(stages(inference(etch::input<80, 128> | etch::layer_norm)) == list{1, 1, 1, 1, 1});
  CHECK(stages(inference(etch::input<8, 1100> | etch::layer_norm)) == list{1, 1, 1, 1, 1});
  CHECK(stages(inference(etch::input<3> | etch::relu | etch::softmax | etch::tanh)) == list{5});
  // the logarithms of several rows fill a vector
  CHECK(stages(inference(etch::input<10> | etch::log_softmax)) == list{4});
  CHECK(stages(inference(etch::input<2, 10> | etch::log_softmax)) == list{2, 1, 1});
}

TEST_CASE("fuse_rows: many maps before a reduction leave room for it") {
  constexpr auto maps = etch::gelu | etch::tanh | etch::softplus | etch::silu | etch::sigmoid
                      | etch::softsign | etch::selu | etch::gelu_tanh;
  constexpr auto net = etch::input<5> | etch::dense<33> | maps | maps;
  plan const p = etch::lower(etch::training_graph(net, etch::mse), 1, false);
  int loops = 0;
  for (etch::step const& s : p.steps) {
    auto const* loop = etch::get_if<steps::row_loop>(p, s);
    if (!loop) continue;
    ++loops;
    auto const stages = stages_of(p, *loop);
    CHECK(std::any_of(stages.begin(), stages.end(),
                      [](auto const& stage) { return stage.reduces; }));
  }
  CHECK(loops > 0);
}

TEST_CASE("fuse_rows: only what is read elsewhere is stored") {
  plan const p = inference(etch::input<2, 10> | etch::log_softmax);
  CHECK(p.steps[0].result_count == 2);  // the maximum too, which the last step reads
  plan const q = inference(etch::input<10> | etch::softmax);
  CHECK(q.steps[0].result_count == 1);
  auto const stages = stages_of(q, etch::get<steps::row_loop>(q, q.steps[0]));
  for (std::size_t i = 0; i < 4; ++i) CHECK(stages[i].stored == (i == 3));
  CHECK(q.workspace == 0);
}

TEST_CASE("fuse_rows: a step that reads another row's number runs on its own") {
  graph g;
  tensor const x = etch::detail::add_input(g, {3, 3});
  tensor const total = m::sum(x, 1, 2);                            // (3, 1) or (3)
  tensor const turned = m::reshape(total, etch::tensor_shape{1, 3});  // a row for every row
  tensor const wide = m::reshape(m::maximum(x, 1, 2), etch::tensor_shape{3, 1}) * turned;
  g.outputs.push_back(wide.id);
  plan const p = etch::lower(g, 1, true);
  INFO(etch::to_text(p));
  for (etch::step const& s : p.steps)
    if (p.values[result_of(p, s)].size == 9) CHECK(etch::is<steps::map>(s));
}

TEST_CASE("fuse_rows: nor does one that reads an operand that does not lie along them") {
  graph const g = written({3, 2, 2}, [](etch::context& c, tensor x) {
    tensor const y = m::exp(x * c.parameter("w", {3, 2, 1}, etch::ones));
    return y * m::sum(y, 1, 3);
  });
  plan const p = etch::lower(g, 1, true);
  REQUIRE(p.steps.size() == 2);
  CHECK(etch::is<steps::map>(p.steps[0]));
  CHECK(etch::get<steps::row_loop>(p, p.steps[1]).stage_count == 2);
}
