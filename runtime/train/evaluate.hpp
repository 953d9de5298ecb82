#pragma once

#include <vector>

#include "../data/data_rule.hpp"
#include "../infer/denormals.hpp"
#include "../infer/misuse.hpp"

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
    tensor const p = add_input(g, Prediction);
    tensor const t = add_input(g, Loss::target_rule(Prediction).shape);
    g.outputs.push_back(Loss::forward(c, p, t).id);
    return lower(g, samples, true);
  }
  static constexpr auto value = freeze<loss_plan>();
};

}  // namespace detail

/// The model's outputs for every sample, one after the other (samples, output_shape...); up to
/// `Samples` are computed at once. Throws `error` if the features do not fit the network.
template <int Samples = 64, class Model>
std::vector<float> predict(Model const& m, dataset const& data) {
  if constexpr (!detail::is_allowed<detail::misuse_of_simple<Model>(), Model>()) {
    return {};
  } else if constexpr (is_rejected<decltype(
                           detail::usable<Model::network,
                                          detail::inference_source<Model::network, Samples>>())>) {
    return {};
  } else {
    constexpr auto rule = detail::features_of<typename Model::network_type>();
    detail::check_features("predict", data, rule);
    flush_denormals const guard;
    std::vector<float> y(static_cast<std::size_t>(data.size()) *
                         static_cast<std::size_t>(m.output_size()));
    std::vector<workspace<Model::network, Samples>> w(1);  // too large for some stacks
    m.forward_batch(w[0], detail::inputs_of<typename Model::network_type>(data), y);
    return y;
  }
}

/// The same behind one more layer, or a block of them, without parameters: the probabilities are
/// `predict(model, data, etch::softmax)` where the model gives logits.
template <int Samples = 64, class Model, class Part>
std::vector<float> predict(Model const& m, dataset const& data, Part) {
  if constexpr (!detail::is_allowed<detail::misuse_of_simple<Model>(), Model>()) {
    return {};
  } else {
    constexpr auto whole = Model::network | Part{};
    if constexpr (is_rejected<decltype(whole)>) return {};
    else return predict<Samples>(model<whole, typename Model::arch_type>(m), data);
  }
}

/// Of no dataset: an error that says what is taken.
template <int Samples = 64, class Model>
auto predict(Model const&, std::span<float const> = {}) {
  constexpr bool is_call = std::is_same_v<Model, void>;
  static_assert(is_call, "etch: predict takes a model and a dataset: etch::predict(model, data); "
                         "model.forward_batch(workspace, x, y) takes a std::vector<float>");
  return std::vector<float>{};
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
template <int Samples = 64, class Model, class Loss = detail::left_out>
evaluation evaluate(
    Model const& m, Loss = detail::not_given<detail::call::evaluate, Model, Loss>(),
    dataset const& data = detail::not_given<detail::call::evaluate, Model, Loss>()) {
  constexpr auto net = detail::network_of<Model>;
  using said = detail::loss_said<Loss, std::remove_const_t<decltype(net)>>;
  if constexpr (std::is_same_v<Loss, detail::left_out>)
    return {};
  else if constexpr (!detail::is_allowed<detail::misuse_of_simple<Model>(), Model>())
    return {};
  else if constexpr (!said::fits) {
    using shown [[maybe_unused]] = typename said::complaint::network;
    return {};
  } else if constexpr (is_rejected<decltype(
                         detail::usable<net, detail::inference_source<net, Samples>>())>)
    return {};
  else
    return detail::evaluate_fitting<Loss, Samples>(m, data);
}

}  // namespace etch
