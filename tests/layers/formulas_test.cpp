// Layers and losses against their formulas written out: the interpreter that other tests ask has
// the same graph.

#include <algorithm>
#include <cmath>
#include <vector>

#include "../../codegen/reference/evaluate.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "catch.hpp"

using namespace etch;

namespace {

using list = std::vector<double>;

std::vector<double> points() { return {-5, -2.5, -1, -0.75, -0.125, 0, 0.25, 0.5, 1, 2, 3.5, 6}; }

template <class Network>
list result(Network net, list const& x) {
  graph const g = graph_of(net);
  return outputs(g, evaluate<double>(g, {x}, {}, 1)).at(0);
}

template <class Layer, class F>
void check(Layer layer, F formula) {
  list const x = points(), y = result(input<12> | layer, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(x[i]);
    CHECK(y[i] == Approx(formula(x[i])).epsilon(1e-9).margin(1e-12));
  }
}

/// The loss of one sample of `Size` numbers.
template <class Loss>
double loss_of(Loss, list const& prediction, list const& target) {
  graph g;
  g.layers.push_back({Loss::kind, {}});
  context c{g, false};
  tensor_shape const shape{static_cast<int>(prediction.size())};
  tensor const p = detail::add_input(g, shape);
  tensor const t = detail::add_input(g, Loss::target_rule(shape).shape);
  g.outputs.push_back(Loss::forward(c, p, t).id);
  return outputs(g, evaluate<double>(g, {prediction, target}, {}, 1)).at(0).at(0);
}

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("activations are their formulas") {
  auto const elu_of = [](double alpha) {
    return [=](double x) { return x > 0 ? x : alpha * (std::exp(x) - 1); };
  };
  check(relu, [](double x) { return x > 0 ? x : 0; });
  check(leaky_relu<>, [](double x) { return x > 0 ? x : 0.01 * x; });
  check(leaky_relu<0.2>, [](double x) { return x > 0 ? x : 0.2 * x; });
  check(elu<>, elu_of(1));
  check(elu<1.5>, elu_of(1.5));
  check(selu, [&](double x) { return 1.0507009873554805 * elu_of(1.6732632423543772)(x); });
  check(celu<0.5>, [](double x) { return x > 0 ? x : 0.5 * (std::exp(x / 0.5) - 1); });
  check(gelu, [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); });
  check(gelu_tanh, [](double x) {
    return x / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979324) * (x + 0.044715 * x * x * x)));
  });
  check(silu, [](double x) { return x * sigmoid_of(x); });
  check(etch::sigmoid, sigmoid_of);
  check(etch::tanh, [](double x) { return std::tanh(x); });
  check(softplus, [](double x) { return std::log(1 + std::exp(x)); });
  check(softsign, [](double x) { return x / (1 + std::abs(x)); });
  auto const hard = [](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); };
  check(hard_sigmoid, hard);
  check(hard_swish, [&](double x) { return x * hard(x); });
  check(hard_tanh, [](double x) { return std::clamp(x, -1.0, 1.0); });
}

TEST_CASE("softmax and log_softmax are their formulas") {
  list const x = points();
  double sum = 0;
  for (double v : x) sum += std::exp(v);
  check(softmax, [&](double v) { return std::exp(v) / sum; });
  check(log_softmax, [&](double v) { return v - std::log(sum); });
}

TEST_CASE("norms are their formulas") {
  list const x{1, -2, 4, 0.5}, gamma{1, 2, -1, 0.5}, beta{0, 1, 2, -3}, mean{0.5, -1, 3, 0};
  list const variance{1, 4, 0.25, 2};
  auto const normed = [&](auto net, std::vector<list> const& parameters) {
    graph const g = graph_of(net);
    return outputs(g, evaluate<double>(g, {x}, parameters, 1)).at(0);
  };
  list const rows = normed(input<4> | layer_norm, {gamma, beta});
  list const channels = normed(input<4> | batch_norm, {gamma, beta, mean, variance});
  double const m = 3.5 / 4, v = (1 + 4 + 16 + 0.25) / 4 - m * m;
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(rows[i] == Approx(gamma[i] * (x[i] - m) / std::sqrt(v + 1e-5) + beta[i]));
    CHECK(channels[i] ==
          Approx(gamma[i] * (x[i] - mean[i]) / std::sqrt(variance[i] + 1e-5) + beta[i]));
  }
}

TEST_CASE("losses are their formulas") {
  list const p{1.5, -2, 0.25, 0.5}, t{1, 1, 0, 0.75};  // apart by 0.5, -3, 0.25, -0.25
  CHECK(loss_of(mse, p, t) == Approx((0.25 + 9 + 0.0625 + 0.0625) / 4));
  CHECK(loss_of(mae, p, t) == Approx((0.5 + 3 + 0.25 + 0.25) / 4));
  CHECK(loss_of(huber<>, p, t) == Approx((0.125 + 2.5 + 0.03125 + 0.03125) / 4));
  CHECK(loss_of(huber<2.0>, p, t) == Approx((0.125 + 4 + 0.03125 + 0.03125) / 4));
  double binary = 0, sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    binary -= t[i] * std::log(sigmoid_of(p[i])) + (1 - t[i]) * std::log(1 - sigmoid_of(p[i]));
    sum += std::exp(p[i]);
  }
  CHECK(loss_of(binary_cross_entropy, p, t) == Approx(binary / 4));
  CHECK(loss_of(cross_entropy, p, {2}) == Approx(std::log(sum) - p[2]));
}

TEST_CASE("permute and flip are their formulas") {
  list x;
  for (int i = 0; i < 24; ++i) x.push_back(i);
  // y[c, h, w] = x[h, w, c], and y[i, j, k] = x[1 - i, j, 2 - k]
  list const channels_first = result(input<4, 2, 3> | permute<2, 0, 1>, x);
  list const turned = result(input<2, 4, 3> | flip<0, 2>, x);
  for (int i = 0; i < 24; ++i) {
    int const c = i / 8, h = i / 2 % 4, w = i % 2;
    CHECK(channels_first[static_cast<std::size_t>(i)] == (h * 2 + w) * 3 + c);
    CHECK(turned[static_cast<std::size_t>(i)] == ((1 - i / 12) * 4 + i / 3 % 4) * 3 + 2 - i % 3);
  }
}

namespace {

struct axis_of_transpose {
  int in, kernel, stride, dilation, begin, end, more;

  int out() const { return stride * (in - 1) + more + (kernel - 1) * dilation + 1 - begin - end; }
};

/// ONNX ConvTranspose of one sample, channels last, by its definition: the weights are (channels, kernel
/// height, kernel width, filters / groups).
list transposed(list const& x, list const& w, list const& bias, axis_of_transpose const& y,
                axis_of_transpose const& z, int channels, int filters, int groups) {
  list result;
  for (int oy = 0; oy < y.out(); ++oy)
    for (int oz = 0; oz < z.out(); ++oz)
      for (int f = 0; f < filters; ++f) {
        double sum = bias[static_cast<std::size_t>(f)];
        int const in_group = channels / groups, of_group = filters / groups;
        for (int iy = 0; iy < y.in; ++iy)
          for (int iz = 0; iz < z.in; ++iz)
            for (int ky = 0; ky < y.kernel; ++ky)
              for (int kz = 0; kz < z.kernel; ++kz)
                for (int i = 0; i < in_group; ++i) {
                  if (iy * y.stride + ky * y.dilation - y.begin != oy ||
                      iz * z.stride + kz * z.dilation - z.begin != oz)
                    continue;
                  int const c = f / of_group * in_group + i;
                  int const from = (iy * z.in + iz) * channels + c;
                  int const tap = (c * y.kernel + ky) * z.kernel + kz;
                  sum += x[static_cast<std::size_t>(from)] *
                         w[static_cast<std::size_t>(tap * of_group + f % of_group)];
                }
        result.push_back(sum);
      }
  return result;
}

/// `count` numbers that have no pattern.
list noise(int count, std::uint32_t stream) {
  list all;
  for (int i = 0; i < count; ++i)
    all.push_back(counter_uniform({3, stream, 1, 4}, static_cast<std::uint32_t>(i)) - 0.5);
  return all;
}

double distance(list const& a, list const& b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

/// Of a network that is one transposed convolution.
template <class Network>
double distance_from_definition(Network net, axis_of_transpose const& y, axis_of_transpose const& z,
                                int channels, int filters, int groups = 1) {
  list const x = noise(y.in * z.in * channels, 1), bias = noise(filters, 2);
  list const w = noise(channels * y.kernel * z.kernel * filters / groups, 3);
  graph const g = graph_of(net);
  list const given = outputs(g, evaluate<double>(g, {x}, {w, bias}, 1)).at(0);
  return distance(given, transposed(x, w, bias, y, z, channels, filters, groups));
}

}  // namespace

TEST_CASE("transposed convolutions are what ONNX defines") {
  CHECK(distance_from_definition(input<3, 4, 2> | conv_transpose2d<3, 3>, {3, 3, 1, 1, 0, 0, 0},
                                 {4, 3, 1, 1, 0, 0, 0}, 2, 3) < 1e-14);
  CHECK(distance_from_definition(
            input<3, 2, 4> | conv_transpose2d<6, kernel<2, 3>, stride<2, 3>, padding<1, 0, 0, 2>,
                                              output_padding<1, 2>, groups<2>>,
            {3, 2, 2, 1, 1, 0, 1}, {2, 3, 3, 1, 0, 2, 2}, 4, 6, 2) < 1e-14);
  CHECK(distance_from_definition(
            input<2, 3, 3> | conv_transpose2d<3, 3, dilation<3, 2>, output_padding<2, 1>,
                                              groups<3>>,
            {2, 3, 1, 3, 0, 0, 2}, {3, 3, 1, 2, 0, 0, 1}, 3, 3, 3) < 1e-14);
  // SAME_UPPER: pads add up to kernel + output_padding - stride, the odd one at the end
  CHECK(distance_from_definition(input<3, 3, 2> | conv_transpose2d<2, 4, stride<3, 2>, same>,
                                 {3, 4, 3, 1, 0, 1, 0}, {3, 4, 2, 1, 1, 1, 0}, 2, 2) < 1e-14);
  CHECK(distance_from_definition(input<2, 2, 1> | conv_transpose2d<1, 1, stride<3>, same>,
                                 {2, 1, 3, 1, 0, 0, 2}, {2, 1, 3, 1, 0, 0, 2}, 1, 1) < 1e-14);
}

namespace {

/// What PyTorch's upsampling reads along an axis for element i: of two elements, with these weights.
struct between {
  int low, high;
  double upper;
};
between lies_at(int i, int factor, int extent) {
  double const at = std::max(0.0, (i + 0.5) / factor - 0.5);
  int const low = static_cast<int>(at);
  return {low, std::min(low + 1, extent - 1), at - low};
}

list bilinear_of(list const& x, int height, int width, int channels, int y_factor, int z_factor) {
  list result;
  for (int y = 0; y < height * y_factor; ++y)
    for (int z = 0; z < width * z_factor; ++z)
      for (int c = 0; c < channels; ++c) {
        between const v = lies_at(y, y_factor, height), h = lies_at(z, z_factor, width);
        auto const at = [&](int row, int column) {
          return x[static_cast<std::size_t>((row * width + column) * channels + c)];
        };
        double const above = at(v.low, h.low) * (1 - h.upper) + at(v.low, h.high) * h.upper;
        double const below = at(v.high, h.low) * (1 - h.upper) + at(v.high, h.high) * h.upper;
        result.push_back(above * (1 - v.upper) + below * v.upper);
      }
  return result;
}

}  // namespace

TEST_CASE("upsampling repeats elements or is linear between them, and constant beyond the outermost") {
  list const x = noise(24, 7);
  CHECK(distance(result(input<3, 4, 2> | upsample2d<2, bilinear>, x),
                 bilinear_of(x, 3, 4, 2, 2, 2)) < 1e-15);
  CHECK(distance(result(input<4, 2, 3> | upsample2d<factor<3, 4>, bilinear>, x),
                 bilinear_of(x, 4, 2, 3, 3, 4)) < 1e-15);
  CHECK(distance(result(input<1, 24, 1> | upsample2d<factor<5, 1>, bilinear>, x),
                 bilinear_of(x, 1, 24, 1, 5, 1)) < 1e-15);
  CHECK(distance(result(input<8, 3> | upsample1d<2, bilinear>, x),
                 bilinear_of(x, 1, 8, 3, 1, 2)) < 1e-15);
  CHECK(result(input<2, 2, 1> | upsample2d<factor<2, 3>>, {1, 2, 3, 4}) ==
        list{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4});
  CHECK(result(input<2, 2> | upsample1d<2>, {1, 2, 3, 4}) == list{1, 2, 1, 2, 3, 4, 3, 4});
}
