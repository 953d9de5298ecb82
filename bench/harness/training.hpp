#pragma once

#include <cmath>
#include <tuple>

#include "../../dsl/losses.hpp"
#include "../../runtime/data/batches.hpp"
#include "../../runtime/train/train_step.hpp"
#include "network.hpp"

/// Rows of training: whole steps, gradients and update, on batches that take turns.
namespace benches {

/// Labels 0 to classes - 1 for cross entropy, numbers for anything else.
template <auto Net, class Loss>
buffer_list targets_for(int batch) {
  int const each = Loss::target_rule(network_type<Net>::output_shape()).shape.elements();
  auto all = inputs(static_cast<std::size_t>(batch * each), 200);
  if constexpr (std::is_same_v<Loss, etch::losses::cross_entropy>)
    for (auto& b : all)
      for (std::size_t i = 0; i < b.size(); ++i)
        b.data()[i] = std::floor((b.data()[i] + 0.5f) *
                                 static_cast<float>(network_type<Net>::output_shape().last()));
  return all;
}

/// The mean cross entropy of logits.
inline float cross_entropy_of(std::vector<float> const& logits, float_buffer const& labels) {
  std::size_t const classes = logits.size() / labels.size();
  double sum = 0;
  for (std::size_t s = 0; s < labels.size(); ++s) {
    double total = 0;
    for (std::size_t c = 0; c < classes; ++c)
      total += std::exp(static_cast<double>(logits[s * classes + c]));
    sum += std::log(total) -
           static_cast<double>(logits[s * classes + static_cast<std::size_t>(labels.data()[s])]);
  }
  return static_cast<float>(sum / static_cast<double>(labels.size()));
}

template <auto Net, class Loss, int Batch>
task training_task(std::string const& name, int threads) {
  task t{name};
  static constexpr int together = etch::group_size<Net>();
  static constexpr auto const& plan = etch::training_plan<Net, Loss, together>::value;
  for (etch::step const& s : plan.steps)
    if (etch::multiplies(s)) {
      // a gradient that comes from a pooled one has to multiply with that alone
      etch::pool_window pooled;
      if (auto const* dx = etch::get_if<etch::primitive::contract_dx>(plan, s)) pooled = dx->pooled;
      if (auto const* dw = etch::get_if<etch::primitive::contract_dw>(plan, s)) pooled = dw->pooled;
      t.work.multiply_adds += static_cast<double>(Batch) / (pooled.height * pooled.width) *
                              static_cast<double>(etch::window_of(plan, s).multiply_adds());
    }
  t.work.read = 4.0 * (etch::facts<Net>::parameter_floats + Batch * input_floats<Net>);
  t.items = Batch;
  t.one_thread = threads == 1;
  return t;
}

/// `checked`: the first loss is that of the network's outputs, as it is without dropout or batch
/// statistics; it is compared.
template <auto Net, int Batch, class Loss, class Optimizer>
task add_training_row(std::string const& network, std::string const& optimizer_name, Loss loss,
                      Optimizer optimizer, std::shared_ptr<subject<Net>> s,
                      std::shared_ptr<buffer_list> targets, int threads, bool checked) {
  task t = training_task<Net, Loss, Batch>("train/" + network + "/" + optimizer_name +
                                               "/batch:" + std::to_string(Batch) +
                                               "/threads:" + std::to_string(threads),
                                           threads);
  if (checked)
    t.expected = [s, targets] {
      return std::vector{cross_entropy_of(s->expected(), (*targets)[0])};
    };
  add_row(t, "etch", [=] {
    struct state {
      etch::model<Net> model;
      Optimizer optimizer;
      std::unique_ptr<etch::thread_team> team;
      float loss = 0;
    };
    auto const m = std::make_shared<state>(state{
        s->model, optimizer, threads > 1 ? std::make_unique<etch::thread_team>(threads) : nullptr});
    if (m->team) m->team->run([](int index) { pin_thread(index); });
    auto const step = [=](int i) {
      auto const& [x, y] = std::tie(s->x[i], (*targets)[i]);
      etch::batch<0> const b{Batch, {x.data(), x.size()}, {y.data(), y.size()}};
      m->loss =
          static_cast<float>(etch::train_step(m->model, m->optimizer, loss, b, m->team.get()).loss);
    };
    return make_job(step, [m] { return std::vector{m->loss}; });
  });
  return t;
}

}  // namespace benches
