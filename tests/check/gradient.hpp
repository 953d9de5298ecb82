#pragma once

#include <algorithm>
#include <cmath>

#include "failures.hpp"
#include "problem.hpp"

namespace check {

/// Which side of its kinks everything in the graph is on: where two evaluations agree, what lies
/// between them is smooth.
inline std::vector<char> sides(etch::graph const& g, etch::reference_result<double> const& r) {
  std::vector<char> all;
  auto const side = [&](double a, double b) { all.push_back(a > b ? 2 : a < b ? 1 : 0); };
  for (etch::node_id id : g.ids()) {
    if (g[id].operand_count == 0) continue;
    etch::node const &n = g[id], &from = g[g.operand(id, 0)];
    std::vector<double> const &x = r[g.operand(id, 0)], &y = r[id];
    auto const elements = static_cast<std::size_t>(from.shape.elements());
    auto const* map = g.get_if<etch::primitive::map>(id);
    auto const* pool = g.get_if<etch::primitive::pool>(id);
    auto const* reduce = g.get_if<etch::primitive::reduce>(id);
    if (map && map->fn == etch::function::absolute) {
      for (double v : x) side(v, 0);
    } else if (map && (map->fn == etch::function::maximum || map->fn == etch::function::minimum ||
                       map->fn == etch::function::greater || map->fn == etch::function::equal)) {
      etch::node const& other = g[g.operand(id, 1)];
      int const size = n.shape.elements();
      auto const value = [&](etch::node const& operand, std::vector<double> const& v, int i) {
        int const in_step = n.batched ? r.samples : 1, row = i / size;
        int const copies = operand.batched ? r.samples : 1;
        int const copy = (operand.is_stepped() ? row / in_step * copies : 0) +
                         (operand.batched ? row % in_step : 0);
        int const begin = copy * operand.shape.elements();
        int const element =
            etch::element_of(etch::broadcast_access(operand.shape, n.shape), i % size);
        return v[static_cast<std::size_t>(begin + element)];
      };
      for (int i = 0; i < static_cast<int>(y.size()); ++i)
        side(value(from, x, i), value(other, r[g.operand(id, 1)], i));
    } else if (pool && pool->fn == etch::function::maximum) {
      std::size_t const out = static_cast<std::size_t>(n.shape.elements());
      for (std::size_t s = 0; s * elements < x.size(); ++s)
        etch::reference::for_each_tap(pool->window, [&](int xi, int yi, bool) {
          side(x[s * elements + static_cast<std::size_t>(xi)],
               y[s * out + static_cast<std::size_t>(yi)]);
          return true;
        });
    } else if (reduce && reduce->fn == etch::function::maximum) {
      auto const reduced =
          static_cast<std::size_t>(from.shape.elements(reduce->first, reduce->last));
      auto const inner =
          static_cast<std::size_t>(from.shape.elements(reduce->last, from.shape.rank));
      for (std::size_t i = 0; i < x.size(); ++i)
        side(x[i], y[i / inner / reduced * inner + i % inner]);
    }
  }
  return all;
}

struct difference_options {
  double step = 1e-5;
  double tolerance =
      1e-6;          // relative to the derivative, taken as 0.01 and 1% of the largest at least
  int entries = 60;  // of each tensor, evenly chosen
  int samples = 3;
};

/// The gradients that the training graph computes, in double, against central differences of its
/// loss, for every parameter and input. An entry whose neighbourhood holds a kink is left out; that
/// most of the entries are is a failure.
inline failures check_gradient(problem const& p, difference_options const& how = {}) {
  failures found;
  etch::graph const& g = p.training.graph;
  etch::graph forward = g;
  forward.nodes.resize(static_cast<std::size_t>(p.training.loss) + 1);
  forward.gradients.clear();

  numbers random(2);
  tensors inputs;
  for (std::size_t i = 0; i < g.inputs.size(); ++i)
    inputs.push_back(widen(random_input(g, i, how.samples, random)));
  tensors parameters = p.parameters;
  etch::random_key const key{.seed = 7, .step = 3, .first_sample = 5};
  auto const whole = etch::evaluate<double>(g, inputs, parameters, how.samples, key);
  tensors const parameter_gradients = etch::parameter_gradients(g, whole);
  tensors const outputs = etch::outputs(g, whole);

  auto const evaluate = [&] {
    return etch::evaluate<double>(forward, inputs, parameters, how.samples, key);
  };
  auto const loss = [&](etch::reference_result<double> const& r) {
    double sum = 0;
    for (double l : r[p.training.loss]) sum += l;
    return sum;
  };
  auto const check = [&](std::string const& what, std::vector<double>& at,
                         std::vector<double> const& gradient) {
    if (gradient.size() != at.size()) {
      found.push_back(text("gradient of ", what, ": expected ", at.size(), " elements, given ",
                           gradient.size()));
      return;
    }
    double const floor = std::fmax(1e-2, 1e-2 * largest(gradient));
    int const entries = std::min(how.entries, static_cast<int>(at.size()));
    int left_out = 0;
    for (int e = 0; e < entries; ++e) {
      auto const i = static_cast<std::size_t>(static_cast<long long>(at.size()) * e / entries);
      double const x = at[i];
      at[i] = x + how.step;
      auto const above = evaluate();
      at[i] = x - how.step;
      auto const below = evaluate();
      at[i] = x;
      if (sides(forward, above) != sides(forward, below)) {
        ++left_out;
        continue;
      }
      double const expected = (loss(above) - loss(below)) / (2 * how.step);
      double const scale = std::fmax(std::fmax(std::abs(expected), std::abs(gradient[i])), floor);
      if (!(std::abs(gradient[i] - expected) <= how.tolerance * scale)) {
        found.push_back(text("gradient of ", what, ", index ", i, ": the loss changes by ",
                             expected, ", given ", gradient[i]));
        return;
      }
    }
    if (2 * left_out > entries)
      found.push_back(
          text("gradient of ", what, ": ", left_out, " of ", entries, " entries lie at kinks"));
  };
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (g.parameters[i].trainable && !g.parameters[i].frozen)
      check(std::string(g.parameters[i].name.view()), parameters[i], parameter_gradients[i]);
  for (std::size_t i = 0; i < p.inputs(); ++i)
    if (g.inputs[i].element == etch::element_type::float32)
      check(text("input ", i), inputs[i], outputs[p.outputs() + 1 + i]);
  return found;
}

}  // namespace check
