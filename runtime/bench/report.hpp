#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "../files/json.hpp"

namespace etch {

/// One kernel call of a network, or all of it, for one sample.
struct bench_row {
  int layer = 0;             // of the chain, in the order of the declaration, the input being 0
  std::string name{};        // the kind of that layer, or the way to the one inside it
  std::string step{};        // what it computes: contract, map, ...
  std::string kernel{};      // which kernel that is, with its tile: windows 2x7x2
  std::string output{};      // the shape of its result, or of each
  double nanoseconds = 0;    // the median
  double multiply_adds = 0;  // that are computed; what pooling drops is not
  double bytes = 0;          // read and written, each once, weights with their padding
  double of_peak = 0;        // the fraction of the multiply-add peak
  std::string bound{};       // the lowest ceiling: FMA, L1, L2, L3 or transcendental
  double of_bound = 0;       // the fraction of that ceiling

  double gflops() const { return nanoseconds > 0 ? 2 * multiply_adds / nanoseconds : 0; }
  /// Operations per byte.
  double intensity() const { return bytes > 0 ? 2 * multiply_adds / bytes : 0; }
};

/// What a core can do at best, as measured in the same process.
struct bench_ceilings {
  double gflops = 0;              // multiply-adds in registers
  double l1 = 0, l2 = 0, l3 = 0;  // gigabytes a second, loaded and multiplied
};

/// What `bench` measured: the kernel calls in their order, and the whole network.
struct bench_report {
  std::string processor{};  // as the system names it; empty if it does not
  std::string instruction_set;
  bench_ceilings ceilings;
  std::vector<bench_row> rows;
  bench_row total;
};

/// Where the report was measured: `AMD EPYC 9R14, AVX-512, one core`.
inline std::string machine_text(bench_report const& r) {
  std::string_view const set = r.instruction_set;
  std::string_view const words = set == "avx512" ? "AVX-512"
                                 : set == "avx2" ? "AVX2"
                                 : set == "sse2" ? "SSE2"
                                 : set == "neon" ? "NEON"
                                                 : set;
  return fmt::format("{}{}{}, one core", r.processor, r.processor.empty() ? "" : ", ", words);
}

/// A table for people.
inline std::string to_table(bench_report const& r) {
  std::size_t names = 18, kernels = 6, outputs = std::max<std::size_t>(16, r.total.output.size());
  for (bench_row const& x : r.rows) {
    names = std::max(names, x.name.size());
    kernels = std::max(kernels, x.kernel.size());
    outputs = std::max(outputs, x.output.size());
  }
  constexpr std::string_view format =
      "{:>5}  {:<{}} {:<18} {:<{}} {:<{}} {:>12} {:>10} {:>12} {:>9} {:>8}  {:<14} {:>8}\n";
  auto const line = [&](std::string const& layer, bench_row const& x) {
    auto const percent = [](double f) {
      return f > 0 ? fmt::format("{:.0f}%", 100 * f) : std::string{};
    };
    bool const multiplies = x.multiply_adds > 0;
    return fmt::format(fmt::runtime(format), layer, x.name, names, x.step, x.kernel, kernels,
                       x.output, outputs, multiplies ? fmt::format("{:.0f}", x.multiply_adds) : "",
                       fmt::format("{:.0f}", x.bytes), fmt::format("{:.1f}", x.nanoseconds),
                       multiplies ? fmt::format("{:.1f}", x.gflops()) : "",
                       multiplies ? percent(x.of_peak) : "", x.bound, percent(x.of_bound));
  };
  std::string text =
      fmt::format(fmt::runtime(format), "layer", "", names, "step", "kernel", kernels, "output",
                  outputs, "multiply-adds", "bytes", "ns", "GFLOP/s", "of peak", "bound",
                  "of bound");
  std::string const rule = std::string(text.size() - 1, '-') + "\n";
  text += rule;
  for (bench_row const& x : r.rows) text += line(std::to_string(x.layer), x);
  text += rule + line("", r.total);
  text += fmt::format(
      "{}: {:.0f} GFLOP/s in registers; loads from L1, L2, L3: {:.0f}, {:.0f}, {:.0f} GB/s\n",
      machine_text(r), r.ceilings.gflops, r.ceilings.l1, r.ceilings.l2, r.ceilings.l3);
  return text;
}

/// The same as JSON.
inline std::string to_json(bench_report const& r) {
  auto const row = [](bench_row const& x) {
    return fmt::format(
        "{{\"layer\": {}, \"name\": {}, \"step\": {}, \"kernel\": {}, \"output\": {}, "
        "\"nanoseconds\": {:.3f}, "
        "\"multiply_adds\": {:.0f}, \"bytes\": {:.0f}, \"gflops\": {:.3f}, \"of_peak\": {:.4f}, "
        "\"bound\": {}, \"of_bound\": {:.4f}}}",
        x.layer, json_quoted(x.name), json_quoted(x.step), json_quoted(x.kernel),
        json_quoted(x.output), x.nanoseconds, x.multiply_adds, x.bytes, x.gflops(), x.of_peak,
        json_quoted(x.bound), x.of_bound);
  };
  std::string text = fmt::format(
      "{{\n  \"processor\": {},\n  \"instruction_set\": {},\n  \"ceilings\": {{\"gflops\": {:.3f}, \"l1_gigabytes\": "
      "{:.3f}, "
      "\"l2_gigabytes\": {:.3f}, \"l3_gigabytes\": {:.3f}}},\n  \"rows\": [",
      json_quoted(r.processor), json_quoted(r.instruction_set), r.ceilings.gflops, r.ceilings.l1, r.ceilings.l2,
      r.ceilings.l3);
  for (std::size_t i = 0; i < r.rows.size(); ++i)
    text += (i == 0 ? "\n    " : ",\n    ") + row(r.rows[i]);
  return text + "\n  ],\n  \"total\": " + row(r.total) + "\n}\n";
}

}  // namespace etch
