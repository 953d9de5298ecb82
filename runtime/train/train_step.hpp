#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "../../codegen/kernels/elementwise/all_finite.hpp"
#include "../data/data_rule.hpp"
#include "../function_ref.hpp"
#include "../infer/denormals.hpp"
#include "../infer/misuse.hpp"
#include "not_finite.hpp"
#include "table_gradients.hpp"
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
/// greater part. What is computed does not depend on it.
template <auto Net>
constexpr int group_size() {
  long long activations = 0, weights = 0;
  for (layer_cost const& l : facts<Net>::layers) {
    activations += 4ll * l.output.elements();
    weights += l.weight_bytes;
  }
  return 64 * activations <= near_second_level_bytes || weights > 8 * activations ? 64 : 16;
}

namespace detail {

/// Throws `error` unless a batch has so many features and targets for each of its samples;
/// `who` was given it.
void check_batch(std::string_view who, int samples, std::size_t features,
                 feature_rule const& rule, std::size_t targets, int targets_each,
                 int least_samples);

/// f(offset, size) for what of these floats belongs to parameters that are not frozen.
void for_each_unfrozen(std::span<parameter_place const> places, std::span<bool const> frozen,
                       int offset, int size, function_ref<void(int, int)> f);

/// The fewest samples that a batch may have: more than one, where a layer measures how they vary.
template <int Samples, auto Net, class Loss>
constexpr int least_samples() {
  return training_plan<Net, Loss, Samples == 0 ? group_size<Net>() : Samples>::value.least_samples;
}

/// One gradient computation: memory, and what each of the threads does with its share of a batch. The
/// plan is a training_plan, or one with an output more: the gradients of the inputs.
template <auto Net, class Loss, class Arch, int Samples,
          class Plan = training_plan<Net, Loss, Samples>>
class gradient_run {
 public:
  using plan_type = Plan;
  using network = std::remove_cvref_t<decltype(Net)>;
  static constexpr int input_size = network::input_shape().elements();
  static constexpr int output_size = network::output_shape().elements();
  static constexpr int target_size = Loss::target_rule(network::output_shape()).shape.elements();
  static constexpr int floats = facts<Net>::parameter_floats;

  /// Whether `run` can compute outputs and losses alone, and these are those of inference.
  static constexpr bool can_evaluate = trains_as_it_is<Net> && !plan_type::value.whole_batch &&
                                       last_of_outputs(plan_type::value) >= 0;

  static_assert(plan_type::value.places == facts<Net>::places,
                "etch: while it trains, a layer makes its parameters, or first uses them, in "
                "another way than at inference; make them before it asks for training()");

  /// The threads are those of `team`.
  /// With `touched`, gradients of tables, rows that are found by tokens, are zero between steps, so
  /// that to make and to add them up takes as long as the batch is: find_touched is called before the
  /// threads run, finish or forget behind.
  gradient_run(float_buffer& scratch, gradient_buffer& gradients, int samples,
               thread_team* team = nullptr, touched_lines* touched = nullptr)
      : samples_(samples),
        threads_(team == nullptr ? 1 : team->size()),
        team_(team),
        touched_(touched) {
    // One thread has what is shared for itself, as the plan says; several have it behind their own.
    constexpr auto const& plan = plan_type::value;
    bool const alone = threads_ == 1;
    if (plan.whole_batch) {
      capacity_ = aligned((samples - 1) / threads_ + 1);
      team_capacity_ = aligned(samples);
    }
    before_batch_ = plan.derived + aligned(plan.workspace) - (alone ? 0 : plan.shared);
    per_thread_ = before_batch_ + (plan.batch - (alone ? 0 : plan.shared_batch)) * capacity_;
    shared_before_batch_ = alone ? 0 : std::ptrdiff_t{plan.shared} * threads_;
    std::ptrdiff_t const of_team =
        alone ? 0 : shared_before_batch_ + plan.shared_batch * team_capacity_;
    std::ptrdiff_t const outputs = aligned(predicted()), losses = aligned(samples);
    auto const wanted =
        static_cast<std::size_t>(outputs + losses + per_thread_ * threads_ + of_team);
    if (scratch.size() < wanted) scratch.resize(wanted);
    // What others leave in a gradient that is to be zero is given up.
    bool const keeps_zeros = touched != nullptr && scatters.count > 0;
    gradients.resize(static_cast<std::size_t>(floats) * static_cast<std::size_t>(threads_),
                     keeps_zeros ? static_cast<void const*>(&scatters) : &stretches);
    gradients_ = {gradients.floats.data(), floats, threads_};
    predictions_ = scratch.data();
    losses_ = predictions_ + outputs;
    memory_ = losses_ + losses;
    shared_ = memory_ + per_thread_ * threads_;
  }

  /// What follows from the parameters alone, once a step before `run`. Each thread has a copy of
  /// its own: to make all of it costs less than to read what another processor has written.
  void prepare(int t, float const* parameters) const {
    buffers b;
    b.parameters = parameters;
    b.derived = derived(t);
    run_prologue<Arch, plan_type>(b);
  }

  /// Which rows of tables the batch has, of which x is the input.
  void find_touched([[maybe_unused]] float const* x) const {
    if constexpr (scatters.count > 0)
      scatters.find(*touched_,
                    {reinterpret_cast<std::int32_t const*>(x),
                     static_cast<std::size_t>(samples_) * input_size},
                    floats);
  }

  float* gradients(int thread) const { return gradients_.of(thread); }
  std::span<float const> losses() const { return {losses_, static_cast<std::size_t>(samples_)}; }
  std::span<float const> predictions() const {
    return {predictions_, static_cast<std::size_t>(predicted())};
  }
  double loss() const {
    double sums[8] = {};  // one alone would wait for each addition
    int i = 0;
    for (; i + 8 <= samples_; i += 8)
      for (int k = 0; k < 8; ++k) sums[k] += static_cast<double>(losses_[i + k]);
    for (; i < samples_; ++i) sums[0] += static_cast<double>(losses_[i]);
    for (int k = 1; k < 8; ++k) sums[0] += sums[k];
    return sums[0] / samples_;
  }

  /// What thread `t` does of the batch, in rounds of as many samples as the threads take at once, or
  /// in one where a sample's results depend on the whole batch. Its samples follow from their number
  /// alone, so that a batch gives the same sums every time.
  void run(int t, float const* parameters, float const* x, float const* target, random_key key,
           bool forward_only = false, [[maybe_unused]] float* by_inputs = nullptr) const {
    share const mine{t, threads_};
    int const round = plan_type::value.whole_batch ? samples_ : Samples * threads_;
    for (int first = 0, together = 0; first < samples_; first += together) {
      together = std::min(round, samples_ - first);
      int const s = first + mine.begin(together);
      float const* const inputs[]{later(x, std::ptrdiff_t{s} * input_size),
                                  target + std::ptrdiff_t{s} * target_size};
      auto const outputs = [&] {
        float* const prediction = predictions_ + std::ptrdiff_t{s} * output_size;
        if constexpr (requires { Plan::gives_inputs; })
          return std::array{prediction, losses_ + s, by_inputs + std::ptrdiff_t{s} * input_size};
        else return std::array{prediction, losses_ + s};
      }();
      buffers b;
      b.inputs = inputs;
      b.outputs = outputs.data();
      b.parameters = parameters;
      b.gradients = gradients(t);
      b.adds = first > 0;
      b.tables_are_zero = touched_ != nullptr;
      b.forward_only = forward_only;
      b.derived = derived(t);
      b.workspace = b.derived + plan_type::value.derived;
      b.batch = b.derived + before_batch_;
      b.capacity = capacity_;
      b.random = key;
      b.random.first_sample += static_cast<std::uint32_t>(s);
      int const count = mine.end(together) - mine.begin(together);
      if (count == 0 && first == 0) clear_gradients(t);
      if constexpr (has_team(plan_type::value)) {
        b.team = {mine,
                  s - first,
                  together,
                  shared_,
                  shared_ + shared_before_batch_,
                  team_capacity_,
                  gradients(0),
                  [](void* team) { static_cast<thread_team*>(team)->wait_for_all(); },
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
  /// stretch of parameters that are not frozen, and hands each trainable range to `update` and each
  /// state to `move`: block by block, while a block is in the cache. Of tables, with
  /// `skips_untouched`, only what the batch has touched.
  template <class Update, class Move>
  void finish(int t, std::span<bool const> frozen, bool skips_untouched, Update update,
              Move move) const {
    share const mine{t, threads_};
    for (int i = 0; i < stretches.count; ++i) {
      stretch const& part = stretches.all[static_cast<std::size_t>(i)];
      bool const sparse = is_sparse(part);
      auto const change_all = [&](int offset, int size) {
        int const end = offset + mine.end(size / 16) * 16;
        for (int first = offset + mine.begin(size / 16) * 16; first < end; first += update_block) {
          int const count = std::min(update_block, end - first);
          if (!part.summed_together && !sparse) gradients_.add_up(first, count);
          if (part.trainable)
            update(gradients(0), first, count);
          else
            move(gradients(0), first, count, part.momentum);
        }
      };
      auto const change_rows = [&](int offset, int size) {
        if constexpr (scatters.count > 0) {
          if (skips_untouched) {
            for_each_touched(part_of(*touched_, mine), offset, offset + size,
                             [&](int first, int count) {
                               gradients_.take_up(first, count);
                               update(gradients(0), first, count);
                               gradients_.clear(0, first, count);
                             });
            return;
          }
          int const begin = offset + mine.begin(size / 16) * 16;
          int const end = offset + mine.end(size / 16) * 16;
          for_each_touched(touched_->all(), begin, end, [&](int first, int count) {
            gradients_.take_up(first, count);
          });
          change_all(offset, size);
          for_each_touched(touched_->all(), begin, end, [&](int first, int count) {
            gradients_.clear(0, first, count);
          });
        }
      };
      auto const change = [&](int offset, int size) {
        if (sparse) change_rows(offset, size);
        else change_all(offset, size);
      };
      for_each_unfrozen(facts<Net>::places, frozen, part.offset, part.size, change);
    }
    if (scatters.count > 0 && touched_ != nullptr) forget(t, frozen);
  }

  /// Clears what this thread has of the gradients of tables that are frozen or, without `frozen`, of
  /// all, where no update is made.
  void forget(int t, std::span<bool const> frozen = {}) const {
    if constexpr (scatters.count > 0)
      for (std::size_t i = 0; i < facts<Net>::places.size(); ++i) {
        parameter_place const& place = facts<Net>::places[i];
        if (!frozen.empty() && !frozen[i]) continue;
        if (scatters.has(place.offset))
          for_each_touched(touched_->all(), place.offset, place.offset + place.size,
                           [&](int first, int count) { gradients_.clear(t, first, count); });
      }
  }

 private:
  /// Parameters that follow each other and are treated alike: a call for each of the small ones
  /// would take longer than its update.
  struct stretch {
    int offset = 0, size = 0;
    bool trainable = true, summed_together = false;
    bool scattered = false;  // the gradient of a table
    float momentum = 0;

    constexpr bool is_treated_as(stretch const& other) const {
      return trainable && other.trainable && summed_together == other.summed_together &&
             scattered == other.scattered;
    }
  };
  struct stretch_list {
    std::array<stretch, facts<Net>::places.size() + 1> all{};
    int count = 0;
  };

  static constexpr auto const& scatters = scatters_of<plan_type>;
  static constexpr stretch_list stretches = [] {
    stretch_list list;
    for (std::size_t i = 0; i < facts<Net>::places.size(); ++i) {
      auto const& place = facts<Net>::places[i];
      auto const& parameter = facts<Net>::parameters[i];
      if (parameter.frozen) continue;
      stretch const next{place.offset,
                         place.size,
                         parameter.trainable,
                         passes::is_summed_together(plan_type::value, place),
                         scatters.has(place.offset),
                         static_cast<float>(parameter.momentum)};
      stretch& last = list.all[static_cast<std::size_t>(std::max(0, list.count - 1))];
      if (list.count > 0 && last.offset + last.size == next.offset && last.is_treated_as(next))
        last.size += next.size;
      else
        list.all[static_cast<std::size_t>(list.count++)] = next;
    }
    return list;
  }();

  /// Whether the gradient is zero between steps.
  bool is_sparse(stretch const& part) const {
    return scatters.count > 0 && part.scattered && touched_ != nullptr;
  }

  /// Of a thread that has no samples.
  void clear_gradients(int thread) const {
    for (int i = 0; i < stretches.count; ++i)
      if (stretch const& part = stretches.all[static_cast<std::size_t>(i)];
          !part.summed_together && !is_sparse(part))
        gradients_.clear(thread, part.offset, part.size);
  }

  /// A count of floats, rounded up so that what is behind them is aligned.
  static constexpr std::ptrdiff_t aligned(std::ptrdiff_t count) { return (count + 15) / 16 * 16; }

  /// Floats of all predictions.
  std::ptrdiff_t predicted() const { return std::ptrdiff_t{samples_} * output_size; }
  float* derived(int thread) const {
    return memory_ + per_thread_ * thread;
  }

  int samples_, threads_;
  thread_team* team_;
  touched_lines* touched_;
  std::ptrdiff_t capacity_ = 0, team_capacity_ = 0;  // samples of a whole batch that a thread, or
                                                     // all of them together, have room for
  std::ptrdiff_t per_thread_;         // floats of each thread's memory,
  std::ptrdiff_t before_batch_;       // and of what stands before that which grows with the batch
  std::ptrdiff_t shared_before_batch_;  // the same of the shared memory
  float* predictions_;
  float* losses_;
  float* memory_;
  float* shared_;
  team_gradients gradients_;
};

/// What a training step looks at before it is made: what is said of the loss, and its plan, by which
/// `Samples` are computed together or as many as group_size says.
template <int Samples, class Model, class Loss>
struct training_call {
  static constexpr auto net = network_of<Model>;
  using said = loss_said<Loss, std::remove_const_t<decltype(net)>>;
  using source = training_source<net, Loss, Samples == 0 ? group_size<net>() : Samples>;
};

/// Throws `error` unless samples are as a step takes them.
template <class Arch, data_rule Rule, class Number>
void check_samples(std::string_view who, int samples, std::span<Number const> inputs,
                   std::span<float const> targets, int least_samples) {
  check_batch(who, samples, inputs.size(), Rule, targets.size(), Rule.targets, least_samples);
  [[maybe_unused]] auto const check = [&](std::span<float const> given, char const* what) {
    if (!kernels::all_finite<Arch>(given.data(), given.size())) check_finite(who, given, what);
  };
  if constexpr (Rule.element == element_type::int32) check_tokens(who, inputs, Rule);
  else check(inputs, "features");
  if constexpr (Rule.values == target_values::any) check(targets, "targets");
  else check_targets(who, targets, Rule.values, Rule.classes);
}

/// The step of a network that can be trained, on data that were checked. One whose loss is not
/// finite makes no update, and ends with an `error`.
template <int Samples, auto Net, class Arch, class Optimizer, class Loss, class Batch>
step_report take_step(model<Net, Arch>& m, Optimizer& optimizer, Loss, Batch const& batch,
                      thread_team* team, step_place where = {}) {
  constexpr int together = Samples > 0 ? Samples : group_size<Net>();
  using run_type = gradient_run<Net, Loss, Arch, together>;
  int const samples = batch.size();
  if (samples == 0) return {};

  flush_denormals const guard;
  auto const inputs = inputs_of<std::remove_cvref_t<decltype(Net)>>(batch);
  float const* const x = input_data(inputs.data());
  run_type const run(optimizer.scratch, optimizer.gradients, samples, team, &optimizer.touched);
  run.find_touched(x);
  optimizer.follow(m.identity());
  optimizer.begin_step(static_cast<std::size_t>(run_type::floats));
  random_key const key{.seed = 0, .step = static_cast<std::uint32_t>(optimizer.steps())};
  float* const p = m.weights();
  float const scale = 1.0f / static_cast<float>(samples);
  double loss = 0;
  auto const work = [&](int t) {
    flush_denormals const here;
    run.prepare(t, p);
    run.run(t, p, x, batch.targets().data(), key);
    run.wait_for_all();
    double const mean_loss = run.loss();  // the same for every thread
    if (t == 0) loss = mean_loss;
    if (!is_finite(mean_loss)) return run.forget(t);
    bool skips = false;
    if constexpr (requires { optimizer.skips_untouched(); }) skips = optimizer.skips_untouched();
    run.finish(
        t, m.frozen(), skips,
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
  if (!is_finite(loss)) {
    optimizer.undo_step();
    using constant = loss_constant<Net, Loss>;
    failed_step failed{constant::view(), constant::loss, Loss::kind,   list_of<Net>(), p, {}, {},
                       batch.targets(),  run.losses(),   loss,         key};
    if constexpr (std::is_same_v<decltype(inputs), std::span<float const> const>)
      failed.features = inputs;
    else
      failed.tokens = inputs;
    fail_not_finite(where, failed);
  }
  m.refresh();
  return {samples, loss, run.predictions()};
}

}  // namespace detail

/// One step of training: the gradient of the mean loss over the batch, and the optimizer's update.
/// `batch` has size(), features() and targets(), samples one after the other. Statistics of the batch
/// (batch_norm) are those of all its samples, however many threads share them. Up to `Samples` are
/// computed together, or as many as group_size says, which decides the speed alone. With a team, each
/// thread takes a share; the result depends on their number by rounding, not on timing. Throws
/// `error` if features or targets are not as many as the samples take, if these are too few for the
/// statistics of a layer, or if targets are none of the loss: no classes of cross_entropy, or outside
/// 0 to 1 for binary_cross_entropy. What is not finite is an `error` too: features and targets, and
/// the loss, where it names the parameters or the first layer that makes it so. An error leaves model
/// and optimizer as they were. (Gradients may be infinite where the loss is not; the next step finds
/// the parameters so.)
template <int Samples = 0, class Model, class Optimizer = detail::left_out const,
          class Loss = detail::left_out, class Batch = detail::left_out>
step_report train_step(
    Model& m, Optimizer& optimizer = detail::not_given<detail::call::train_step, Model>(),
    Loss loss = detail::not_given<detail::call::train_step, Model>(),
    Batch const& batch = detail::not_given<detail::call::train_step, Model>(),
    thread_team* team = nullptr) {
  using call = detail::training_call<Samples, Model, Loss>;
  using said = typename call::said;
  constexpr detail::misuse why = detail::misuse_of_training<Model, Optimizer, Batch>();
  if constexpr (std::is_same_v<Batch, detail::left_out>) {
    return {};
  } else if constexpr (!detail::is_allowed<why, Model, Optimizer, Batch>()) {
    return {};
  } else if constexpr (!said::fits) {
    using shown [[maybe_unused]] = typename said::complaint::network;
    return {};
  } else if constexpr (is_rejected<decltype(detail::usable<call::net, typename call::source>())>) {
    return {};
  } else {
    using arch = typename Model::arch_type;
    constexpr auto rule = detail::rule_of<Loss, typename Model::network_type>();
    auto const inputs = detail::inputs_of<typename Model::network_type>(batch);
    detail::check_samples<arch, rule>("train_step", batch.size(), inputs, batch.targets(),
                                      detail::least_samples<Samples, call::net, Loss>());
    return detail::take_step<Samples>(m, optimizer, loss, batch, team);
  }
}

}  // namespace etch
