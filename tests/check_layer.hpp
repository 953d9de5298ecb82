#pragma once

#include <new>

#include "../codegen/report/cost.hpp"
#include "../dsl/layers.hpp"
#include "../runtime/data/batches.hpp"
#include "../runtime/train/optimizers/sgd.hpp"
#include "../runtime/train/train_step.hpp"
#include "check/gradient.hpp"
#include "check/inference.hpp"
#include "check/training.hpp"
#include "instruction_sets.hpp"

/// One call checks everything of a layer, or of a network:
///
///   CHECK(check_layer<input<5, 7, 3> | conv2d<4, 3>>(shape<3, 5, 4>, 112) == passed);
///
/// The shape of the output and the number of parameters; the gradient in double against central
/// differences; then, at every instruction set that this program is compiled for and that the
/// machine has, inference and training against the reference interpreter in double, in memory that
/// holds NaN before, at addresses that are not aligned, between guard zones.
namespace check {

inline failures const passed{};

template <class To, class From>
To as_array(From const& pointers) {
  To all{};
  std::copy_n(pointers.begin(), all.size(), all.begin());
  return all;
}

/// Calls `forward` with a workspace for up to `Samples` at once.
template <int Samples, auto Net, class Arch>
failures check_model(problem const& p, etch::model<Net, Arch> const& m,
                     std::vector<int> const& batches) {
  using model = etch::model<Net, Arch>;
  guarded const memory(sizeof(etch::workspace<Net, Samples>) / sizeof(float), 0);
  auto& workspace = *::new (memory.data()) etch::workspace<Net, Samples>;
  workspace.memory.fill(poison());
  failures found = check_inference(
      p,
      [&](auto const& inputs, auto const& outputs, int samples) {
        using pointers = std::array<typename model::input_pointer, model::input_count>;
        m.forward_batch(workspace, as_array<pointers>(inputs),
                        as_array<std::array<float*, model::output_count>>(outputs), samples);
      },
      batches);
  if (!memory.intact()) found.push_back("written outside the workspace");
  return found;
}

template <auto Net, class Arch>
void load(problem const& p, etch::model<Net, Arch>& m) {
  p.load(m.weights());
  m.refresh();
}

/// Copies and moves of a model compute what the model does.
template <auto Net, class Arch>
failures check_copies(problem const& p) {
  failures found;
  etch::model<Net, Arch> first{etch::seed{1}};
  load(p, first);
  etch::model<Net, Arch> copy = first;
  append(found, "a copy: ", check_model<1>(p, copy, {1}));
  etch::model<Net, Arch> const moved = std::move(first);
  append(found, "a moved model: ", check_model<1>(p, moved, {1}));
  etch::model<Net, Arch> assigned{etch::seed{2}};
  assigned = moved;
  etch::model<Net, Arch> const swapped = std::exchange(copy, etch::model<Net, Arch>{etch::seed{3}});
  append(found, "an assigned copy: ", check_model<1>(p, assigned, {1}));
  append(found, "a swapped model: ", check_model<1>(p, swapped, {1}));
  return found;
}

/// The gradient as training computes it, without those of the inputs, and one step of sgd.
template <int Group, auto Net, class Arch>
failures check_train_step(problem const& p, int samples) {
  failures found;
  training_batch batch = make_batch(p, samples);
  constexpr bool tokens = Net.input_element() == etch::element_type::int32;
  if constexpr (tokens) {  // that data may have
    auto const last = static_cast<float>(etch::table_of(p.training.graph, 0).rows - 1);
    for (float& token : batch.inputs[0]) token = std::min(token, last);
  }
  training_result const expected = reference_training(p, batch);

  etch::model<Net, Arch> m;
  load(p, m);
  using run_type = etch::detail::gradient_run<Net, probe, Arch, Group>;
  etch::float_buffer scratch;
  etch::gradient_buffer gradients;
  static_cast<void>(run_type(scratch, gradients, samples));
  std::fill_n(scratch.data(), scratch.size(), poison());
  load_stale(p, gradients.floats.data());
  run_type const run(scratch, gradients, samples);
  run.prepare(0, m.weights());
  run.run(0, m.weights(), as_given(p.training.graph, 0, batch.inputs[0]).data(),
          batch.inputs[1].data(), batch.key);
  training_result given;
  given.outputs.emplace_back(run.predictions().begin(), run.predictions().end());
  collect_gradients(p, run.gradients(0), given);
  append(found, "gradient_run: ", compare_training(p, expected, given));
  append(found, "gradient_run: ",
         compare("mean loss", {expected.mean_loss(1)}, std::vector{run.loss()}, 1e-4));

  etch::sgd optimizer{{.learning_rate = 0.25f}};
  using number = typename etch::model<Net, Arch>::input_number;
  std::vector<number> const x(batch.inputs[0].begin(), batch.inputs[0].end());
  etch::batch<0> const given_batch{samples, std::span<number const>{x}, batch.inputs[1]};
  static_cast<void>(etch::train_step<Group>(m, optimizer, probe{}, given_batch));
  problem after = p;
  for (std::size_t i = 0; i < p.parameters.size(); ++i) {
    etch::parameter_info const& info = p.training.graph.parameters[i];
    for (std::size_t j = 0; j < p.parameters[i].size(); ++j) {
      double& value = after.parameters[i][j];
      double const mean = expected.gradients[i][j] / samples;
      value += info.trainable ? -0.25 * mean : info.momentum * (mean - value);
    }
    append(found, "train_step: ",
           compare(std::string(info.name.view()), after.parameters[i], p.standard(i, m.weights()),
                   1e-4));
    after.parameters[i] = p.standard(i, m.weights());
  }
  append(found, "after train_step: ", check_model<1>(after, m, {1}));
  return found;
}

template <auto Net, class Arch>
failures check_arch(problem const& p) {
  failures found;
  constexpr int group = 4;
  constexpr bool native = std::is_same_v<Arch, etch::arch::native>;
  {
    etch::model<Net, Arch> m;
    load(p, m);
    append(found, "", check_model<1>(p, m, {1, 3}));
    append(found, "", check_model<8>(p, m, {1, 3, 8, 21}));
  }
  using plan = probe_plan<Net, group>;
  plan_function const probe{[](etch::buffers const& b, int n) { etch::run_plan<Arch, plan>(b, n); },
                            group, plan::value.workspace, plan::value.batch};
  for (int samples : {2 * group, 2 * group - 1, 1}) {
    if (samples < p.training.graph.least_samples) continue;
    training_batch const batch = make_batch(p, samples);
    append(
        found, text("training, batch of ", samples, ": "),
        compare_training(p, reference_training(p, batch), run_probe_plan(p, probe, batch)));
  }
  if constexpr (native) {
    append(found, "", check_copies<Net, Arch>(p));
    if constexpr (Net.input_count() == 1 && Net.output_count() == 1)
      append(found, "", check_train_step<group, Net, Arch>(p, 2 * group - 1));
  }
  return found;
}

/// Everything of one network. What it finds is prefixed with the network and the instruction set.
template <auto Net>
failures check_layer(etch::tensor_shape const& output, long long parameters) {
  failures found;
  problem const p = make_problem(etch::graph_of(Net), etch::graph_of(Net, true));
  std::string const name = p.name + ": ";
  if (Net.output_shape() != output || p.inference[p.inference.outputs[0]].shape != output)
    found.push_back(name + "the shape of the output is not the expected one");
  if (etch::cost<Net>.parameters != parameters)
    found.push_back(
        text(name, "expected ", parameters, " parameters, given ", etch::cost<Net>.parameters));
  append(found, name, check_gradient(p));
  for_each_instruction_set([&]<class Arch>() {
    append(found, text(name, Arch::name, ": "), check_arch<Net, Arch>(p));
  });
  return found;
}

}  // namespace check

using check::check_layer;
