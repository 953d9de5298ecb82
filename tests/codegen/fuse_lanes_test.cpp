#include "../../codegen/passes/fuse_lanes.hpp"

#include <vector>

#include "catch.hpp"
#include "pass_testing.hpp"

using namespace pass_testing;

namespace {

/// The instructions that each product of a plan runs on what it has summed.
std::vector<int> epilogues(plan const& p) {
  std::vector<int> all;
  for (etch::step const& s : p.steps)
    if (etch::is<steps::contract>(s)) all.push_back(etch::code_of(p, s).instructions);
  return all;
}

}  // namespace

TEST_CASE("fuse_lanes: a gradient of a narrow layer is a product that runs the map behind it") {
  constexpr auto net = etch::input<4> | etch::dense<8> | etch::relu | etch::dense<8> | etch::tanh
                     | etch::dense<3>;
  plan const p = etch::lower(etch::training_graph(net, etch::mse), 64, true);
  INFO(etch::to_text(p));
  CHECK(count<primitive::contract_dx>(p) == 0);
  // each layer with its bias and function, then the gradients of tanh and of relu
  CHECK(epilogues(p) == std::vector<int>{2, 2, 1, 3, 2});
}

TEST_CASE("fuse_lanes: of two gradients that a map adds, the second runs the map") {
  constexpr auto net = etch::input<4> | etch::dense<8> | etch::tanh
                     | etch::fork(etch::dense<8>, etch::dense<8>) | etch::add | etch::dense<3>;
  plan const p = etch::lower(etch::training_graph(net, etch::mse), 64, true);
  INFO(etch::to_text(p));
  CHECK(count<primitive::contract_dx>(p) == 0);
  std::vector<int> const all = epilogues(p);
  REQUIRE(all.size() == 7);
  CHECK(all[5] == 0);
  CHECK(all[6] > 0);
}

TEST_CASE("fuse_lanes: a product that is an output is stored, though a map alone reads it") {
  constexpr auto net = etch::input<4> | etch::dense<3, etch::no_bias>;
  plan const p = etch::lower(etch::training_graph(net, etch::mse), 64, true);
  INFO(etch::to_text(p));
  int stored = 0;
  for (etch::step const& s : p.steps) {
    etch::value const& v = p.values[etch::result_of(p, s)];
    stored += v.where == etch::space::output && v.index == 0;
  }
  CHECK(stored == 1);
}
