#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../../codegen/kernels/move/pack.hpp"
#include "../../codegen/passes/layout.hpp"
#include "../../codegen/reference/evaluate.hpp"
#include "probe.hpp"

namespace check {

/// Uniform values in [low, high), floats that a double holds exactly; the same in every run.
class numbers {
 public:
  explicit numbers(std::uint32_t seed) : key_{seed, 0, 0, 0} {}

  float next(double low, double high) {
    return static_cast<float>(low + (high - low) *
                                        static_cast<double>(etch::counter_uniform(key_, count_++)));
  }
  std::vector<float> list(int count, double low = -1, double high = 1) {
    std::vector<float> values;
    for (int i = 0; i < count; ++i) values.push_back(next(low, high));
    return values;
  }

 private:
  etch::counter_key key_;
  std::uint32_t count_ = 0;
};

/// Random values of an input for so many samples: numbers, or tokens, now and then one that the table
/// has no row for.
inline std::vector<float> random_input(etch::graph const& g, std::size_t i, int samples,
                                       numbers& random) {
  int const count = g.inputs[i].elements() * samples;
  if (g.inputs[i].element == etch::element_type::float32) return random.list(count);
  int const rows = etch::table_of(g, static_cast<int>(i)).rows;
  std::vector<float> tokens = random.list(count, 0, std::min(rows, 1000) + 1);
  for (float& token : tokens) token = std::floor(token);
  return tokens;
}
/// The values as a program gives them: tokens are std::int32_t.
inline std::vector<float> as_given(etch::graph const& g, std::size_t i, std::vector<float> values) {
  if (g.inputs[i].element == etch::element_type::int32)
    for (float& value : values) value = std::bit_cast<float>(static_cast<std::int32_t>(value));
  return values;
}

inline std::vector<double> widen(std::vector<float> const& values) {
  return {values.begin(), values.end()};
}
using tensors = std::vector<std::vector<double>>;

/// A network to check, without its type: graphs, random parameters in the standard layout, and
/// where they lie in a model.
struct problem {
  std::string name;
  etch::graph inference;
  probed training;
  etch::constexpr_list<etch::parameter_place> places;
  int floats = 0;  // of all parameters as they lie in a model
  tensors parameters;

  std::size_t inputs() const { return inference.inputs.size(); }
  std::size_t outputs() const { return inference.outputs.size(); }
  int input_size(std::size_t i) const { return training.graph.inputs[i].elements(); }
  int output_size(std::size_t i) const { return inference[inference.outputs[i]].shape.elements(); }

  /// Writes the parameters as a model holds them.
  void load(float* weights) const {
    for (std::size_t i = 0; i < places.size(); ++i) {
      std::vector<float> const p(parameters[i].begin(), parameters[i].end());
      float* const to = weights + places[i].offset;
      if (places[i].packed)
        etch::pack_weights(places[i].window, p.data(), to);
      else
        std::copy(p.begin(), p.end(), to);
    }
  }
  /// The parameters (or gradients) that a model holds, in the standard layout.
  std::vector<double> standard(std::size_t i, float const* weights) const {
    std::vector<float> p(parameters[i].size());
    float const* const from = weights + places[i].offset;
    if (places[i].packed)
      etch::unpack_weights(places[i].window, from, p.data());
    else
      std::copy_n(from, p.size(), p.begin());
    return widen(p);
  }
  /// Whether what only fills up the space between parameters is zero.
  bool padding_is_zero(std::size_t i, float const* weights) const {
    std::vector<char> used(static_cast<std::size_t>(places[i].size), false);
    if (places[i].packed)
      etch::for_each_weight(places[i].window,
                            [&](int, int at) { used[static_cast<std::size_t>(at)] = true; });
    else
      std::fill_n(used.begin(), parameters[i].size(), true);
    for (std::size_t j = 0; j < used.size(); ++j)
      if (!used[j] && weights[places[i].offset + static_cast<int>(j)] != 0) return false;
    return true;
  }
};

inline std::string name_of(etch::graph const& g) {
  std::string name = "input";
  for (etch::tensor_shape const& s : g.inputs) {
    name += " ";
    for (int axis = 0; axis < s.rank; ++axis)
      name += (axis == 0 ? "" : "x") + std::to_string(s[axis]);
  }
  for (std::size_t i = 1; i < g.layers.size(); ++i)
    if (g.layers[i].inside == etch::layer_id::none) name += " | " + std::string(g.layers[i].kind);
  return name;
}

/// Random parameters of about the size that keeps values near one; states, which are variances and
/// the like, are positive.
inline tensors random_parameters(etch::graph const& g, std::uint32_t seed) {
  tensors all;
  numbers random(seed);
  for (etch::parameter_info const& p : g.parameters) {
    double const limit = p.init.fan_in > 1 ? std::sqrt(3.0 / p.init.fan_in) : 1;
    int const count = p.shape.elements();
    all.push_back(
        widen(p.trainable ? random.list(count, -limit, limit) : random.list(count, .5, 1.5)));
  }
  return all;
}

inline problem make_problem(etch::graph const& inference, etch::graph const& training) {
  problem p;
  p.name = name_of(inference);
  p.inference = inference;
  p.training = probe_graph(training);
  p.places = etch::parameter_places(etch::passes::simplify(inference));
  for (etch::parameter_place const& place : p.places) p.floats = place.offset + place.size;
  p.parameters = random_parameters(inference, 1);
  return p;
}

/// Samples first .. first + count of values that hold one sample after the other.
inline std::vector<double> part(std::vector<float> const& values, int size, int first, int count) {
  auto const begin = values.begin() + static_cast<std::ptrdiff_t>(first) * size;
  return {begin, begin + static_cast<std::ptrdiff_t>(count) * size};
}

}  // namespace check
