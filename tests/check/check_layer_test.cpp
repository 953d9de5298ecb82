#include "check_layer.hpp"

#include <algorithm>
#include <limits>

#include "catch.hpp"

// The negative controls of check_layer: it must fail where something is wrong.

using namespace etch;
using namespace check;

namespace {

bool mentions(failures const& found, std::string const& words) {
  return std::any_of(found.begin(), found.end(),
                     [&](std::string const& f) { return f.find(words) != std::string::npos; });
}

/// x^2, whose gradient is x instead of 2 x.
struct half_a_gradient : layer {
  static constexpr std::string_view kind = "half_a_gradient";
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
  static constexpr tensor forward(context&, tensor x) { return x * detach(x); }
};

/// scale * x, with a gradient that misses its scale's part.
struct detached_scale : layer {
  static constexpr std::string_view kind = "detached_scale";
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
  static constexpr tensor forward(context& c, tensor x) {
    return x * detach(c.parameter("scale", {x.shape().last()}, ones));
  }
};

/// x, with something that is not seen in it but whose kinks lie closer together than the step of
/// the central difference.
struct all_kinks : layer {
  static constexpr std::string_view kind = "all_kinks";
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
  static constexpr tensor forward(context&, tensor x) {
    return x + 0.0 * (math::abs(math::sin(x * 1e6)) + math::abs(math::sin(x * 1.7e6)));
  }
};

constexpr auto small = input<3> | dense<2>;

problem small_problem() { return make_problem(graph_of(small), graph_of(small, true)); }

/// `small` written by hand, with a fault.
enum class fault {
  none,
  small_error,
  large_error,
  unwritten,
  outside,
  before,
  reads_outside,
  spoils_input,
  allocates,
  mixes_samples
};

forward_function by_hand(problem const& p, fault what) {
  tensors const parameters = p.parameters;
  return [parameters, what](auto const& inputs, auto const& outputs, int samples) {
    for (int s = 0; s < samples; ++s)
      for (int u = 0; u < 2; ++u) {
        float const* const x = inputs[0] + 3 * (what == fault::mixes_samples ? 0 : s);
        double sum = parameters[1][static_cast<std::size_t>(u)];
        for (int i = 0; i < 3; ++i)
          sum += static_cast<double>(x[i]) * parameters[0][static_cast<std::size_t>(3 * u + i)];
        if (what == fault::small_error) sum += 1e-7;
        if (what == fault::large_error && u == 1) sum += 1e-3;
        if (what == fault::reads_outside && s + 1 == samples && u == 1)
          sum += 0.0 * static_cast<double>(x[3]);
        if (what == fault::unwritten && s + 1 == samples && u == 1) continue;
        outputs[0][2 * s + u] = static_cast<float>(sum);
      }
    if (what == fault::outside) outputs[0][2 * samples] = 0;
    if (what == fault::before) outputs[0][-1] = 0;
    if (what == fault::spoils_input) const_cast<float*>(inputs[0])[0] = 2;
    if (what == fault::allocates) ::operator delete(::operator new(16));  // a call, never elided
  };
}

failures inference_of(fault what) {
  problem const p = small_problem();
  return check_inference(p, by_hand(p, what), {1, 5});
}

/// The training of `small` with what a fault does to its gradients or to the memory around.
template <class Spoil>
failures training_with(Spoil) {
  problem const p = small_problem();
  using plan = probe_plan<small, 4>;
  plan_function const spoiled{[](buffers const& b, int n) {
                                run_plan<arch::native, plan>(b, n);
                                Spoil{}(b, n);
                              },
                              4, std::max(16, plan::value.workspace)};
  training_batch const batch = make_batch(p, 7);
  return compare_training(p, reference_training(p, batch), run_probe_plan(p, spoiled, batch));
}

}  // namespace

TEST_CASE("comparing finds a wrong element, a NaN and a missing element") {
  std::vector<double> const expected{1, -2, 3};
  CHECK(compare("y", expected, std::vector<float>{1, -2, 3}, 1e-6) == passed);
  CHECK(compare("y", expected, std::vector<float>{1, -2, 3.00002f}, 1e-5) == passed);
  CHECK(mentions(compare("y", expected, std::vector<float>{1, -2, 3.00004f}, 1e-5),
                 "y, index 2 of 3"));
  CHECK(mentions(compare("y", expected, std::vector<float>{1, 2, 3.1f}, 1e-5), "index 1"));
  CHECK(mentions(compare("y", expected, std::vector<float>{poison(), 2, 3}, 1e-5), "index 0"));
  CHECK(mentions(
      compare("y", expected, std::vector<float>{1, std::numeric_limits<float>::infinity(), 3}, 1),
      "index 1"));
  CHECK(mentions(compare("y", expected, std::vector<float>{1, -2}, 1e-5), "3 elements"));
}

TEST_CASE("a layer with a wrong gradient fails, and its inference is right") {
  failures const found = check_layer<input<5> | half_a_gradient{}>(shape<5>, 0);
  CHECK(found.size() == 1);
  CHECK(mentions(found, "input 5 | half_a_gradient: gradient of input 0, index 0"));
  problem const scale = make_problem(graph_of(input<5> | detached_scale{}),
                                     graph_of(input<5> | detached_scale{}, true));
  CHECK(mentions(check_gradient(scale), "gradient of detached_scale_1.scale"));
}

TEST_CASE("a gradient that cannot be checked for kinks fails") {
  auto const net = input<40> | all_kinks{};
  CHECK(mentions(check_gradient(make_problem(graph_of(net), graph_of(net, true))), "lie at kinks"));
}

TEST_CASE("a wrong shape and a wrong number of parameters fail") {
  failures const found = check_layer<small>(shape<3>, 7);
  CHECK(found.size() == 2);
  CHECK(mentions(found, "shape of the output"));
  CHECK(mentions(found, "expected 7 parameters, given 8"));
}

TEST_CASE("inference that is right passes, with the rounding of float") {
  CHECK(inference_of(fault::none) == passed);
  CHECK(inference_of(fault::small_error) == passed);
}

TEST_CASE("inference that is wrong fails") {
  CHECK(mentions(inference_of(fault::large_error), "output 0, index"));
  CHECK(mentions(inference_of(fault::unwritten), "given nan"));
  CHECK(mentions(inference_of(fault::outside), "written outside output 0"));
  CHECK(mentions(inference_of(fault::before), "written outside output 0"));
  CHECK(mentions(inference_of(fault::reads_outside), "given nan"));
  CHECK(mentions(inference_of(fault::spoils_input), "written to"));
  CHECK(mentions(inference_of(fault::allocates), "forward allocates 1 times"));
  CHECK(mentions(inference_of(fault::mixes_samples), "sample 4 in the batch against alone"));
}

TEST_CASE("a model with other weights than the reference fails") {
  problem const p = small_problem();
  model<small> m;
  load(p, m);
  CHECK(check_model<8>(p, m, {1, 21}) == passed);
  m.weights()[p.places[1].offset] += 1e-3f;
  CHECK(check_model<8>(p, m, {1, 21}).size() >= 2);
}

TEST_CASE("training that is right passes and training that is wrong fails") {
  CHECK(training_with([](buffers const&, int) {}) == passed);
  CHECK(mentions(training_with([](buffers const& b, int) { b.gradients[0] += 2e-3f; }),
                 "gradient of dense_1.weight, index 0"));
  CHECK(
      mentions(training_with([](buffers const& b, int n) { b.gradients[0] += n == 3 ? 2e-3f : 0; }),
               "gradient of dense_1.weight, index 0"));
  CHECK(mentions(training_with([](buffers const& b, int) { b.gradients[3] = 1; }),
                 "dense_1.weight is not zero where there is no weight"));
  CHECK(mentions(training_with([](buffers const& b, int) { b.gradients[-1] = 1; }),
                 "outside the gradients"));
  CHECK(mentions(training_with([](buffers const& b, int) { b.outputs[0][1] += 1e-3f; }),
                 "prediction 0"));
  CHECK(mentions(training_with([](buffers const& b, int) { b.outputs[1][0] += 1e-2f; }), "loss"));
  CHECK(mentions(training_with([](buffers const& b, int) { b.outputs[2][4] += 1e-2f; }),
                 "gradient of input 0"));
  CHECK(mentions(training_with([](buffers const& b, int) { b.workspace[-1] = 0; }),
                 "outside the workspace"));
  CHECK(mentions(
      training_with([](buffers const& b, int) { const_cast<float*>(b.parameters)[0] = 0; }),
      "the parameters"));
}

TEST_CASE("other random numbers than the reference's fail") {
  constexpr auto net = input<9> | dropout<0.5>;
  problem const p = make_problem(graph_of(net), graph_of(net, true));
  using plan = probe_plan<net, 4>;
  plan_function const run{[](buffers const& b, int n) { run_plan<arch::native, plan>(b, n); }, 4,
                          plan::value.workspace};
  training_batch batch = make_batch(p, 6);
  training_result const expected = reference_training(p, batch);
  CHECK(compare_training(p, expected, run_probe_plan(p, run, batch)) == passed);
  ++batch.key.step;
  CHECK(mentions(compare_training(p, expected, run_probe_plan(p, run, batch)), "prediction 0"));
}

TEST_CASE("statistics over half of the batch fail") {
  constexpr auto net = input<3> | batch_norm;
  problem const p = make_problem(graph_of(net), graph_of(net, true));
  using plan = probe_plan<net, 4>;
  training_batch const batch = make_batch(p, 8);
  plan_function const whole{[](buffers const& b, int n) { run_plan<arch::native, plan>(b, n); }, 4,
                            plan::value.workspace, plan::value.batch};
  plan_function halves = whole;
  halves.run = [](buffers const& b, int n) {
    buffers half = b;
    half.team.samples = n / 2;
    run_plan<arch::native, plan>(half, n / 2);
    std::array<float const*, 2> in{b.inputs[0] + 3 * (n / 2), b.inputs[1] + 3 * (n / 2)};
    std::array<float*, 3> out{b.outputs[0] + 3 * (n / 2), b.outputs[1] + n / 2,
                              b.outputs[2] + 3 * (n / 2)};
    half.inputs = in.data();
    half.outputs = out.data();
    half.adds = true;
    run_plan<arch::native, plan>(half, n - n / 2);
  };
  training_result const expected = reference_training(p, batch);
  CHECK(compare_training(p, expected, run_probe_plan(p, whole, batch)) == passed);
  CHECK(mentions(compare_training(p, expected, run_probe_plan(p, halves, batch)), "prediction 0"));
  CHECK(mentions(compare_training(p, expected, run_probe_plan(p, halves, batch)), "measured"));
}
