// Random graphs: what the passes make of a graph computes what the graph says.

#include "catch.hpp"

#include <cmath>

#include "../../codegen/execute/interpret.hpp"
#include "../../codegen/lower/lower.hpp"
#include "../../codegen/report/print.hpp"
#include "../../codegen/reference/evaluate.hpp"
#include "../check/gradient.hpp"
#include "../random_graph.hpp"
#include "../rounded.hpp"

namespace {

using check::compare;
using check::failures;
using check::tensors;

constexpr double tolerance = 1e-9;

tensors random_inputs(etch::graph const& g, std::uint32_t seed, int samples) {
  tensors all;
  check::numbers random(seed);
  for (std::size_t i = 0; i < g.inputs.size(); ++i)
    all.push_back(check::widen(check::random_input(g, i, samples, random)));
  return all;
}

/// An output as a plan gives it: one value a sample.
std::vector<double> for_each_sample(etch::graph const& g, etch::node_id id, std::vector<double> const& value,
                                    int samples) {
  if (g[id].batched) return value;
  std::vector<double> all;
  for (int s = 0; s < samples; ++s) all.insert(all.end(), value.begin(), value.end());
  return all;
}

struct batch_values {
  int samples;
  tensors inputs;
  etch::random_key key;
};
batch_values make_batch(etch::graph const& g, std::uint32_t seed, int samples) {
  return {samples,
          random_inputs(g, seed, samples),
          {.seed = seed, .step = 3, .first_sample = seed % 5}};
}

/// The plan against the graph: two runs, the second of fewer samples, whose gradients add up.
failures check_plan(etch::graph const& g, etch::plan const& p, tensors const& parameters,
                    std::uint32_t seed) {
  failures found;
  etch::interpreter<double> run(p);
  for (std::size_t i = 0; i < parameters.size(); ++i) run.set_parameter(i, parameters[i]);
  run.run_prologue();
  std::vector<int> sizes;
  for (etch::node_id id : g.outputs) sizes.push_back(g[id].shape.elements());
  tensors sums;
  for (auto const& q : parameters) sums.emplace_back(q.size(), 0.);
  for (bool const adds : {false, true}) {
    int const samples = adds ? std::max(1, p.samples - 1) : p.samples;
    batch_values const b = make_batch(g, seed + static_cast<std::uint32_t>(samples), samples);
    auto const expected = etch::evaluate<double>(g, b.inputs, parameters, samples, b.key);
    tensors const given = run.run(b.inputs, sizes, samples, b.key, adds);
    if (!adds) static_cast<void>(run.run(b.inputs, sizes, samples, b.key));  // begins anew
    for (std::size_t i = 0; i < g.outputs.size(); ++i)
      check::append(found, check::text(samples, " of ", p.samples, " samples, "),
                    compare(check::text("output ", i),
                            for_each_sample(g, g.outputs[i], expected[g.outputs[i]], samples),
                            given[i], tolerance));
    tensors const gradients = etch::parameter_gradients(g, expected);
    for (std::size_t i = 0; i < sums.size(); ++i)
      for (std::size_t j = 0; j < sums[i].size(); ++j) sums[i][j] += gradients[i][j];
  }
  std::vector<etch::tensor_shape> shapes;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    shapes.push_back(g.parameters[i].shape);
    check::append(found, check::text(p.samples, " samples, "),
                  compare(check::text("gradient of parameter ", i), sums[i],
                          run.gradient(i, shapes.back().elements()), tolerance));
  }
  if (!run.padding_is_zero(shapes)) found.push_back("a gradient's padding is not zero");
  return found;
}

/// A batch is its samples one by one, to the last bit, in a graph that takes nothing from all of them.
failures check_one_by_one(etch::graph const& g, std::uint32_t seed, int samples) {
  failures found;
  tensors const parameters = check::random_parameters(g, seed);
  batch_values const b = make_batch(g, seed, samples);
  auto const all = etch::evaluate<double>(g, b.inputs, parameters, samples, b.key);
  tensors outputs(g.outputs.size());
  for (int s = 0; s < samples; ++s) {
    tensors inputs;
    for (std::vector<double> const& x : b.inputs) {
      auto const size = static_cast<std::ptrdiff_t>(x.size()) / samples;
      inputs.emplace_back(x.begin() + s * size, x.begin() + (s + 1) * size);
    }
    etch::random_key key = b.key;
    key.first_sample += static_cast<std::uint32_t>(s);
    auto const one = etch::evaluate<double>(g, inputs, parameters, 1, key);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      outputs[i].insert(outputs[i].end(), one[g.outputs[i]].begin(), one[g.outputs[i]].end());
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    check::append(found, "one by one: ",
                  compare(check::text("output ", i),
                          for_each_sample(g, g.outputs[i], all[g.outputs[i]], samples), outputs[i], 0));
  return found;
}

/// Two graphs of one network give the same.
failures check_same(etch::graph const& a, etch::graph const& b, tensors const& parameters,
                    std::uint32_t seed) {
  failures found;
  batch_values const v = make_batch(a, seed, 3);
  auto const x = etch::evaluate<double>(a, v.inputs, parameters, 3, v.key);
  auto const y = etch::evaluate<double>(b, v.inputs, parameters, 3, v.key);
  for (std::size_t i = 0; i < a.outputs.size(); ++i)
    check::append(
        found, "simplified: ",
        compare(check::text("output ", i), for_each_sample(a, a.outputs[i], x[a.outputs[i]], 3),
                for_each_sample(b, b.outputs[i], y[b.outputs[i]], 3), tolerance));
  tensors const dx = etch::parameter_gradients(a, x), dy = etch::parameter_gradients(b, y);
  for (std::size_t i = 0; i < dx.size(); ++i)
    check::append(found, "simplified: ",
                  compare(check::text("gradient of parameter ", i), dx[i], dy[i], tolerance));
  return found;
}

/// Everything there is to check of a graph; the text of the first failing plan behind what failed.
failures check_graph(etch::graph const& g, std::uint32_t seed, bool inference) {
  tensors const parameters = check::random_parameters(g, seed);
  etch::graph const simple = etch::passes::simplify(g);
  failures found = check_same(g, simple, parameters, seed);
  if (!found.empty()) found.push_back(etch::to_text(g) + "---\n" + etch::to_text(simple));
  etch::graph const exact = rounded(g);
  for (int samples : {1, 3, 4}) {
    if (!found.empty()) break;
    // in every other graph each matrix product counts as heavy, so that threads would share it
    etch::plan const p = etch::lower(exact, samples, inference, seed % 2 == 0 ? 1 : 1 << 16);
    check::append(found, "", check_plan(exact, p, parameters, seed));
    if (!found.empty()) found.push_back(etch::to_text(exact) + "---\n" + etch::to_text(p));
  }
  return found;
}

std::string joined(failures const& all) {
  std::string text;
  for (std::string const& f : all) text += f + "\n";
  return text;
}

/// Small ones, whose failures are easy to read, and larger ones.
random_graphs::options size_of(std::uint32_t seed) {
  return {.expressions = 2 + static_cast<int>(seed % 15)};
}

int const seeds = [] {
  char const* const wanted = std::getenv("ETCH_FUZZ_SEEDS");
  return wanted != nullptr ? std::atoi(wanted) : 2000;
}();

}  // namespace

TEST_CASE("plans of random graphs compute what the graphs say") {
  int failed = 0;
  for (int seed = 0; seed < seeds && failed < 3; ++seed) {
    auto const s = static_cast<std::uint32_t>(seed);
    failures const found = check_graph(random_graphs::make(s, size_of(s)), s, true);
    failed += !found.empty();
    INFO("seed " << seed << "\n" << joined(found));
    CHECK(found.empty());
  }
}

TEST_CASE("a batch of a random graph is its samples one by one") {
  int failed = 0;
  for (int seed = 0; seed < seeds && failed < 3; ++seed) {
    auto const s = static_cast<std::uint32_t>(seed);
    etch::graph const g = random_graphs::make(s, {.expressions = 12, .of_batch = false});
    failures const found = check_one_by_one(g, s, 3);
    failed += !found.empty();
    INFO("seed " << seed << "\n" << joined(found) << etch::to_text(g));
    CHECK(found.empty());
  }
}

TEST_CASE("plans of random graphs compute their gradients") {
  int failed = 0;
  for (int seed = 0; seed < seeds && failed < 3; ++seed) {
    auto const s = static_cast<std::uint32_t>(seed);
    failures const found =
        check_graph(check::probe_graph(random_graphs::make(s, size_of(s))).graph, s, false);
    failed += !found.empty();
    INFO("seed " << seed << "\n" << joined(found));
    CHECK(found.empty());
  }
}

TEST_CASE("the gradients of random graphs are their derivatives") {
  int failed = 0;
  for (int seed = 0; seed < seeds / 10 && failed < 3; ++seed) {
    auto const s = static_cast<std::uint32_t>(seed);
    etch::graph const g = random_graphs::make(s, {.gradients_exact = true});
    check::problem const p = check::make_problem(g, g);
    failures const found =
        check::check_gradient(p, {.tolerance = 1e-5, .entries = 4, .samples = 2});
    failed += !found.empty();
    INFO("seed " << seed << "\n" << joined(found) << etch::to_text(g));
    CHECK(found.empty());
  }
}

TEST_CASE("a wrong plan is found") {  // the checks above can fail
  etch::graph const g = rounded(check::probe_graph(random_graphs::make(5)).graph);
  tensors const parameters = check::random_parameters(g, 3);
  etch::plan p = etch::lower(g, 3, false);
  REQUIRE(check_plan(g, p, parameters, 3).empty());
  for (etch::step const& s : p.steps)
    if (etch::is<etch::steps::map>(s) && code_of(p, s).instructions > 0)
      p.programs[s.code].code[0].fn = etch::function::absolute;
  CHECK_FALSE(check_plan(g, p, parameters, 3).empty());
}
