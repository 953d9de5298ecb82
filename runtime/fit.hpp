#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batches.hpp"
#include "evaluate.hpp"
#include "progress.hpp"
#include "train_step.hpp"

namespace etch {

/// How long, in which portions and order, and on how many threads.
struct fit_options {
  int epochs = 1;
  int batch_size = 64;
  bool shuffle = true;
  double validation_split = 0;  // the last part of the data is kept to validate, as Keras does
  int threads = 1;              // the result depends on their number, not on their timing
  std::uint64_t seed = 0;       // of the order of the samples
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
evaluation validate(model<Net, Arch> const& m, Optimizer& optimizer, Loss loss,
                    dataset const& data, thread_team& team) {
  constexpr int together = Samples > 0 ? Samples : group_size<Net>();
  using run_type = gradient_run<Net, Loss, Arch, together>;
  if constexpr (!loss_fits<Loss, std::remove_cvref_t<decltype(Net)>>()) {
    return {};
  } else if constexpr (!run_type::can_evaluate) {
    return evaluate(m, loss, data);
  } else {
    constexpr int most = 4096;
    evaluation result{.samples = data.size()};
    for (int first = 0; first < data.size(); first += most) {
      int const count = std::min(most, data.size() - first);
      auto const targets = data.targets(first, count);
      run_type const run(optimizer.scratch, optimizer.gradients, count, &team);
      team.run([&](int t) {
        flush_denormals const here;
        run.prepare(t, m.weights());
        run.run(t, m.weights(), data.features(first, count).data(), targets.data(), {}, true);
      });
      result.loss += run.loss() * count;
      if constexpr (has_classes<Loss>) result.correct += count_correct(run.predictions(), targets);
    }
    result.loss /= data.size();
    return result;
  }
}

}  // namespace detail

/// Trains for some epochs. The loss, the accuracy and the speed are shown as it goes, and returned.
/// Throws `error` if the options or the data do not fit the network.
template <int Samples = 0, auto Net, class Arch, class Optimizer, class Loss>
std::vector<epoch_report> fit(model<Net, Arch>& m, Optimizer& optimizer, Loss loss,
                              dataset const& data, fit_options const& options = {}) {
  if (options.epochs < 1 || options.batch_size < 1 || options.threads < 1)
    throw error("fit: epochs, batch_size and threads must be at least 1; they are {}, {} and {}",
                options.epochs, options.batch_size, options.threads);
  if (!(options.validation_split >= 0 && options.validation_split < 1))
    throw error("fit: validation_split must be at least 0 and below 1; it is {}",
                options.validation_split);
  using network = std::remove_cvref_t<decltype(Net)>;
  if constexpr (has_classes<Loss>)
    if (data.feature_shape().elements() == network::input_shape().elements())
      check_labels("fit", data.targets(), network::output_shape().last());
  std::optional<std::pair<dataset, dataset>> parts;
  if (options.validation_split > 0) parts.emplace(data.split(options.validation_split));
  dataset const& train = parts ? parts->first : data;
  if (train.size() == 0) throw error("fit: there are no samples to train on");

  random_engine rng{options.seed};
  thread_team team{options.threads};
  progress shown{options.show, options.epochs};
  auto const figures = [](evaluation const& e, char const* prefix) {
    std::string text = filled("{}loss {:.4f}", prefix, e.loss);
    if constexpr (has_classes<Loss>)
      text += filled("  {}accuracy {:.4f}", prefix, e.accuracy());
    return text;
  };

  std::vector<epoch_report> history;
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    epoch_report report;
    report.epoch = epoch;
    evaluation& seen = report.training;
    shown.begin_epoch(epoch, train.size());
    double sum = 0;
    auto range = options.shuffle ? batches(train, options.batch_size, rng)
                                 : batches(train, options.batch_size);
    for (auto const& batch : range) {
      step_report const step = train_step<Samples>(m, optimizer, loss, batch, &team);
      sum += step.loss * step.samples;
      seen.samples += step.samples;
      seen.loss = sum / seen.samples;
      if constexpr (has_classes<Loss>)
        seen.correct += count_correct(step.predictions, batch.targets());
      shown.advance(seen.samples, figures(seen, ""));
    }
    report.seconds = shown.seconds();
    std::string text = figures(seen, "");
    if (parts) {
      report.validation = detail::validate<Samples>(m, optimizer, loss, parts->second, team);
      text += "  " + figures(*report.validation, "validation ");
    }
    shown.end_epoch(seen.samples, text);
    history.push_back(report);
  }
  return history;
}

}  // namespace etch
