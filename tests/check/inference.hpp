#pragma once

#include <functional>
#include <memory>

#include "allocations.hpp"
#include "exceptions.hpp"
#include "failures.hpp"
#include "guarded.hpp"
#include "problem.hpp"

namespace check {

/// Computes the outputs of `samples` samples.
using forward_function = std::function<void(std::vector<float const*> const& inputs,
                                            std::vector<float*> const& outputs, int samples)>;

/// What was computed, and what was wrong on the way: writes outside the outputs or into the inputs,
/// and allocations.
struct forward_outcome {
  std::vector<std::vector<float>> outputs;
  failures found;
};

inline forward_outcome run_guarded(problem const& p, forward_function const& forward,
                                   std::vector<std::vector<float>> const& inputs, int samples) {
  forward_outcome outcome;
  std::vector<guarded> in, out;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    in.emplace_back(as_given(p.inference, i, inputs[i]), 1 + i);
  for (std::size_t i = 0; i < p.outputs(); ++i)
    out.emplace_back(static_cast<std::size_t>(p.output_size(i) * samples), 3 + i);
  std::vector<float const*> from;
  std::vector<float*> to;
  for (guarded& g : in) from.push_back(g.data());
  for (guarded& g : out) to.push_back(g.data());

  long const before = allocations;
  failures const raised = raised_by([&] { forward(from, to, samples); });
  append(outcome.found, "forward ", raised);
  if (long const more = allocations - before; more != 0 && raised.empty())
    outcome.found.push_back(text("forward allocates ", more, " times"));

  for (std::size_t i = 0; i < in.size(); ++i)
    if (!in[i].intact() || in[i].values() != as_given(p.inference, i, inputs[i]))
      outcome.found.push_back(text("input ", i, " or what is around it was written to"));
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!out[i].intact()) outcome.found.push_back(text("written outside output ", i));
    outcome.outputs.push_back(out[i].values());
  }
  return outcome;
}

/// Inference of batches of these sizes against the reference in double, and each sample alone
/// against the same sample in the batch.
inline failures check_inference(problem const& p, forward_function const& forward,
                                std::vector<int> const& batches, double tolerance = 1e-5) {
  failures found;
  numbers random(3);
  for (int samples : batches) {
    std::string const where = text("batch of ", samples, ": ");
    std::vector<std::vector<float>> inputs;
    tensors wide;
    for (std::size_t i = 0; i < p.inputs(); ++i) {
      inputs.push_back(random_input(p.inference, i, samples, random));
      wide.push_back(widen(inputs.back()));
    }
    auto const reference = etch::evaluate<double>(p.inference, wide, p.parameters, samples);
    tensors const expected = etch::outputs(p.inference, reference);
    forward_outcome const batch = run_guarded(p, forward, inputs, samples);
    append(found, where, batch.found);
    for (std::size_t i = 0; i < p.outputs(); ++i)
      append(found, where, compare(text("output ", i), expected[i], batch.outputs[i], tolerance));

    for (int s = 0; s < samples && samples > 1; s += samples - 1) {  // the first and the last
      std::vector<std::vector<float>> one;
      for (std::size_t i = 0; i < p.inputs(); ++i) {
        auto const begin = inputs[i].begin() + static_cast<std::ptrdiff_t>(s) * p.input_size(i);
        one.emplace_back(begin, begin + p.input_size(i));
      }
      forward_outcome const single = run_guarded(p, forward, one, 1);
      for (std::size_t i = 0; i < p.outputs(); ++i)
        append(found, where,
               compare(text("sample ", s, " in the batch against alone, output ", i),
                       widen(single.outputs[i]), part(batch.outputs[i], p.output_size(i), s, 1),
                       tolerance));
    }
  }
  return found;
}

}  // namespace check
