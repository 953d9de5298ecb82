#pragma once

#include <functional>

#include "exceptions.hpp"
#include "failures.hpp"
#include "guarded.hpp"
#include "problem.hpp"

namespace check {

/// A batch with random inputs and targets, one list for each input of the training graph.
struct training_batch {
  int samples = 0;
  etch::random_key key{.seed = 0, .step = 1};
  std::vector<std::vector<float>> inputs;
};

inline training_batch make_batch(problem const& p, int samples) {
  training_batch b{samples, {}, {}};
  b.key.step = 1;
  numbers random(4);
  for (std::size_t i = 0; i < p.training.graph.inputs.size(); ++i)
    b.inputs.push_back(random_input(p.training.graph, i, samples, random));
  return b;
}

/// What one pass over a batch gives: outputs as probe_graph lists them, and the sum of the
/// gradients over the samples, in the standard layout; for a state, the sum of what was measured.
struct training_result {
  tensors outputs;
  tensors gradients;
  failures found;

  double mean_loss(std::size_t loss) const {
    double sum = 0;
    for (double l : outputs[loss]) sum += l;
    return sum / static_cast<double>(outputs[loss].size());
  }
};

/// The reference in double.
inline training_result reference_training(problem const& p, training_batch const& batch) {
  etch::graph const& g = p.training.graph;
  tensors inputs;
  for (std::vector<float> const& x : batch.inputs) inputs.push_back(widen(x));
  auto const values = etch::evaluate<double>(g, inputs, p.parameters, batch.samples, batch.key);
  return {etch::outputs(g, values), etch::parameter_gradients(g, values), {}};
}

/// Gradients that lie as a model's parameters do.
inline void collect_gradients(problem const& p, float const* gradients, training_result& into) {
  for (std::size_t i = 0; i < p.parameters.size(); ++i) {
    into.gradients.push_back(p.standard(i, gradients));
    if (!p.padding_is_zero(i, gradients))
      into.found.push_back(text("the gradient of ", p.inference.parameters[i].name.view(),
                                " is not zero where there is no weight"));
  }
}

/// Numbers for the gradients to overwrite; those that nothing computes stay zero.
inline void load_stale(problem const& p, float* gradients) {
  p.load(gradients);
  auto const& roots = p.training.graph.gradients;
  for (std::size_t i = 0; i < p.places.size(); ++i)
    if (std::none_of(roots.begin(), roots.end(),
                     [&](auto const& root) { return static_cast<std::size_t>(root.parameter) == i; }))
      std::fill_n(gradients + p.places[i].offset, p.places[i].size, 0.0f);
}

/// A plan of probe_graph, run on these buffers.
struct plan_function {
  void (*run)(etch::buffers const& b, int samples);
  int group = 1;  // samples together, unless the plan takes a whole batch
  int workspace = 0;
  int batch = 0;  // floats for each sample of a whole batch
};

inline training_result run_probe_plan(problem const& p, plan_function const& plan,
                                      training_batch const& batch) {
  etch::graph const& g = p.training.graph;
  training_result all;
  std::vector<guarded> in, out;
  for (std::size_t i = 0; i < g.inputs.size(); ++i)
    in.emplace_back(as_given(g, i, batch.inputs[i]), 1 + i);
  std::vector<int> sizes;
  for (etch::node_id id : g.outputs) {
    sizes.push_back(g[id].shape.elements());
    out.emplace_back(static_cast<std::size_t>(sizes.back() * batch.samples), out.size());
  }
  guarded parameters(static_cast<std::size_t>(p.floats), 0),
      gradients(static_cast<std::size_t>(p.floats), 0);
  int const capacity = etch::round_up(batch.samples, 16);
  guarded workspace(static_cast<std::size_t>(plan.workspace), 0),
      grown(static_cast<std::size_t>(plan.batch * capacity), 0);
  std::fill_n(parameters.data(), p.floats, 0.0f);
  std::fill_n(gradients.data(), p.floats, 0.0f);
  p.load(parameters.data());
  load_stale(p, gradients.data());
  std::vector<float> const parameters_before = parameters.values();

  int const group = g.whole_batch ? batch.samples : plan.group;
  for (int s = 0; s < batch.samples; s += group) {
    std::vector<float const*> from;
    std::vector<float*> to;
    for (std::size_t i = 0; i < in.size(); ++i)
      from.push_back(in[i].data() + std::ptrdiff_t{s} * g.inputs[i].elements());
    for (std::size_t i = 0; i < out.size(); ++i)
      to.push_back(out[i].data() + std::ptrdiff_t{s} * sizes[i]);
    etch::buffers b;
    b.inputs = from.data();
    b.outputs = to.data();
    b.parameters = parameters.data();
    b.gradients = gradients.data();
    b.workspace = workspace.data();
    b.batch = grown.data();
    b.capacity = capacity;
    b.team.samples = batch.samples;
    b.adds = s > 0;
    b.random = batch.key;
    b.random.first_sample += static_cast<std::uint32_t>(s);
    append(all.found, "training ",
           raised_by([&] { plan.run(b, std::min(group, batch.samples - s)); }));
  }
  for (std::size_t i = 0; i < in.size(); ++i)
    if (!in[i].intact() || in[i].values() != as_given(g, i, batch.inputs[i]))
      all.found.push_back(text("input ", i, " or what is around it was written to"));
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!out[i].intact()) all.found.push_back(text("written outside output ", i));
    all.outputs.push_back(widen(out[i].values()));
  }
  if (!parameters.intact() || parameters.values() != parameters_before)
    all.found.push_back("the parameters or what is around them was written to");
  if (!gradients.intact()) all.found.push_back("written outside the gradients");
  if (!workspace.intact() || !grown.intact()) all.found.push_back("written outside the workspace");
  collect_gradients(p, gradients.data(), all);
  return all;
}

/// Predictions, loss, gradients of the parameters and, where they were computed, of the inputs.
inline failures compare_training(problem const& p, training_result const& expected,
                                 training_result const& given, double tolerance = 1e-4) {
  failures found = given.found;
  for (std::size_t i = 0; i < given.outputs.size(); ++i) {
    std::size_t const loss = p.outputs();
    std::string const what = i < loss    ? text("prediction ", i)
                             : i == loss ? "loss"
                                         : text("gradient of input ", i - loss - 1);
    append(found, "", compare(what, expected.outputs[i], given.outputs[i], tolerance));
  }
  for (std::size_t i = 0; i < given.gradients.size(); ++i) {
    etch::parameter_info const& info = p.inference.parameters[i];
    append(found, "",
           compare(text(info.trainable ? "gradient of " : "measured ", info.name.view()),
                   expected.gradients[i], given.gradients[i], tolerance));
  }
  return found;
}

}  // namespace check
