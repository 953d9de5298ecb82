#pragma once

#include <vector>

#include "../dsl/losses/check.hpp"
#include "data_rule.hpp"
#include "denormals.hpp"
#include "model.hpp"

namespace etch {

/// What a model makes of a dataset.
struct evaluation {
  int samples = 0;
  long long labels = 0;  // with a loss that has classes; a sample may have many
  long long correct = 0;
  double loss = 0;

  double accuracy() const {
    return labels == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(labels);
  }
};

namespace detail {

/// Adds how many labels were met and how many of them found, if the rule has classes.
void count_labels(evaluation& e, data_rule const& rule, std::span<float const> predictions,
                  std::span<float const> targets);

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
  detail::check_features("predict", data, m.input_size());
  flush_denormals const guard;
  std::vector<float> y(static_cast<std::size_t>(data.size()) *
                       static_cast<std::size_t>(m.output_size()));
  std::vector<workspace<Net, Samples>> w(1);  // too large for some stacks
  m.forward_batch(w[0], data.features(0, data.size()), y);
  return y;
}

/// The same behind one more layer, or a block of them, without parameters: the probabilities are
/// `predict(model, data, etch::softmax)` where the model gives logits.
template <int Samples = 64, auto Net, class Arch, class Part>
std::vector<float> predict(model<Net, Arch> const& m, dataset const& data, Part) {
  constexpr auto whole = Net | Part{};
  if constexpr (is_rejected<decltype(whole)>) return {};
  else return predict<Samples>(model<whole, Arch>(m), data);
}

namespace detail {

template <class Loss, int Samples, auto Net, class Arch>
evaluation evaluate_fitting(model<Net, Arch> const& m, dataset const& data) {
  constexpr tensor_shape output = std::remove_cvref_t<decltype(Net)>::output_shape();
  using plan_type = loss_plan<Loss, output>;
  constexpr data_rule rule = rule_of<Loss, std::remove_cvref_t<decltype(Net)>>();
  check_data("evaluate", data, rule);
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
  count_labels(result, rule, y, targets);
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
