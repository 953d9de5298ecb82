#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "../error.hpp"
#include "train_step.hpp"

namespace etch {

namespace detail {

template <auto Net, class Loss, int Samples>
struct gradient_source {
  static constexpr int samples = Samples;
  static constexpr graph write() { return training_graph(Net, Loss{}, true); }
  static constexpr plan make() { return lower(write(), Samples, true); }
};
/// The plan by which a network computes outputs, losses and the gradients of parameters and inputs.
template <auto Net, class Loss, int Samples>
struct gradient_plan {
  static constexpr bool gives_inputs = true;
  static constexpr auto value = freeze<gradient_source<Net, Loss, Samples>>();
};

}  // namespace detail

/// The gradients of the mean loss over some samples, and the memory that `gradient` computes them in:
/// given again, it allocates no more. What it gives is valid until then.
template <auto Net>
class gradients {
 public:
  /// The mean loss over the samples.
  double loss() const { return loss_; }
  /// The outputs for each sample: (samples, output_shape...).
  std::span<float const> predictions() const { return {scratch_.data(), output_floats_}; }
  /// By the inputs: (samples, input_shape...).
  std::span<float const> inputs() const { return {inputs_.data(), input_floats_}; }
  /// By the parameters, which lie as they do in model.weights(), at facts<net>::places: flat, for an
  /// update p -= rate * g of all. It is 0 where nothing is trained: padding, batch statistics, and
  /// what is declared frozen.
  std::span<float const> parameters() const {
    if (parameters_.floats.size() == 0) return {};
    return {parameters_.floats.data(), static_cast<std::size_t>(facts<Net>::parameter_floats)};
  }
  /// By the parameter of this name, row-major in its standard shape. Throws `error` when there is none.
  std::vector<float> get(std::string_view name) const {
    return detail::get(detail::list_of<Net>(), parameters_.floats.data(), name);
  }

  // Used by gradient.
  template <int Samples, class Arch, class Loss>
  void compute(float const* weights, int samples, std::span<float const> x, std::span<float const> y,
               thread_team* team, int step) {
    using plan_type = detail::gradient_plan<Net, Loss, Samples>;
    using run_type = detail::gradient_run<Net, Loss, Arch, Samples, plan_type>;
    flush_denormals const guard;
    run_type const run(scratch_, parameters_, samples, team);
    input_floats_ = x.size();
    if (inputs_.size() < x.size()) inputs_.resize(x.size());
    random_key const key{.seed = 0, .step = static_cast<std::uint32_t>(step)};
    float const scale = 1.0f / static_cast<float>(samples);
    constexpr std::array<bool, facts<Net>::places.size()> none_frozen{};
    auto const work = [&](int t) {
      flush_denormals const here;
      run.prepare(t, weights);
      run.run(t, weights, x.data(), y.data(), key, false, inputs_.data());
      run.wait_for_all();
      run.finish(
          t, none_frozen, false,
          [&](float* g, int first, int count) {
            for (int i = first; i < first + count; ++i) g[i] *= scale;
          },
          [](float* g, int first, int count, float) { std::fill_n(g + first, count, 0.0f); });
    };
    if (team == nullptr) work(0);
    else team->run(work);
    for (float& g : std::span{inputs_.data(), input_floats_}) g *= scale;
    loss_ = run.loss();
    output_floats_ = run.predictions().size();  // which are the first
  }

 private:
  float_buffer scratch_, inputs_;
  gradient_buffer parameters_;
  std::size_t input_floats_ = 0, output_floats_ = 0;
  double loss_ = 0;
};

/// The gradient of the mean loss over some samples by parameters and inputs, for an optimizer of one's
/// own, a map of what an output depends on, or control; the model stays as it is. x holds the inputs,
/// y the targets, sample by sample. Layers compute as in training: batch_norm by the statistics of
/// these samples, dropout by what the training step `step` draws. What a model has frozen has its
/// gradient all the same, but for what is declared `etch::frozen`. Throws `error` for what `train_step`
/// does, but not for a loss that is not finite.
template <int Samples = 0, auto Net, class Arch, class Loss>
void gradient(model<Net, Arch> const& m, Loss, std::span<float const> x, std::span<float const> y,
              gradients<Net>& into, thread_team* team = nullptr, int step = 0) {
  using call = detail::training_call<Samples, model<Net, Arch>, Loss>;
  using said = typename call::said;
  if constexpr (!detail::is_allowed<detail::misuse_of_simple<model<Net, Arch>>(),
                                    model<Net, Arch>>()) {
    return;
  } else if constexpr (!said::fits) {
    using shown [[maybe_unused]] = typename said::complaint::network;
  } else if constexpr (is_rejected<decltype(detail::usable<call::net, typename call::source>())>) {
    return;
  } else {
    constexpr auto rule = detail::rule_of<Loss, typename model<Net, Arch>::network_type>();
    constexpr bool of_floats = rule.element == element_type::float32;
    static_assert(of_floats, "etch: gradient takes a network whose input is floats; train_step trains "
                             "one of tokens");
    if constexpr (of_floats) {
      int const samples = static_cast<int>(x.size() / static_cast<std::size_t>(rule.features));
      if (samples == 0)
        throw error("gradient: expected at least 1 sample, found {} numbers", x.size());
      detail::check_samples<Arch, rule>("gradient", samples, x, y,
                                        detail::least_samples<Samples, call::net, Loss>());
      constexpr int together = Samples > 0 ? Samples : group_size<Net>();
      into.template compute<together, Arch, Loss>(m.weights(), samples, x, y, team, step);
    }
  }
}
template <int Samples = 0, auto Net, class Arch, class Loss>
gradients<Net> gradient(model<Net, Arch> const& m, Loss loss, std::span<float const> x,
                        std::span<float const> y, thread_team* team = nullptr, int step = 0) {
  gradients<Net> made;
  if constexpr (detail::is_allowed<detail::misuse_of_simple<model<Net, Arch>>(), model<Net, Arch>>())
    gradient<Samples>(m, loss, x, y, made, team, step);
  return made;
}

}  // namespace etch
