#pragma once

#include <algorithm>
#include <span>

#include "../dsl/losses/check.hpp"
#include "data_rule.hpp"
#include "denormals.hpp"
#include "model.hpp"
#include "thread_team.hpp"

namespace etch {

/// What a training step measured, before its update.
struct step_report {
  int samples = 0;
  double loss = 0;                     // mean over the samples
  std::span<float const> predictions;  // of each sample; valid until the next step
};

/// How many samples a training step computes together unless it is told: as many as keep what they
/// compute near the second-level cache, but 64 where the weights, read anew for each group, are the
/// greater part, and where layers measure the batch.
template <auto Net>
constexpr int group_size() {
  constexpr long long near = 5 << 20;  // bytes
  long long activations = 0, weights = 0;
  for (layer_cost const& l : facts<Net>::layers) {
    activations += 4ll * l.output.elements();
    weights += l.weight_bytes;
  }
  for (parameter_info const& p : facts<Net>::parameters)
    if (!p.trainable) return 64;
  return 64 * activations <= near || weights > 8 * activations ? 64 : 16;
}

namespace detail {

/// Throws `error` unless a batch has so many features and targets for each of its samples.
void check_batch(int samples, std::size_t features, int features_each, std::size_t targets,
                 int targets_each);

/// One gradient computation: memory, and what each of the threads does with its share of a batch.
template <auto Net, class Loss, class Arch, int Samples>
class gradient_run {
 public:
  using plan_type = training_plan<Net, Loss, Samples>;
  using network = std::remove_cvref_t<decltype(Net)>;
  static constexpr int input_size = network::input_shape().elements();
  static constexpr int output_size = network::output_shape().elements();
  static constexpr int target_size = Loss::target_rule(network::output_shape()).shape.elements();
  static constexpr int floats = facts<Net>::parameter_floats;

  /// Whether `run` can compute outputs and losses alone, and these are those of inference.
  static constexpr bool can_evaluate =
      trains_as_it_is<Net> && last_of_outputs(plan_type::value) >= 0;

  static_assert(plan_type::value.places == facts<Net>::places,
                "etch: while it trains, a layer makes its parameters, or first uses them, in "
                "another way than at inference; make them before it asks for training()");

  /// The threads are those of `team`.
  gradient_run(float_buffer& scratch, gradient_buffer& gradients, int samples,
               thread_team* team = nullptr)
      : samples_(samples), threads_(team == nullptr ? 1 : team->size()), team_(team) {
    auto const aligned = [](std::size_t count) { return (count + 15) / 16 * 16; };
    std::size_t const outputs = aligned(predicted());
    std::size_t const losses = aligned(static_cast<std::size_t>(samples));
    std::size_t const wanted =
        outputs + losses + (per_thread + shared) * static_cast<std::size_t>(threads_);
    if (scratch.size() < wanted) scratch.resize(wanted);
    gradients.resize(static_cast<std::size_t>(floats) * static_cast<std::size_t>(threads_),
                     &plan_type::value);
    gradients_ = gradients.floats.data();
    predictions_ = scratch.data();
    losses_ = predictions_ + outputs;
    memory_ = losses_ + losses;
    shared_ = memory_ + per_thread * static_cast<std::size_t>(threads_);
  }

  /// What follows from the parameters alone, once a step before `run`. Each thread has a copy of
  /// its own: to make all of it costs less than to read what another processor has written.
  void prepare(int t, float const* parameters) const {
    buffers b;
    b.parameters = parameters;
    b.derived = derived(t);
    run_prologue<Arch, plan_type>(b);
  }

  float* gradients(int thread) const { return gradients_ + std::ptrdiff_t{thread} * floats; }
  std::span<float const> predictions() const { return {predictions_, predicted()}; }
  double loss() const {
    double sums[8] = {};  // one alone would wait for each addition
    int i = 0;
    for (; i + 8 <= samples_; i += 8)
      for (int k = 0; k < 8; ++k) sums[k] += static_cast<double>(losses_[i + k]);
    for (; i < samples_; ++i) sums[0] += static_cast<double>(losses_[i]);
    for (int k = 1; k < 8; ++k) sums[0] += sums[k];
    return sums[0] / samples_;
  }

  /// What thread `t` does of the batch, in rounds of as many samples as the threads take at once.
  /// Its samples follow from their number alone, so that a batch gives the same sums every time.
  void run(int t, float const* parameters, float const* x, float const* target, random_key key,
           bool forward_only = false) const {
    share const mine{t, threads_};
    for (int first = 0, together = 0; first < samples_; first += together) {
      together = std::min(Samples * threads_, samples_ - first);
      int const s = first + mine.begin(together);
      float const* const inputs[]{x + std::ptrdiff_t{s} * input_size,
                                  target + std::ptrdiff_t{s} * target_size};
      float* const outputs[]{predictions_ + std::ptrdiff_t{s} * output_size, losses_ + s};
      buffers b;
      b.inputs = inputs;
      b.outputs = outputs;
      b.parameters = parameters;
      b.gradients = gradients(t);
      b.adds = first > 0;
      b.forward_only = forward_only;
      b.derived = derived(t);
      b.workspace = b.derived + plan_type::value.derived;
      b.random = key;
      b.random.first_sample += static_cast<std::uint32_t>(s);
      int const count = mine.end(together) - mine.begin(together);
      if (count == 0 && first == 0) clear_gradients(t);
      if constexpr (has_team(plan_type::value)) {
        b.team = {mine,         s - first,
                  together,     shared_,
                  gradients(0), [](void* team) { static_cast<thread_team*>(team)->wait_for_all(); },
                  team_};
        if (first > 0) wait_for_all();
        run_plan<Arch, plan_type>(b, count);
      } else if (count > 0) {
        run_plan<Arch, plan_type>(b, count);
      }
    }
  }

  /// To be called by every thread between run and finish.
  void wait_for_all() const {
    if (threads_ > 1) team_->wait_for_all();
  }

  /// Adds up the gradients of all threads, in their order, for the share of thread `t` in each
  /// stretch of parameters, and hands each trainable range to `update` and each state to `move`:
  /// block by block, while a block is in the cache.
  template <class Update, class Move>
  void finish(int t, Update update, Move move) const {
    constexpr int block = 4096;
    share const mine{t, threads_};
    for (int i = 0; i < stretches.count; ++i) {
      stretch const& part = stretches.all[static_cast<std::size_t>(i)];
      int const end = part.offset + mine.end(part.size / 16) * 16;
      int const sums = part.summed_together ? 1 : threads_;
      for (int first = part.offset + mine.begin(part.size / 16) * 16; first < end; first += block) {
        int const count = std::min(block, end - first);
        float* const sum = gradients(0) + first;
        for (int other = 1; other < sums; ++other) {
          float const* const g = gradients(other) + first;
          for (int k = 0; k < count; ++k) sum[k] += g[k];
        }
        if (part.trainable)
          update(gradients(0), first, count);
        else
          move(gradients(0), first, count, part.momentum);
      }
    }
  }

 private:
  static constexpr std::size_t shared = static_cast<std::size_t>(plan_type::value.shared);
  static constexpr std::size_t per_thread =
      static_cast<std::size_t>(plan_type::value.derived) +
      static_cast<std::size_t>(round_up(plan_type::value.workspace, 16)) - shared;

  /// Parameters that follow each other and are treated alike: a call for each of the small ones
  /// would take longer than its update.
  struct stretch {
    int offset = 0, size = 0;
    bool trainable = true, summed_together = false;
    float momentum = 0;
  };
  struct stretch_list {
    std::array<stretch, facts<Net>::places.size() + 1> all{};
    int count = 0;
  };
  static constexpr stretch_list stretches = [] {
    stretch_list list;
    for (std::size_t i = 0; i < facts<Net>::places.size(); ++i) {
      auto const& place = facts<Net>::places[i];
      auto const& parameter = facts<Net>::parameters[i];
      stretch const next{place.offset, place.size, parameter.trainable,
                         passes::is_summed_together(plan_type::value, place),
                         static_cast<float>(parameter.momentum)};
      stretch& last = list.all[static_cast<std::size_t>(std::max(0, list.count - 1))];
      if (list.count > 0 && last.offset + last.size == next.offset && last.trainable &&
          next.trainable && last.summed_together == next.summed_together)
        last.size += next.size;
      else
        list.all[static_cast<std::size_t>(list.count++)] = next;
    }
    return list;
  }();

  /// Of a thread that has no samples.
  void clear_gradients(int thread) const {
    for (int i = 0; i < stretches.count; ++i)
      if (stretch const& part = stretches.all[static_cast<std::size_t>(i)]; !part.summed_together)
        std::fill_n(gradients(thread) + part.offset, part.size, 0.0f);
  }

  /// Floats of all predictions.
  std::size_t predicted() const {
    return static_cast<std::size_t>(samples_) * static_cast<std::size_t>(output_size);
  }
  float* derived(int thread) const {
    return memory_ + per_thread * static_cast<std::size_t>(thread);
  }

  int samples_, threads_;
  thread_team* team_;
  float* predictions_;
  float* losses_;
  float* memory_;
  float* shared_;
  float* gradients_;
};

/// Whether a network can be trained with this loss; if not, one error says why.
template <auto Net, class Loss>
constexpr auto can_train() {
  using network = std::remove_cvref_t<decltype(Net)>;
  constexpr bool simple = network::input_count() == 1 && network::output_count() == 1;
  static_assert(simple, "etch: train_step takes a network with one input and one output");
  if constexpr (simple) return loss_fits<Loss, network>();
  else return false;
}

/// The step of a network that can be trained, on data that were checked.
template <int Samples, auto Net, class Arch, class Optimizer, class Loss, class Batch>
step_report take_step(model<Net, Arch>& m, Optimizer& optimizer, Loss, Batch const& batch,
                      thread_team* team) {
  constexpr int together = Samples > 0 ? Samples : group_size<Net>();
  using run_type = gradient_run<Net, Loss, Arch, together>;
  int const samples = batch.size();
  if (samples == 0) return {};

  flush_denormals const guard;
  run_type const run(optimizer.scratch, optimizer.gradients, samples, team);
  optimizer.follow(m.identity());
  optimizer.begin_step(static_cast<std::size_t>(run_type::floats));
  random_key const key{.seed = 0, .step = static_cast<std::uint32_t>(optimizer.steps())};
  float* const p = m.weights();
  float const scale = 1.0f / static_cast<float>(samples);
  auto const work = [&](int t) {
    flush_denormals const here;
    run.prepare(t, p);
    run.run(t, p, batch.features().data(), batch.targets().data(), key);
    run.wait_for_all();
    run.finish(
        t,
        [&](float const* g, int first, int count) {
          optimizer.template update<Arch>(p, g, static_cast<std::size_t>(first),
                                          static_cast<std::size_t>(count), scale);
        },
        [&](float const* measured, int first, int count, float momentum) {
          auto const factor = simd::broadcast<Arch>(momentum);
          auto const mean = simd::broadcast<Arch>(scale);
          for (int i = first; i < first + count; i += Arch::width) {  // whole vectors, as updates
            auto const old = simd::load<Arch>(p + i);
            auto const change = simd::fma(simd::load<Arch>(measured + i), mean, -old);
            simd::store(p + i, simd::fma(factor, change, old));
          }
        });
  };
  if (team == nullptr)
    work(0);
  else
    team->run(work);
  m.refresh();
  return {samples, run.loss(), run.predictions()};
}

}  // namespace detail

/// One step of training: the gradient of the mean loss over the batch, and the optimizer's update.
/// `batch` has size(), features() and targets(), samples one after the other. Up to `Samples` are
/// computed together, or as many as group_size says; batch statistics (batch_norm) are those of
/// such a group. With a team, each thread takes a share; the result depends on their number, not on
/// timing. Throws `error` if features or targets are not as many as the samples take, or if targets
/// are none of the loss: no classes of cross_entropy, or outside 0 to 1 for binary_cross_entropy.
template <int Samples = 0, auto Net, class Arch, class Optimizer, class Loss, class Batch>
step_report train_step(model<Net, Arch>& m, Optimizer& optimizer, Loss loss, Batch const& batch,
                       thread_team* team = nullptr) {
  if constexpr (detail::can_train<Net, Loss>()) {
    constexpr auto rule = detail::rule_of<Loss, std::remove_cvref_t<decltype(Net)>>();
    detail::check_batch(batch.size(), batch.features().size(), rule.features,
                        batch.targets().size(), rule.targets);
    detail::check_targets("train_step", batch.targets(), rule.values, rule.classes);
    return detail::take_step<Samples>(m, optimizer, loss, batch, team);
  } else {
    return {};
  }
}

}  // namespace etch
