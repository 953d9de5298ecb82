#include "../../codegen/passes/rematerialise.hpp"

#include <algorithm>

#include "catch.hpp"
#include "pass_testing.hpp"

using namespace pass_testing;

TEST_CASE("rematerialise: what is cheap and large is computed in both loops that read it, not kept") {
  constexpr auto net = etch::input<16, 16, 4>
                     | etch::conv2d<8, 3, etch::same> | etch::batch_norm | etch::relu
                     | etch::conv2d<8, 3, etch::same> | etch::batch_norm | etch::relu
                     | etch::flatten | etch::dense<2>;
  plan const p = etch::lower(etch::training_graph(net, etch::cross_entropy), 4, false);
  for (etch::step const& s : p.steps)
    if (etch::is<steps::copy>(s)) CHECK(p.values[result_of(p, s)].stride == 0);  // one for all samples
  // Of the input, before the convolution and its dW, and behind the one dX; what is normalized goes
  // into the second convolution's image, and its dW's, as it is made.
  CHECK(count<steps::copy>(p) == 3);
  CHECK(count<steps::map_and_pad>(p) == 2);
}

TEST_CASE("rematerialise: what costs more than to read it is kept") {
  auto const maps = [](auto of) {
    graph const g = written({40, 40}, [&](etch::context&, tensor x) {
      tensor const y = of(x);
      return y - m::batch_mean(y, 0, 2);
    });
    plan const p = etch::lower(g, 4, false);
    return std::count_if(p.steps.begin(), p.steps.end(), [&](etch::step const& s) {
      return etch::is<steps::map>(s) && p.values[result_of(p, s)].size == 1600;
    });
  };
  CHECK(maps([](tensor x) { return x * x; }) == 3);
  CHECK(maps([](tensor x) { return m::tanh(x); }) == 2);
  CHECK(maps([](tensor x) {  // of what nothing else reads so late
          tensor const z = m::tanh(x);
          return z * z + m::sum(z, 0, 2);
        }) == 3);
}

TEST_CASE("rematerialise: what is read of more than it has is kept") {
  graph const g = written({80, 40}, [](etch::context&, tensor x) {
    tensor const half = m::slice(x, {40}, {});
    return half - m::batch_mean(half, 0, 2);
  });
  CHECK(count<steps::copy>(etch::lower(g, 4, false)) == 1);
}
