// A layer of one's own, without a change to the library: its shape rule, its parameters, and what
// it computes as an expression. The gradient, the memory plan and the fused code follow from these.
#include <etch/etch.hpp>
#include <fmt/format.h>

#include <cmath>

#include "options.hpp"

namespace mine {

template <int Units>
struct gated_layer : etch::layer {
  static constexpr std::string_view kind = "gated";  // its parameters: gated_1.weight, ...

  // The shape that it gives for a shape it is given, or the sentence that the error shows.
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    if (Units < 1) return etch::refuse("a gated layer has at least 1 unit");
    if (in.rank != 1) return etch::refuse("a gated layer takes a vector; insert etch::flatten");
    return etch::accept({Units});
  }

  // Runs while the program is compiled and writes the expression down; nothing is computed here.
  static constexpr etch::tensor forward(etch::context& c, etch::tensor x) {
    int const features = x.shape().last();
    etch::initializer const spread = etch::glorot_uniform.with_fans(features, Units);
    etch::contraction const product{.channels = features, .filters = Units};
    auto const linear = [&](std::string_view weight, std::string_view bias) {
      etch::tensor const w = c.parameter(weight, {Units, features}, spread);  // (units, features)
      return contract(x, w, product, {Units}) + c.parameter(bias, {Units}, etch::zeros);
    };
    return linear("weight", "bias") * sigmoid(linear("gate_weight", "gate_bias"));
  }
};

/// (W x + b) * sigmoid(V x + c), a gated linear unit: (features) -> (units). Dauphin et al. 2017.
template <int Units>
inline constexpr gated_layer<Units> gated{};

}  // namespace mine

// It stands in a chain like any other layer, and is checked like them.
constexpr auto net = etch::input<2> | mine::gated<24> | mine::gated<24> | etch::dense<1>;
static_assert(net.output_shape() == etch::shape<1>);
static_assert(etch::cost<net>.parameters == 2 * (24 * 2 + 24) + 2 * (24 * 24 + 24) + 24 + 1);

// y * sin(4 x): one number decides how much of the other counts.
etch::dataset waves(int samples, std::uint64_t seed) {
  etch::random_engine rng{seed};
  std::vector<float> points, heights;
  for (int i = 0; i < samples; ++i) {
    float const x = 2 * rng.uniform() - 1, y = 2 * rng.uniform() - 1;
    points.insert(points.end(), {x, y});
    heights.push_back(y * std::sin(4 * x));
  }
  return {etch::shape<2>, etch::shape<1>, points, heights};
}

int main(int argc, char** argv) {
  options o{argc, argv, "Learns y * sin(4 x) with a layer of its own."};
  int const epochs = o.number("epochs", 40, "how often it sees each sample");
  auto const seed = o.seed();
  o.finish();

  for (etch::parameter_info const& p : etch::parameters<net>())
    fmt::print("{:22} {:4} numbers\n", p.name.view(), p.shape.elements());

  etch::dataset const train = waves(2000, 1), test = waves(500, 2);
  etch::model<net> model{etch::seed{seed}};
  etch::adam optimizer{{.learning_rate = 0.005f}};
  fmt::print("loss {:.4f} before\n", etch::evaluate(model, etch::mse, test).loss);
  etch::fit(model, optimizer, etch::mse, train,
            {.epochs = epochs, .seed = seed, .show = etch::verbosity::silent});

  auto const height = model.forward(std::array{0.5f, -0.8f});
  fmt::print("-0.8 * sin(4 * 0.5) = {:.3f}: {:.3f}\n", -0.8 * std::sin(2.0), height[0]);
  fmt::print("test loss {:.4f}\n", etch::evaluate(model, etch::mse, test).loss);
  return o.done();
}
