// Random graphs that are lowered by the compiler and run by the kernels, at every instruction set.

#include "catch.hpp"
#include "instruction_sets.hpp"

#include "../../codegen/lower/compiled.hpp"
#include "../../codegen/execute/execute.hpp"
#include "../../codegen/report/print.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/infer/workspace.hpp"
#include "../check/exceptions.hpp"
#include "../check/failures.hpp"
#include "../check/guarded.hpp"
#include "../check/problem.hpp"
#include "../random_graph.hpp"

namespace {

constexpr int samples = 3;

/// Half of them whole graphs, the others networks with a layer that a program could have for itself.
template <std::uint32_t Seed>
constexpr etch::graph graph_of_seed() {
  constexpr random_graphs::options how{.expressions = 7, .largest = 120};
  if constexpr (Seed % 2 == 0)
    return etch::graph_of(etch::input<4, 3, 5> | random_graphs::layer<Seed, how>{}, true);
  else
    return random_graphs::make(Seed, how);
}

template <std::uint32_t Seed>
struct inference_of {
  static constexpr etch::plan make() { return etch::lower(graph_of_seed<Seed>(), samples, true); }
  static constexpr auto value = etch::freeze<inference_of>();
};
template <std::uint32_t Seed>
struct training_of {
  static constexpr etch::plan make() {
    return etch::lower(check::probe_graph(graph_of_seed<Seed>()).graph, samples, false);
  }
  static constexpr auto value = etch::freeze<training_of>();
};

/// The plan's outputs and gradients against the graph's. All memory is filled with NaN before.
template <class Arch, class Plan>
check::failures check_compiled(etch::graph const& g, std::uint32_t seed, int count) {
  constexpr auto const& p = Plan::value;
  check::tensors const parameters = check::random_parameters(g, seed);
  auto const nan = std::numeric_limits<float>::quiet_NaN();
  auto const floats = [](int n) { return etch::float_buffer(static_cast<std::size_t>(n) + 16); };
  etch::float_buffer weights = floats(p.parameter_floats), gradients = floats(p.parameter_floats);
  etch::float_buffer derived = floats(p.derived),
                     memory = floats(static_cast<int>(memory_floats(p, count)));
  std::fill_n(derived.data(), derived.size(), check::poison());
  std::fill_n(memory.data(), memory.size(), check::poison());
  for (std::size_t i = 0; i < parameters.size(); ++i)
    for (std::size_t j = 0; j < parameters[i].size(); ++j) {
      auto const value = static_cast<float>(parameters[i][j]);
      if (!p.places[i].packed)
        weights.data()[static_cast<std::size_t>(p.places[i].offset) + j] = value;
    }
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (p.places[i].packed) {
      std::vector<float> const values(parameters[i].begin(), parameters[i].end());
      etch::pack_weights(p.places[i].window, values.data(), weights.data() + p.places[i].offset);
    }

  check::tensors inputs;
  std::vector<std::vector<float>> x, y;
  check::numbers random(seed + 1);
  for (std::size_t i = 0; i < g.inputs.size(); ++i) {
    x.push_back(check::random_input(g, i, count, random));
    inputs.push_back(check::widen(x.back()));
    x.back() = check::as_given(g, i, x.back());
  }
  for (etch::node_id id : g.outputs)
    y.emplace_back(static_cast<std::size_t>(g[id].shape.elements() * count), nan);
  std::vector<float const*> in;
  std::vector<float*> out;
  for (auto& v : x) in.push_back(v.data());
  for (auto& v : y) out.push_back(v.data());

  etch::random_key const key{.seed = seed, .step = 2, .first_sample = 7};
  etch::buffers b{.inputs = in.data(),
                  .outputs = out.data(),
                  .parameters = weights.data(),
                  .gradients = gradients.data(),
                  .derived = derived.data(),
                  .workspace = memory.data(),
                  .batch = memory.data() + p.workspace,
                  .capacity = 16,
                  .random = key};
  b.team.samples = count;
  std::string const where = check::text(Arch::name, ", ", count, " samples, ");
  check::failures found;
  check::append(found, where, check::raised_by([&] {
    etch::run_prologue<Arch, Plan>(b);
    etch::run_plan<Arch, Plan>(b, count);
  }));

  auto const expected = etch::evaluate<double>(g, inputs, parameters, count, key);
  for (std::size_t i = 0; i < y.size(); ++i) {
    std::vector<double> wanted = expected[g.outputs[i]];
    std::size_t const once = wanted.size();
    if (!g[g.outputs[i]].batched)
      for (std::size_t j = once; j < y[i].size(); ++j) wanted.push_back(wanted[j % once]);
    check::append(found, where, check::compare(check::text("output ", i), wanted, y[i], 2e-5));
  }
  check::tensors const wanted = etch::parameter_gradients(g, expected);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::vector<float> given(wanted[i].size());
    float const* const from = gradients.data() + p.places[i].offset;
    if (p.places[i].packed) etch::unpack_weights(p.places[i].window, from, given.data());
    else std::copy_n(from, given.size(), given.begin());
    check::append(found, where,
                  check::compare(check::text("gradient of parameter ", i), wanted[i], given, 2e-5));
  }
  return found;
}

template <template <std::uint32_t> class Plan, std::uint32_t Seed>
void check_seed(etch::graph const& g) {
  for_each_instruction_set([&]<class Arch>() {
    for (int count : {samples, 1}) {
      check::failures const found = check_compiled<Arch, Plan<Seed>>(g, Seed, count);
      std::string text;
      for (auto const& f : found) text += f + "\n";
      INFO("seed " << Seed << "\n"
                   << text << etch::to_text(g) << etch::to_text(Plan<Seed>::make()));
      CHECK(found.empty());
    }
  });
}

template <std::uint32_t... Seeds>
void check_inference() {
  (check_seed<inference_of, Seeds>(graph_of_seed<Seeds>()), ...);
}
template <std::uint32_t... Seeds>
void check_training() {
  (check_seed<training_of, Seeds>(check::probe_graph(graph_of_seed<Seeds>()).graph), ...);
}

}  // namespace

namespace {

constexpr int narrow_samples = 37;

/// Networks so narrow that their samples lie in the lanes of vectors, which no layer is made for.
constexpr auto narrow_1 = etch::input<1> | etch::dense<8> | etch::tanh | etch::dense<8> | etch::relu
                        | etch::dense<1>;
constexpr auto narrow_10 = etch::input<10> | etch::dense<5> | etch::sigmoid
                         | etch::residual(etch::layer_norm | etch::dense<5>)
                         | etch::dense<7, etch::no_bias> | etch::gelu | etch::dense<3>
                         | etch::softmax;
constexpr auto narrow_16 = etch::fork(etch::dense<2>, etch::dense<6> | etch::tanh)
                         | etch::each(etch::dense<4>, etch::dense<4>) | etch::add | etch::dense<4>;

template <auto Net>
struct narrow_inference {
  static constexpr etch::plan make() {
    return etch::lower(etch::graph_of(Net), narrow_samples, true);
  }
  static constexpr auto value = etch::freeze<narrow_inference>();
};
template <auto Net, class Loss>
struct narrow_training {
  static constexpr etch::graph graph() { return etch::training_graph(Net, Loss{}); }
  static constexpr etch::plan make() { return etch::lower(graph(), narrow_samples, true); }
  static constexpr auto value = etch::freeze<narrow_training>();
};

template <class Plan>
void check_narrow(etch::graph const& g) {
  INFO(etch::to_text(Plan::make()));
  int in_lanes = 0;
  for (etch::segment const& part : Plan::value.segments) in_lanes += part.lanes && part.loops;
  CHECK(in_lanes == 1);
  for_each_instruction_set([&]<class Arch>() {
    for (int count : {37, 36, 33, 32, 31, 17, 16, 15, 9, 8, 7, 5, 4, 3, 2, 1}) {
      check::failures const found = check_compiled<Arch, Plan>(g, 1, count);
      std::string text;
      for (auto const& f : found) text += f + "\n";
      INFO(text);
      CHECK(found.empty());
    }
  });
}

template <auto Net, class Loss>
void check_narrow_network() {
  check_narrow<narrow_inference<Net>>(etch::graph_of(Net));
  check_narrow<narrow_training<Net, Loss>>(narrow_training<Net, Loss>::graph());
}

}  // namespace

TEST_CASE("narrow networks compute the same with samples in lanes, for any number of them") {
  check_narrow_network<narrow_1, etch::losses::mse>();
  check_narrow_network<narrow_10, etch::losses::cross_entropy>();
  check_narrow_network<etch::input<16> | narrow_16, etch::losses::mae>();
}

TEST_CASE("random graphs that the compiler lowers compute what they say") {
  check_inference<1, 2, 3, 5, 24, 38>();
}

TEST_CASE("random graphs that the compiler lowers compute their gradients") {
  check_training<11, 12, 13, 15, 76, 126, 179>();
}
