#pragma once

#include <vector>

#include "../dsl/losses/check.hpp"
#include "dataset.hpp"
#include "denormals.hpp"
#include "error.hpp"
#include "metrics.hpp"
#include "model.hpp"

namespace etch {

/// What a model makes of a dataset.
struct evaluation {
  int samples = 0;
  int correct = 0;  // with a loss that has classes
  double loss = 0;

  double accuracy() const { return samples == 0 ? 0 : static_cast<double>(correct) / samples; }
};

namespace detail {

/// The loss of given predictions, as a network of its own: two inputs, one number a sample.
template <class Loss, tensor_shape Prediction>
struct loss_plan {
  static constexpr int samples = 64;
  static constexpr plan make() {
    graph g;
    g.layers.push_back({Loss::kind, {}});
    context c{g, false};
    tensor_shape const target = Loss::target_rule(Prediction).shape;
    g.inputs = {Prediction, target};
    tensor const p{&g,
                   g.add({.code = op::input, .batched = true, .index = 0, .shape = Prediction})};
    tensor const t{&g, g.add({.code = op::input, .batched = true, .index = 1, .shape = target})};
    g.outputs.push_back(Loss::forward(c, p, t).id);
    return lower(g, samples, true);
  }
  static constexpr auto value = freeze<loss_plan>();
};

}  // namespace detail

/// The model's outputs for every sample, one after the other (samples, output_shape...); up to
/// `Samples` are computed at once. Throws `error` if the features do not fit the network.
template <int Samples = 64, auto Net, class Arch>
std::vector<float> predict(model<Net, Arch> const& m, dataset const& data) {
  if (data.feature_shape().elements() != m.input_size())
    throw error("predict: the network takes {} numbers a sample, the data have {}", m.input_size(),
                data.feature_shape().elements());
  flush_denormals const guard;
  std::vector<float> y(static_cast<std::size_t>(data.size()) *
                       static_cast<std::size_t>(m.output_size()));
  std::vector<workspace<Net, Samples>> w(1);  // too large for some stacks
  m.forward_batch(w[0], data.features(0, data.size()), y);
  return y;
}

namespace detail {

template <class Loss, int Samples, auto Net, class Arch>
evaluation evaluate_fitting(model<Net, Arch> const& m, dataset const& data) {
  constexpr tensor_shape output = std::remove_cvref_t<decltype(Net)>::output_shape();
  using plan_type = loss_plan<Loss, output>;
  if (int const wanted = Loss::target_rule(output).shape.elements();
      data.target_shape().elements() != wanted)
    throw error("evaluate: the loss takes {} target numbers a sample, the data have {}", wanted,
                data.target_shape().elements());
  if constexpr (has_classes<Loss>) check_labels("evaluate", data.targets(), output.last());
  std::vector<float> const y = predict<Samples>(m, data);
  std::span<float const> const targets = data.targets(0, data.size());
  evaluation result{.samples = data.size()};
  float_buffer memory(
      static_cast<std::size_t>(std::max(1, plan_type::value.workspace + plan_type::value.derived)));
  buffers b;
  b.workspace = memory.data();
  b.derived = memory.data() + plan_type::value.workspace;
  run_prologue<Arch, plan_type>(b);
  std::array<float, static_cast<std::size_t>(plan_type::samples)> losses;
  for (int first = 0, count = 0; first < data.size(); first += count) {
    count = std::min(plan_type::samples, data.size() - first);
    float const* const inputs[]{
        y.data() + std::ptrdiff_t{first} * output.elements(),
        targets.data() + std::ptrdiff_t{first} * data.target_shape().elements()};
    float* const outputs[]{losses.data()};
    b.inputs = inputs;
    b.outputs = outputs;
    run_plan<Arch, plan_type>(b, count);
    for (int i = 0; i < count; ++i)
      result.loss += static_cast<double>(losses[static_cast<std::size_t>(i)]);
  }
  if (data.size() > 0) result.loss /= data.size();
  if constexpr (has_classes<Loss>) result.correct = count_correct(y, targets);
  return result;
}

}  // namespace detail

/// The mean loss, and with classes the number of correct predictions. Throws `error` if features or
/// targets do not fit the network and the loss.
template <int Samples = 64, auto Net, class Arch, class Loss>
evaluation evaluate(model<Net, Arch> const& m, Loss, dataset const& data) {
  if constexpr (detail::loss_fits<Loss, std::remove_cvref_t<decltype(Net)>>())
    return detail::evaluate_fitting<Loss, Samples>(m, data);
  else
    return {};
}

}  // namespace etch
