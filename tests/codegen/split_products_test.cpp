#include "../../codegen/passes/split_products.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "../../codegen/lower/lower.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "catch.hpp"
#include "written.hpp"

using namespace etch;

namespace {

constexpr int heavy = 512;

/// A dense layer that, while it learns, adds the mean of the batch to each sample.
struct dense_and_mean : layer {
  static constexpr std::string_view kind = "dense_and_mean";
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
  static constexpr tensor forward(context& c, tensor x) {
    tensor const y = layers::dense<40>::forward(c, x);
    return c.training() ? y + batch_mean(x, 0, 1) : y;
  }
};

template <class Network>
plan training(Network net, int samples) {
  return lower(training_graph(net, losses::mse{}), samples, true, heavy);
}
using names = std::vector<std::string>;
names of_a_team(plan const& p) {
  names all;
  for (step const& s : p.steps)
    if (s.team) all.emplace_back(name_of(p, s));
  return all;
}

constexpr auto net = input<40> | dense<30> | relu | dense<5> | dense<40>;

}  // namespace

TEST_CASE("heavy products of a network that trains are a team's, and what they read and write") {
  plan const p = training(net, 8);
  CHECK(of_a_team(p) == names{"contract", "contract_dw"});
  for (step const& s : p.steps) {
    if (!s.team) continue;
    for (value_id v : {result_of(p, s), operands_of(p, s)[0], operands_of(p, s)[1]}) {
      value const& x = p.values[v];
      CHECK(x.shared == (x.batched && x.where == space::workspace));
    }
  }
  for (step const& s : p.steps)
    if (is<steps::contract>(s) && !s.team && s.layer == layer_id{4})
      CHECK(!p.values[operands_of(p, s)[0]].shared);
}

TEST_CASE("nothing is a team's in inference, sample by sample, or of samples' own means") {
  CHECK(of_a_team(lower(graph_of(net), 8, true, heavy)).empty());
  CHECK(of_a_team(training(net, 1)).empty());
  // each thread has a mean of its own
  constexpr auto with_mean = input<40> | dense_and_mean{};
  CHECK(of_a_team(training(with_mean, 8)) == names{"contract_dw"});
  constexpr auto without = input<40> | dense<40>;
  CHECK(of_a_team(training(without, 8)) ==
        names{"contract", "contract_dw"});
}

TEST_CASE("nothing is a team's in groups, or in a loop over the samples") {
  constexpr auto groups = input<1, 1, 64> | conv2d<64, 1, etch::groups<2>> | flatten;
  CHECK(of_a_team(training(groups, 8)).empty());
  constexpr auto images = input<6, 6, 16> | conv2d<16, 3> | flatten;
  CHECK(of_a_team(training(images, 8)).empty());
}

TEST_CASE("gradients that two layers add to are no team's") {
  graph g = written({40}, [](context& c, tensor x) {
    tensor const w = c.parameter("w", {40, 40}, ones);
    auto const dense = [&](tensor y) {
      return math::contract(y, w, {.channels = 40, .filters = 40}, {40});
    };
    return math::reshape(math::sum(dense(math::tanh(dense(x)))), {});
  });
  passes::differentiate(g, g.outputs[0]);
  auto const all = of_a_team(lower(g, 8, true, heavy));
  CHECK(std::count(all.begin(), all.end(), "contract") == 2);
  CHECK(std::count(all.begin(), all.end(), "contract_dw") == 0);
}

TEST_CASE("gradients are summed together where every step that adds to them is a team's") {
  plan const p = training(net, 8);
  auto const summed = [&](std::size_t i) { return passes::is_summed_together(p, p.places[i]); };
  CHECK(summed(0));        // weights of 40 by 30
  CHECK_FALSE(summed(1));  // their bias
  CHECK_FALSE(summed(2));  // weights of 30 by 5
  CHECK_FALSE(passes::is_summed_together(lower(graph_of(net), 8, true, heavy), p.places[0]));
}
