#include "check_layer.hpp"

#include "catch.hpp"

// Layers that a program defines for itself, with parameters that are used in unusual ways.

namespace synth {

using namespace etch;

struct any_shape : layer {
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
};

/// amplitude * sin(frequency * x) + offset, where frequency is one number.
struct oscillator : any_shape {
  static constexpr std::string_view kind = "oscillator";
  static constexpr tensor forward(context& c, tensor x) {
    tensor const amplitude = c.parameter("amplitude", {x.shape().last()}, ones);
    tensor const frequency = c.parameter("frequency", {}, ones);
    tensor const offset = c.parameter("offset", x.shape(), zeros);
    return amplitude * math::sin(frequency * x) + offset;
  }
};

/// A dense layer whose weights are directions of length `gain` (Salimans and Kingma 2016): the
/// contraction reads what follows from parameters.
template <int Units>
struct weight_norm_dense : layer {
  static constexpr std::string_view kind = "weight_norm_dense";
  static constexpr verdict shape_rule(tensor_shape const&) { return accept({Units}); }
  static constexpr tensor forward(context& c, tensor x) {
    int const features = x.shape().last();
    tensor const direction =
        c.parameter("direction", {Units, features}, glorot_uniform.with_fans(features, Units));
    tensor const gain = c.parameter("gain", {Units, 1}, ones);
    tensor const weight = direction * (gain / math::sqrt(math::sum(direction * direction, 1, 2)));
    return math::contract(x, weight, {.channels = features, .filters = Units}, {Units});
  }
};

/// x W W, with one W: a parameter that two contractions share.
struct twice : any_shape {
  static constexpr std::string_view kind = "twice";
  static constexpr tensor forward(context& c, tensor x) {
    int const features = x.shape().last();
    tensor const weight = c.parameter("weight", {features, features},
                                      lecun_uniform.with_fans(features, features));
    contraction const window{.channels = features, .filters = features};
    tensor const once = math::contract(x, weight, window, x.shape());
    return math::contract(once, weight, window, x.shape());
  }
};

/// A contraction, and the sum of its squared weights, which reads them in the standard layout too.
struct penalised : layer {
  static constexpr std::string_view kind = "penalised";
  static constexpr verdict shape_rule(tensor_shape const&) { return accept({5}); }
  static constexpr tensor forward(context& c, tensor x) {
    int const features = x.shape().last();
    tensor const weight =
        c.parameter("weight", {5, features}, lecun_uniform.with_fans(features, 5));
    tensor const y = math::contract(x, weight, {.channels = features, .filters = 5}, {5});
    return y + math::reshape(math::sum(weight * weight), {});
  }
};

/// x over the root of its mean square, which is a state.
struct rms_state : any_shape {
  static constexpr std::string_view kind = "rms_state";
  static constexpr tensor forward(context& c, tensor x) {
    tensor const mean_square = c.state("mean_square", {}, ones);
    if (c.training())
      c.measure(mean_square, math::batch_mean(x * x, 0, x.shape().rank), 0.2);
    return x / math::sqrt(mean_square + 0.1);
  }
};

/// Differences between neighbours, with slices and a pad.
struct differences : any_shape {
  static constexpr std::string_view kind = "differences";
  static constexpr tensor forward(context&, tensor x) {
    tensor const d = math::slice(x, {1}, {}) - math::slice(x, {}, {1});
    return math::pad(d, {1}, {}, 0.5) * x;
  }
};

}  // namespace synth

using namespace etch;
using check::passed;

TEST_CASE("a layer with parameters of every broadcast") {
  CHECK(check_layer<input<3, 5> | synth::oscillator{}>(shape<3, 5>, 21) == passed);
  CHECK(check_layer<input<17> | dense<16> | synth::oscillator{}>(shape<16>, 321) == passed);
}
TEST_CASE("a contraction with weights that follow from parameters") {
  CHECK(check_layer<input<7> | synth::weight_norm_dense<5>{}>(shape<5>, 40) == passed);
  CHECK(check_layer<input<7> | dense<17> | relu | synth::weight_norm_dense<18>{} | relu>(
            shape<18>, 460) == passed);
}
TEST_CASE("one parameter that several nodes read") {
  CHECK(check_layer<input<6> | synth::twice{}>(shape<6>, 36) == passed);
  CHECK(check_layer<input<7> | synth::penalised{}>(shape<5>, 35) == passed);
}
TEST_CASE("a layer with a state") {
  CHECK(check_layer<input<9> | dense<5> | synth::rms_state{}>(shape<5>, 50) == passed);
}
TEST_CASE("a layer of slices and pads") {
  CHECK(check_layer<input<9> | synth::differences{}>(shape<9>, 0) == passed);
  CHECK(check_layer<input<5, 3> | synth::differences{} | relu>(shape<5, 3>, 0) == passed);
}
