#pragma once

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "../../codegen/report/cost.hpp"
#include "../../codegen/report/print.hpp"
#include "limits.hpp"
#include "report.hpp"
#include "roofline.hpp"
#include "../infer/denormals.hpp"
#include "../infer/model.hpp"

namespace etch {

/// How long `bench` measures.
struct bench_options {
  double seconds = 0.02;  // for each kernel call
};

namespace detail {

/// Multiply-adds of a step for one sample; what pooling drops is not computed.
template <class Plan>
constexpr double multiply_adds_of(Plan const& p, step const& s) {
  if (is<primitive::product>(s)) {
    contraction const matrix = passes::matrix_of(p, s);
    double const matrices = p.values[result_of(p, s)].shape.elements() / matrix.outputs();
    return matrices * static_cast<double>(matrix.multiply_adds());
  }
  if (!multiplies(s) || is<primitive::contract_dw>(s)) return 0;
  contraction const& w = window_of(p, s);
  double const all = static_cast<double>(w.multiply_adds());
  if (!is<steps::contract_max_pool>(s)) return all;
  auto const [height, width] = get<steps::contract_max_pool>(p, s).pooled;
  double const kept = static_cast<double>(w.out_height() / height * height) *
                      (w.out_width() / width * width);
  return all * kept / (w.out_height() * w.out_width());
}

/// The shape of what a step computes, without the border that it is stored in for the layer behind.
template <class Plan>
constexpr tensor_shape output_of(Plan const& p, step const& s) {
  tensor_shape shape = p.values[result_of(p, s)].shape;
  bool const map = is<steps::map_and_pad>(s), contract = is<steps::contract_and_pad>(s);
  if ((!map && !contract) || s.result_count == 2) return shape;
  bordered_image const& image =
      map ? get<steps::map_and_pad>(p, s).image : get<steps::contract_and_pad>(p, s).image;
  if (shape.rank > 2) shape[shape.rank - 3] = image.height;
  shape[shape.rank - 2] = image.width;
  return shape;
}

/// Seconds of the expensive functions of a program for so many elements, as `function_time` measures
/// them.
template <class Arch, program Code>
double function_seconds(int elements) {
  double sum = 0;
  [&]<int... I>(std::integer_sequence<int, I...>) {
    [[maybe_unused]] auto const add = [&]<int K>(std::integral_constant<int, K>) {
      constexpr function fn = Code[K].fn;
      constexpr bool expensive = info(fn).cost != cost_class::instruction;
      constexpr auto accuracy = Code.fast ? simd::accuracy::fast : simd::accuracy::accurate;
      if constexpr (expensive) sum += measure::function_time<Arch, fn, accuracy>();
    };
    (add(std::integral_constant<int, I>{}), ...);
  }(std::make_integer_sequence<int, Code.instructions>{});
  return sum * ((elements + Arch::width - 1) / Arch::width);
}

/// The same of a step of Plan.
template <class Arch, auto const& Plan, int Index>
double step_function_seconds() {
  constexpr step const& s = Plan.steps[Index];
  if constexpr (is<steps::row_loop>(s)) {
    constexpr steps::row_loop const& loop = get<steps::row_loop>(Plan, s);
    static constexpr auto stages = stages_of(Plan, loop);
    double sum = 0;
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      ((sum += function_seconds<Arch, Plan.programs[stages[K].code]>(
            loop.rows * (stages[K].wide || stages[K].reduces ? loop.length : 1))),
       ...);
    }(std::make_index_sequence<stages.size()>{});
    return sum;
  } else {
    int elements = Plan.values[result_of(Plan, s)].size;
    if constexpr (is<steps::reduce>(s)) {
      steps::reduce const& r = get<steps::reduce>(Plan, s);
      elements = r.outer * r.reduced * r.inner;
    }
    return function_seconds<Arch, code_of(Plan, s)>(elements);
  }
}

/// What a step reads and writes, in bytes.
template <class Plan>
constexpr void add_traffic(Plan const& p, step const& s, measure::work& w) {
  auto const bytes = [&](value_id v) { return 4.0 * p.values[v].size; };
  if (is<primitive::gather>(s))  // of the table, the rows that it gives
    w.read += bytes(result_of(p, s)) + bytes(operands_of(p, s)[1]);
  else
    for_each_read(p, s, [&](value_id v) { w.read += bytes(v); });
  if (is<steps::row_loop>(s)) {
    for (value_id v : results_of(p, s)) w.written += bytes(v);
  } else {
    w.written += bytes(result_of(p, s));
  }
}

template <class Arch>
void judge(bench_row& row, measure::machine<Arch>& machine, measure::work const& w,
           double footprint) {
  measure::bound const lowest = machine.lowest(w, footprint);
  row.bytes = w.read + w.written;
  row.multiply_adds = w.multiply_adds;
  row.of_peak = row.gflops() / machine.peak();
  row.bound = lowest.name;
  row.of_bound = row.nanoseconds > 0 ? lowest.seconds * 1e9 / row.nanoseconds : 0;
}

}  // namespace detail

/// Measures the network on this machine, kernel call by kernel call, for one sample: nanoseconds,
/// multiply-adds, GFLOP/s, and the fraction of the lowest ceiling, which is measured in the same
/// process. A call is repeated with its data in the nearest cache that holds them; the total is the
/// network as a whole. Layers that were fused are one call, under the one that multiplies where
/// there is one. A layer inside a combinator is told by its place there: `residual/2 conv2d`.
///
///   auto const report = etch::bench<net>();
///   std::fputs(etch::to_table(report).c_str(), stdout);
///   etch::save_roofline(report, "net.svg");
template <auto Net, class Arch = arch::native>
bench_report bench(bench_options const& options = {}) {
  constexpr auto usable = detail::usable<Net>();
  using plan_type = inference_plan<usable, 1>;
  using run = detail::executor<Arch, plan_type>;
  using network = std::remove_cvref_t<decltype(usable)>;
  static constexpr auto const& plan = plan_type::value;
  constexpr int inputs = network::input_count(), outputs = network::output_count();

  flush_denormals const guard;
  measure::machine<Arch> machine;
  model<usable, Arch> const m{seed{1}};

  graph const g = graph_of(usable);  // which names the layers, and the tables of tokens

  // Fractions of 1, or tokens: good as features, and as indices of a table.
  random_engine rng{1};
  std::array<float_buffer, inputs> x;
  std::array<float_buffer, outputs> y;
  std::array<float const*, inputs> x_data;
  std::array<float*, outputs> y_data;
  for (int i = 0; i < inputs; ++i) {
    auto& buffer = x[static_cast<std::size_t>(i)];
    buffer.resize(static_cast<std::size_t>(network::input_shape(i).elements()));
    for (std::size_t j = 0; j < buffer.size(); ++j)
      buffer.data()[j] = network::input_element(i) == element_type::int32
                             ? std::bit_cast<float>(rng.below(table_of(g, i).rows))
                             : rng.uniform();
    x_data[static_cast<std::size_t>(i)] = buffer.data();
  }
  for (int i = 0; i < outputs; ++i) {
    y[static_cast<std::size_t>(i)].resize(
        static_cast<std::size_t>(network::output_shape(i).elements()));
    y_data[static_cast<std::size_t>(i)] = y[static_cast<std::size_t>(i)].data();
  }
  float_buffer memory(static_cast<std::size_t>(workspace<usable, 1>::floats));
  buffers b;
  b.inputs = x_data.data();
  b.outputs = y_data.data();
  b.parameters = m.weights();
  b.derived = const_cast<float*>(m.weights()) + facts<usable>::parameter_floats;
  b.workspace = memory.data();

  auto const typical = [&](auto&& call) {
    return measure::typical(options.seconds, [&] {
      call();
      measure::touch(&b);
    });
  };
  bench_report report;
  report.processor = measure::processor_name();
  report.instruction_set = Arch::name;
  auto const whole = [&] { run_plan<Arch, plan_type>(b, 1); };
  whole();
  report.total.name = "total";
  for (int i = 0; i < outputs; ++i)
    report.total.output += (i > 0 ? ", " : "") + shape_text(network::output_shape(i));
  report.total.nanoseconds = 1e9 * typical(whole);

  measure::work all;
  constexpr int first = static_cast<int>(plan.segments.size()) > plan.prologue
                            ? plan.segments[plan.prologue].first
                            : 0;
  [&]<int... I>(std::integer_sequence<int, I...>) {
    auto const each = [&]<int K>(std::integral_constant<int, K>) {
      constexpr step const& s = plan.steps[K];
      measure::work w;
      w.multiply_adds = detail::multiply_adds_of(plan, s);
      detail::add_traffic(plan, s, w);
      w.function_seconds = detail::step_function_seconds<Arch, plan, K>();
      bench_row row;
      row.layer = detail::chain_layer(g, s.layer);
      row.name = layer_text(g, s.layer);
      row.step = name_of(plan, s);
      row.kernel = to_text(passes::choice_of(plan, K, machine_of<Arch>));
      row.output = shape_text(detail::output_of(plan, s));
      whole();  // operands as they are when the network runs
      row.nanoseconds = 1e9 * typical([&] { run::template run<K>(b, 0, 1); });
      detail::judge(row, machine, w, w.read + w.written);
      all.multiply_adds += w.multiply_adds;
      all.function_seconds += w.function_seconds;
      report.rows.push_back(row);
    };
    (each(std::integral_constant<int, first + I>{}), ...);
  }(std::make_integer_sequence<int, static_cast<int>(plan.steps.size()) - first>{});

  all.read = 4.0 * facts<usable>::weight_floats;
  for (step const& s : plan.steps)  // of tables, the rows that are read
    if (is<primitive::gather>(s))
      all.read -= 4.0 * std::max(0, plan.values[operands_of(plan, s)[0]].size -
                                        plan.values[result_of(plan, s)].size);
  for (auto const& buffer : x) all.read += 4.0 * static_cast<double>(buffer.size());
  for (auto const& buffer : y) all.written += 4.0 * static_cast<double>(buffer.size());
  detail::judge(report.total, machine, all,
                all.read + all.written + 4.0 * workspace<usable, 1>::floats);

  measure::cache_sizes const sizes = measure::caches();
  report.ceilings = {machine.peak(), machine.load(sizes.l1 / 2) * 1e-9,
                     machine.load(sizes.l2 / 2) * 1e-9, machine.load(4 * sizes.l2) * 1e-9};
  return report;
}

}  // namespace etch
