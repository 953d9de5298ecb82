#include "fit.hpp"

#include <string>
#include <utility>

#include "../error.hpp"
#include "option_faults.hpp"

namespace etch::detail {

namespace {

/// `loss 0.1234  accuracy 0.9876`.
std::string figures_text(evaluation const& e, bool has_classes, char const* prefix = "") {
  std::string text = filled("{}loss {:.4f}", prefix, e.loss);
  if (has_classes) text += filled("  {}accuracy {:.4f}", prefix, e.accuracy());
  return text;
}

}  // namespace

std::vector<epoch_report> fit(fit_network const& net, dataset const& data,
                              fit_options const& options) {
  double const kept = options.validation_split;
  int const least = net.least_samples;
  std::string const batch_rule =
      filled("at least {}{}", least, least > 1 ? " (batch_norm measures how values vary)" : "");
  option_faults{"fit"}
      .expect(options.epochs >= 1, "epochs", "at least 1", options.epochs)
      .expect(options.batch_size >= least, "batch_size", batch_rule, options.batch_size)
      .expect(options.threads >= 1, "threads", "at least 1", options.threads)
      .expect(kept >= 0 && kept < 1, "validation_split", "at least 0 and below 1", kept)
      .raise();
  check_data("fit", data, net.rule);
  bool const has_classes = net.rule.classes > 0;
  std::optional<std::pair<dataset, dataset>> parts;
  if (options.validation_split > 0) parts.emplace(data.split(options.validation_split));
  dataset const& train = parts ? parts->first : data;
  if (train.size() == 0) throw error("fit: there are no samples to train on");

  thread_team team{options.threads};
  progress shown{options.show, options.epochs};
  std::vector<epoch_report> history;
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    epoch_report report;
    report.epoch = epoch;
    evaluation& seen = report.training;
    shown.begin_epoch(epoch, train.size());
    double sum = 0;
    random_engine rng{options.seed, static_cast<std::uint64_t>(net.steps())};
    auto range = options.shuffle ? batches(train, options.batch_size, rng, net.least_samples)
                                 : batches(train, options.batch_size, net.least_samples);
    int number = 0;
    for (auto const& batch : range) {
      step_report const step = net.step(batch, team, {epoch, ++number});
      sum += step.loss * step.samples;
      seen.samples += step.samples;
      seen.loss = sum / seen.samples;
      count_labels(seen, net.rule, step.predictions, batch.targets());
      shown.advance(seen.samples, figures_text(seen, has_classes));
    }
    if (find_not_finite(net.weights))
      throw error("fit: epoch {}: a step left parameters that are not finite numbers:{}", epoch,
                  describe_not_finite(net.parameters, net.weights.data()));
    report.seconds = shown.seconds();
    std::string text = figures_text(seen, has_classes);
    if (parts) {
      report.validation = net.validate(parts->second, team);
      text += "  " + figures_text(*report.validation, has_classes, "validation ");
    }
    shown.end_epoch(seen.samples, text);
    history.push_back(report);
  }
  return history;
}

}  // namespace etch::detail
