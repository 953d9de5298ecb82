#pragma once

#include "../../codegen/reference/evaluate.hpp"
#include "../../runtime/bench/bench.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "../peers/peers.hpp"

/// Rows of a network as users run it: `model`, `forward` and `forward_batch`.
namespace benches {

template <auto Net>
using network_type = std::remove_cvref_t<decltype(Net)>;
template <auto Net>
inline constexpr int input_floats = network_type<Net>::input_shape().elements();
template <auto Net>
inline constexpr int output_floats = network_type<Net>::output_shape().elements();

/// The work of inference, from the plan: what is computed, and weights, inputs and outputs once.
template <auto Net>
task forward_task(std::string const& name, int batch) {
  using plan_type = etch::inference_plan<Net, 1>;
  static constexpr auto const& plan = plan_type::value;
  constexpr int first = plan.prologue < static_cast<int>(plan.segments.size())
                            ? plan.segments[plan.prologue].first
                            : 0;
  task t{name};
  [&]<int... I>(std::integer_sequence<int, I...>) {
    ((t.work.multiply_adds +=
      batch * etch::detail::multiply_adds_of(plan, plan.steps[first + I]),
      t.work.function_seconds += batch * etch::detail::step_function_seconds<native, plan, first + I>()),
     ...);
  }(std::make_integer_sequence<int, static_cast<int>(plan.steps.size()) - first>{});
  std::size_t const floats = static_cast<std::size_t>(batch * input_floats<Net>);
  t.work.read = 4.0 * (etch::facts<Net>::weight_floats + static_cast<double>(floats));
  t.work.written = 4.0 * batch * output_floats<Net>;
  t.footprint = t.work.read + t.work.written + 4.0 * etch::inference_plan<Net, 1>::value.workspace +
                4.0 * (inputs_in_turn(floats) - 1) * static_cast<double>(floats);
  t.items = batch > 1 ? batch : 0;
  return t;
}

/// A model with its parameters in their standard shapes, and inputs.
template <auto Net>
struct subject {
  explicit subject(int batch) : x(inputs(static_cast<std::size_t>(batch * input_floats<Net>))) {
    auto const names = etch::parameters<Net>();
    unsigned which = 0;
    for (auto const& p : names) {  // biases too: what is zero cannot be wrong
      if (p.trainable && p.shape.rank == 1 && p.name.view().ends_with("bias"))
        etch::set(model, p.name.view(),
                  copy_of(numbers(static_cast<std::size_t>(p.shape.elements()), ++which, 0.2f)));
      parameters.push_back(etch::get(model, p.name.view()));
    }
  }
  /// The outputs for inputs 0, by the definition of each primitive, in double.
  std::vector<float> expected() const {
    etch::graph const g = graph_of(Net);
    std::vector<std::vector<double>> values;
    for (auto const& p : parameters) values.emplace_back(p.begin(), p.end());
    std::size_t const each = static_cast<std::size_t>(input_floats<Net>);
    std::vector<float> y;
    for (std::size_t at = 0; at < x[0].size(); at += each) {
      std::vector<double> const sample(x[0].data() + at, x[0].data() + at + each);
      for (double v : etch::run_reference<double>(g, sample, values))
        y.push_back(static_cast<float>(v));
    }
    return y;
  }

  etch::model<Net> model{etch::seed{3}};
  parameter_list parameters;
  buffer_list x;
};

/// The job of etch.
template <auto Net, int Batch>
job forward_job(std::shared_ptr<subject<Net>> s) {
  using input = std::span<float const, static_cast<std::size_t>(input_floats<Net>)>;
  using output = std::span<float, static_cast<std::size_t>(output_floats<Net>)>;
  auto const w = std::make_shared<etch::workspace<Net, Batch>>();
  auto const y =
      std::make_shared<float_buffer>(static_cast<std::size_t>(Batch * output_floats<Net>));
  return make_job(
      [s, w, y](int i) {
        float_buffer const& x = s->x[i];
        if constexpr (Batch == 1)
          s->model.forward(*w, input{x.data(), x.size()}, output{y->data(), y->size()});
        else
          s->model.forward_batch(*w, {x.data(), x.size()}, {y->data(), y->size()});
      },
      [y] { return copy_of(*y); });
}

/// Adds the row of etch and those of its peers, which are given the subject's weights and inputs.
template <auto Net, int Batch, class Peers>
void add_forward_rows(std::string const& name, Peers peers) {
  auto const s = std::make_shared<subject<Net>>(Batch);
  task t = forward_task<Net>(name, Batch);
  t.expected = [s] { return s->expected(); };
  t.tolerance = 1e-3;
  add_row(t, "etch", [s] { return forward_job<Net, Batch>(s); });
  for (auto const& peer : peers(*s))
    add_row(t, peer.first, [s, make = peer.second] { return make(); });
}
template <auto Net, int Batch>
void add_forward_rows(std::string const& name) {
  add_forward_rows<Net, Batch>(name, [](auto const&) { return peer_list{}; });
}

}  // namespace benches
