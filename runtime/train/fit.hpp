#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../data/batches.hpp"
#include "evaluate.hpp"
#include "../function_ref.hpp"
#include "progress.hpp"
#include "train_step.hpp"

namespace etch {

/// How long, in which portions and order, and on how many threads.
struct fit_options {
  int epochs = 1;
  int batch_size = 64;  // a rest joins the batch before it if it is too small for batch_norm
  bool shuffle = true;
  double validation_split = 0;  // the last part of the data is kept to validate, as Keras does
  int threads = 1;              // the result depends on their number, not on their timing
  std::uint64_t seed = 0;       // of the samples' order in an epoch, with the optimizer's steps
  verbosity show = verbosity::automatic;
};

/// One epoch: means over the samples as they were trained on, and after it over those kept to
/// validate.
struct epoch_report {
  int epoch = 0;  // from 1
  double seconds = 0;
  evaluation training;
  std::optional<evaluation> validation;
};

namespace detail {

/// What `evaluate` says, by the training step's first half where that can stop there: which need
/// not be compiled once more, and whose samples the threads share.
template <int Samples, auto Net, class Arch, class Optimizer, class Loss>
evaluation validate(model<Net, Arch> const& m, Optimizer& optimizer, Loss loss, dataset const& data,
                    thread_team& team) {
  constexpr int together = Samples > 0 ? Samples : group_size<Net>();
  using run_type = gradient_run<Net, Loss, Arch, together>;
  if constexpr (!run_type::can_evaluate) {
    return evaluate(m, loss, data);
  } else {
    constexpr int most = 4096;
    float const* const x = input_data(inputs_of<std::remove_cvref_t<decltype(Net)>>(data).data());
    evaluation result{.samples = data.size()};
    for (int first = 0, count = 0; first < data.size(); first += count) {
      count = std::min(most, data.size() - first);
      auto const targets = data.targets(first, count);
      run_type const run(optimizer.scratch, optimizer.gradients, count, &team);
      team.run([&](int t) {
        flush_denormals const here;
        run.prepare(t, m.weights());
        run.run(t, m.weights(), later(x, std::ptrdiff_t{first} * run_type::input_size),
                targets.data(), {}, true);
      });
      result.loss += run.loss() * count;
      count_labels(result, rule_of<Loss, std::remove_cvref_t<decltype(Net)>>(), run.predictions(),
                   targets);
    }
    result.loss /= data.size();
    return result;
  }
}

/// What `fit` wants of a network: what data it takes, how it makes a step of data that were found
/// to be such, and how it validates.
struct fit_network {
  data_rule rule;
  parameter_list parameters;
  std::span<float const> weights;  // the parameters alone
  int least_samples = 1;      // of a batch
  function_ref<int()> steps;  // that the optimizer has taken with this model
  function_ref<step_report(batch<0> const&, thread_team&, step_place)> step;
  function_ref<evaluation(dataset const&, thread_team&)> validate;
};

/// All of `fit` that is the same for every network.
std::vector<epoch_report> fit(fit_network const& net, dataset const& data,
                              fit_options const& options);

}  // namespace detail

/// Trains for some epochs. The loss, the accuracy and the speed are shown as it goes, and returned.
/// Called again with the same model and optimizer it goes on: two epochs in two calls are what they
/// are in one; what the optimizer does of another model, see there. The same program gives the same
/// result. Throws `error` if the options or the data do not fit the network, and when a loss is not
/// finite: it names the epoch, the batch and what is first not finite there, and the model is as it
/// was before that batch.
// Compilers show the line with the name to who misspells an option.
template <int Samples = 0, class Model, class Optimizer = detail::left_out const,
          class Loss = detail::left_out>
std::vector<epoch_report>
fit(  // options: epochs batch_size shuffle validation_split threads seed show
    Model& m, Optimizer& optimizer = detail::not_given<detail::call::fit, Model, Loss>(),
    Loss loss = detail::not_given<detail::call::fit, Model, Loss>(),
    dataset const& data = detail::not_given<detail::call::fit, Model, Loss>(),
    fit_options const& options = {}) {
  using call = detail::training_call<Samples, Model, Loss>;
  using said = typename call::said;
  if constexpr (std::is_same_v<Loss, detail::left_out>) {
    return {};
  } else if constexpr (!detail::is_allowed<detail::misuse_of_training<Model, Optimizer, dataset>(),
                                           Model, Optimizer>()) {
    return {};
  } else if constexpr (!said::fits) {
    using shown [[maybe_unused]] = typename said::complaint::network;
    return {};
  } else if constexpr (is_rejected<decltype(detail::usable<call::net, typename call::source>())>) {
    return {};
  } else {
    auto const step = [&](batch<0> const& b, thread_team& team, detail::step_place where) {
      return detail::take_step<Samples>(m, optimizer, loss, b, &team, where);
    };
    auto const validate = [&](dataset const& kept, thread_team& team) {
      return detail::validate<Samples>(m, optimizer, loss, kept, team);
    };
    auto const steps = [&] {
      optimizer.follow(m.identity());
      return optimizer.steps();
    };
    constexpr auto rule = detail::rule_of<Loss, typename Model::network_type>();
    constexpr int least = detail::least_samples<Samples, call::net, Loss>();
    auto const floats = static_cast<std::size_t>(facts<call::net>::parameter_floats);
    return detail::fit(
        {rule, detail::list_of<call::net>(), {m.weights(), floats}, least, steps, step, validate},
        data, options);
  }
}

}  // namespace etch
