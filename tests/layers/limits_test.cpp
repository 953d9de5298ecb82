// Layers and losses at the ends of float: infinities, zeros of both signs, subnormals, the largest and
// the smallest numbers, and NaN. Values and slopes are the limits of the formulas, in the interpreter
// and in the kernels of every instruction set.

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "../../codegen/lower/compiled.hpp"
#include "../../codegen/execute/execute.hpp"
#include "../../codegen/reference/evaluate.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/infer/workspace.hpp"
#include "catch.hpp"
#include "instruction_sets.hpp"

using namespace etch;

namespace {

using list = std::vector<float>;
using limits = std::numeric_limits<float>;
constexpr float inf = limits::infinity(), largest = limits::max(), least = limits::min();
constexpr float subnormal = limits::denorm_min(), nan = limits::quiet_NaN();

/// One input, and the formula of its value and its slope, which are given infinities too.
struct activation {
  std::string_view name;
  tensor (*layer)(context&, tensor);
  double (*value)(double);
  double (*slope)(double);
};

template <class Layer>
constexpr tensor write(context& c, tensor x) {
  c.enter(Layer::kind);
  c.streams.assign(1, Layer::forward(c, x));
  c.leave();
  return c.streams[0];
}

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double normal(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }  // the distribution function
double tanh_of_gelu(double x) { return std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)); }
double tanh_slope(double x) {
  double const t = tanh_of_gelu(x);
  return std::abs(x) > 20 ? 0 : x * (1 - t * t) * 0.7978845608028654 * (1 + 0.134145 * x * x);
}
template <double Alpha>
double elu_of(double x) {
  return x > 0 ? x : Alpha * std::expm1(x);
}
template <double Alpha>
double elu_slope(double x) {
  return x > 0 ? 1 : Alpha * std::exp(x);
}
constexpr double selu_scale = 1.0507009873554804934, selu_alpha = 1.6732632423543772848;

/// x * factor(x) where the factor wins at -inf.
double weighted(double x, double factor) { return x == -HUGE_VAL ? 0 : x * factor; }

constexpr activation activations[] = {
    {"relu", write<layers::relu>, [](double x) { return x > 0 ? x : 0; },
     [](double x) { return x > 0 ? 1. : 0; }},
    {"leaky_relu", write<layers::leaky_relu<0.2>>, [](double x) { return x > 0 ? x : 0.2 * x; },
     [](double x) { return x > 0 ? 1 : 0.2; }},
    {"prelu", write<layers::prelu>, [](double x) { return x > 0 ? x : 0.25 * x; },
     [](double x) { return x > 0 ? 1 : 0.25; }},
    {"elu", write<layers::elu<1.5>>, elu_of<1.5>, elu_slope<1.5>},
    {"selu", write<layers::selu>, [](double x) { return selu_scale * elu_of<selu_alpha>(x); },
     [](double x) { return selu_scale * elu_slope<selu_alpha>(x); }},
    {"celu", write<layers::celu<0.5>>, [](double x) { return x > 0 ? x : std::expm1(x / 0.5) / 2; },
     [](double x) { return x > 0 ? 1 : std::exp(x / 0.5); }},
    {"gelu", write<layers::gelu>, [](double x) { return weighted(x, normal(x)); },
     [](double x) {
       return normal(x) + (std::abs(x) > 40 ? 0 : x * std::exp(-x * x / 2) / 2.5066282746310002);
     }},
    {"gelu_tanh", write<layers::gelu_tanh>,
     [](double x) { return weighted(x, (1 + tanh_of_gelu(x)) / 2); },
     [](double x) { return (1 + tanh_of_gelu(x) + tanh_slope(x)) / 2; }},
    {"silu", write<layers::silu>, [](double x) { return weighted(x, sigmoid_of(x)); },
     [](double x) {
       return sigmoid_of(x) + (std::abs(x) > 800 ? 0 : x * sigmoid_of(x) * sigmoid_of(-x));
     }},
    {"sigmoid", write<layers::sigmoid>, sigmoid_of,
     [](double x) { return sigmoid_of(x) * sigmoid_of(-x); }},
    {"tanh", write<layers::tanh>, [](double x) { return std::tanh(x); },
     [](double x) { return 1 - std::tanh(x) * std::tanh(x); }},
    {"softplus", write<layers::softplus>,
     [](double x) { return std::max(x, 0.) + std::log1p(std::exp(-std::abs(x))); }, sigmoid_of},
    {"softsign", write<layers::softsign>,
     [](double x) { return std::isinf(x) ? std::copysign(1, x) : x / (1 + std::abs(x)); },
     [](double x) { return 1 / ((1 + std::abs(x)) * (1 + std::abs(x))); }},
    {"hard_sigmoid", write<layers::hard_sigmoid>,
     [](double x) { return std::clamp(x / 6 + 0.5, 0., 1.); },
     [](double x) { return std::abs(x) < 3 ? 1. / 6 : 0; }},
    {"hard_swish", write<layers::hard_swish>,
     [](double x) { return weighted(x, std::clamp(x / 6 + 0.5, 0., 1.)); },
     [](double x) { return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5; }},
    {"hard_tanh", write<layers::hard_tanh>, [](double x) { return std::clamp(x, -1., 1.); },
     [](double x) { return x > -1 && x <= 1 ? 1. : 0; }},
};

// 17 numbers and NaN: a whole vector of every instruction set, and some more.
list const points{-inf, -largest, -1e30f, -100, -4,   -0.5f,   -least, -subnormal, -0.0f,
                  0,    subnormal, least, 0.5f, 2.5f, 100, 1e30f,  largest,    inf,  nan};

/// All of them, each with an input of its own: the outputs, then the slopes.
template <bool Fast>
constexpr graph graph_of_activations() {
  graph g;
  g.fast = Fast;
  context c{g, true};
  c.enter("input");
  g.adding_for = layer_id::none;
  tensor total{};
  constexpr_list<node_id> inputs;
  for (activation const& a : activations) {
    inputs.push_back(detail::add_input(g, {19}).id);
    tensor const y = a.layer(c, {&g, inputs.back()});
    g.outputs.push_back(y.id);
    tensor const sum = math::sum(y);
    total = total.owner == nullptr ? sum : total + sum;
  }
  auto const slopes = passes::differentiate(g, math::reshape(total, {}).id, true);
  for (node_id x : inputs) g.outputs.push_back(slopes[x]);
  return g;
}

template <class Graph>
struct compiled {
  static constexpr plan make() { return lower(Graph::make(), 60, false); }
  static constexpr auto value = freeze<compiled>();
};

/// The outputs of `Graph::make()` computed by kernels, and the gradient of all parameters.
template <class Arch, class Graph>
std::vector<list> computed(std::vector<list> const& inputs, list const& parameters, int samples) {
  constexpr auto const& p = compiled<Graph>::value;
  graph const g = Graph::make();
  float_buffer weights(static_cast<std::size_t>(p.parameter_floats) + 16), gradients = weights;
  float_buffer memory(static_cast<std::size_t>(p.workspace) + 16);
  std::copy(parameters.begin(), parameters.end(), weights.data());
  std::vector<list> outputs;
  for (node_id id : g.outputs)
    outputs.emplace_back(static_cast<std::size_t>(g[id].shape.elements() * samples), nan);
  std::vector<float const*> in;
  std::vector<float*> out;
  for (list const& x : inputs) in.push_back(x.data());
  for (list& y : outputs) out.push_back(y.data());
  run_plan<Arch, compiled<Graph>>({.inputs = in.data(),
                            .outputs = out.data(),
                            .parameters = weights.data(),
                            .gradients = gradients.data(),
                            .workspace = memory.data()},
                           samples);
  outputs.emplace_back(gradients.data(), gradients.data() + p.parameter_floats);
  return outputs;
}

/// Within `relative` of the expected number, which is rounded to float, or within `absolute`.
bool is_near(float given, double expected, double relative, double absolute) {
  float const e = static_cast<float>(expected);
  if (std::isnan(e) || std::isinf(e)) return std::isnan(e) ? std::isnan(given) : given == e;
  return std::abs(double{given} - double{e}) <= std::abs(double{e}) * relative + absolute;
}

template <class List>
void check_activations(std::vector<List> const& y, double relative, double far) {
  constexpr std::size_t count = std::size(activations);
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t i = 0; i < points.size(); ++i) {
      INFO(activations[a].name << " of " << points[i] << " = " << y[a][i] << ", slope "
                               << y[count + a][i]);
      double const x = double{points[i]};
      double const near = std::max(far - 1e-36, std::abs(x) > 1 ? 3e-7 : 1.5e-45);
      double const absolute = std::abs(x) > 50 ? far : near;
      CHECK(is_near(static_cast<float>(y[a][i]), std::isnan(x) ? x : activations[a].value(x),
                    relative, absolute));
      if (!std::isnan(x))
        CHECK(is_near(static_cast<float>(y[count + a][i]), activations[a].slope(x), 10 * relative,
                      std::max(3e-7, absolute)));
    }
}

template <bool Fast>
struct of_activations {
  static constexpr graph make() { return graph_of_activations<Fast>(); }
};

// ---- losses of one number

struct loss_of_one {
  std::string_view name;
  tensor (*write)(context&, tensor, tensor);
  double (*value)(double, double);
  double (*slope)(double, double);
};
double huber_of(double d) { return std::abs(d) <= 1 ? d * d / 2 : std::abs(d) - 0.5; }

/// A weight of 0 wins over an infinity.
double times(double weight, double x) { return weight == 0 ? 0 : weight * x; }

constexpr loss_of_one losses_of_one[] = {
    {"mse", losses::mse::forward, [](double p, double t) { return (p - t) * (p - t); },
     [](double p, double t) { return 2 * (p - t); }},
    {"mae", losses::mae::forward, [](double p, double t) { return std::abs(p - t); },
     [](double p, double t) { return p > t ? 1. : p < t ? -1. : 0.; }},
    {"huber", losses::huber<1.0>::forward, [](double p, double t) { return huber_of(p - t); },
     [](double p, double t) { return std::clamp(p - t, -1., 1.); }},
    {"binary_cross_entropy", losses::binary_cross_entropy::forward,
     [](double p, double t) {
       return times(1 - t, std::max(p, 0.)) - times(t, std::min(p, 0.)) +
              std::log1p(std::exp(-std::abs(p)));
     },
     [](double p, double t) { return sigmoid_of(p) - t; }},
};
constexpr std::size_t one_each = std::size(losses_of_one);

constexpr tensor input_of(graph& g, tensor_shape const& shape) {
  return detail::add_input(g, shape);
}

/// Their values, then the slopes, for inputs that are predictions and targets in turn.
struct of_losses {
  static constexpr graph make() {
    graph g;
    g.layers.push_back({"losses", {}});
    context c{g, true};
    constexpr_list<tensor> predictions;
    tensor total{};
    for (loss_of_one const& l : losses_of_one) {
      predictions.push_back(input_of(g, {1}));
      tensor const loss = l.write(c, predictions.back(), input_of(g, {1}));
      g.outputs.push_back(loss.id);
      total = total.owner == nullptr ? loss : total + loss;
    }
    auto const slopes = passes::differentiate(g, total.id, true);
    for (tensor const& p : predictions)
      g.outputs.push_back(slopes[p.id]);
    return g;
  }
};

// ---- rows of four

/// softmax and log_softmax of a row; cross_entropy of it and a label, and its gradient.
struct of_rows {
  static constexpr graph make() {
    graph g;
    g.layers.push_back({"rows", {}});
    context c{g, true};
    tensor const x = input_of(g, {4}), label = input_of(g, {});
    g.outputs.push_back(layers::softmax::forward(c, x).id);
    g.outputs.push_back(layers::log_softmax::forward(c, x).id);
    tensor const loss = losses::cross_entropy::forward(c, x, label);
    g.outputs.push_back(loss.id);
    auto const slopes = passes::differentiate(g, loss.id, true);
    g.outputs.push_back(slopes[static_cast<std::size_t>(x.id)]);
    return g;
  }
};
struct row {
  std::array<float, 4> x;
  float label;
  std::array<float, 4> softmax, log_softmax;
  float loss;
  std::array<float, 4> slope;
};
constexpr float ln2 = 0.69314718f, third = 1 / 3.0f;
constexpr row rows[] = {
    {{-inf, 0, 0, -inf}, 1, {0, 0.5, 0.5, 0}, {-inf, -ln2, -ln2, -inf}, ln2, {0, -0.5, 0.5, 0}},
    {{-inf, 5, 5, 5}, 0, {0, third, third, third}, {-inf, -1.0986123f, -1.0986123f, -1.0986123f},
     inf, {-1, third, third, third}},
    {{largest, 1, -largest, 0}, 0, {1, 0, 0, 0}, {0, -largest, -inf, -largest}, 0, {0, 0, 0, 0}},
    {{largest, 1, largest, 0}, 1, {0.5, 0, 0.5, 0}, {-ln2, -largest, -ln2, -largest}, largest,
     {0.5, -1, 0.5, 0}},
    {{-0.0f, 0, subnormal, -least}, 3, {0.25, 0.25, 0.25, 0.25}, {-2 * ln2, -2 * ln2, -2 * ln2,
     -2 * ln2}, 2 * ln2, {0.25, 0.25, 0.25, -0.75}},
    // what is not defined
    {{inf, 0, 1, 2}, 1, {nan, nan, nan, nan}, {nan, nan, nan, nan}, nan, {nan, nan, nan, nan}},
    {{-inf, -inf, -inf, -inf}, 1, {nan, nan, nan, nan}, {nan, nan, nan, nan}, nan,
     {nan, nan, nan, nan}},
    {{0, nan, 1, 2}, 2, {nan, nan, nan, nan}, {nan, nan, nan, nan}, nan, {nan, nan, nan, nan}},
};

void check_rows(std::vector<list> const& y) {
  for (std::size_t r = 0; r < std::size(rows); ++r) {
    row const& expected = rows[r];
    INFO("row " << r << ", loss " << y[2][r]);
    CHECK(is_near(y[2][r], double{expected.loss}, 2e-6, 1e-7));
    for (std::size_t i = 0; i < 4; ++i) {
      INFO("element " << i << ": " << y[0][4 * r + i] << ", " << y[1][4 * r + i] << ", slope "
                      << y[3][4 * r + i]);
      CHECK(is_near(y[0][4 * r + i], double{expected.softmax[i]}, 2e-6, 0));
      CHECK(is_near(y[1][4 * r + i], double{expected.log_softmax[i]}, 2e-6, 1e-7));
      CHECK(is_near(y[3][4 * r + i], double{expected.slope[i]}, 2e-6, 1e-7));
    }
  }
}

}  // namespace

TEST_CASE("activations and their slopes are limits at the ends of float") {
  std::vector<list> const inputs(std::size(activations), points);
  list const slopes(points.size(), 0.25f);
  graph const g = of_activations<false>::make();
  {
    INFO("the interpreter");
    check_activations(outputs(g, evaluate<float>(g, inputs, {slopes})), 2e-6, 1e-36);
    std::vector<std::vector<double>> const exact(std::size(activations),
                                                 {points.begin(), points.end()});
    check_activations(outputs(g, evaluate<double>(g, exact, {{slopes.begin(), slopes.end()}})),
                      1e-7, 1e-36);
  }
  for_each_instruction_set([&]<class Arch>() {
    std::vector<list> const y = computed<Arch, of_activations<false>>(inputs, slopes, 1);
    check_activations(y, 2e-6, 1e-36);
    for (std::size_t i = 0; i + 1 < points.size(); ++i)  // of prelu's slope: NaN was 0 * inf
      CHECK(y.back()[i] == std::min(points[i], 0.0f));
    check_activations(computed<Arch, of_activations<true>>(inputs, slopes, 1), 2e-6, 1.2e-5);
  });
}

TEST_CASE("losses and their slopes are limits at the ends of float") {
  list predictions, targets;
  for (float p : points)
    for (float t : {0.0f, 0.25f, 1.0f}) predictions.push_back(p), targets.push_back(t);
  auto const samples = static_cast<int>(targets.size());
  std::vector<list> inputs;
  for (std::size_t i = 0; i < one_each; ++i)
    inputs.push_back(predictions), inputs.push_back(targets);
  auto const check = [&](std::vector<list> const& y) {
    for (std::size_t l = 0; l < one_each; ++l)
      for (std::size_t i = 0; i < targets.size(); ++i) {
        auto const& [name, write, value, slope] = losses_of_one[l];
        double const p = double{predictions[i]}, t = double{targets[i]};
        INFO(name << " of " << p << " and " << t << " = " << y[l][i] << ", slope "
                  << y[one_each + l][i]);
        CHECK(is_near(y[l][i], std::isnan(p) ? p : value(p, t), 2e-6, 1e-36));
        if (!std::isnan(p)) CHECK(is_near(y[one_each + l][i], slope(p, t), 2e-6, 2e-7));
      }
  };
  graph const g = of_losses::make();
  check(outputs(g, evaluate<float>(g, inputs, {}, samples)));
  for_each_instruction_set(
      [&]<class Arch>() { check(computed<Arch, of_losses>(inputs, {}, samples)); });
}

TEST_CASE("softmax and cross_entropy at the ends of float") {
  std::vector<list> inputs(2);
  for (row const& r : rows) {
    inputs[0].insert(inputs[0].end(), r.x.begin(), r.x.end());
    inputs[1].push_back(r.label);
  }
  graph const g = of_rows::make();
  check_rows(outputs(g, evaluate<float>(g, inputs, {}, static_cast<int>(std::size(rows)))));
  for_each_instruction_set([&]<class Arch>() {
    check_rows(computed<Arch, of_rows>(inputs, {}, static_cast<int>(std::size(rows))));
  });
}
