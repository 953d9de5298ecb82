#pragma once

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "../../dsl/text.hpp"
#include "../lower/lower.hpp"
#include "../passes/select.hpp"
#include "kernel_text.hpp"

namespace etch {

constexpr std::string_view name_of(op code) {
  constexpr std::string_view names[] = {
      "input",      "parameter",     "constant",    "iota",        "batch_size", "random",
      "map",        "contract",      "contract_dx", "contract_dw", "reduce",     "pool",
      "pool_index", "pool_gradient", "reshape",     "pad",         "slice",      "concat",
      "detach",     "pack",          "unpack",      "transpose"};
  return names[static_cast<int>(code)];
}

constexpr std::string_view name_of(step_kind what) {
  constexpr std::string_view names[] = {
      "map",           "reduce",      "contract", "contract_max_pool",
      "contract_dx",   "contract_dw", "pool",     "pool_index",
      "pool_gradient", "copy",        "pack",     "unpack",
      "transpose",     "random",      "iota",     "batch_size",
      "all_reduce"};
  return names[static_cast<int>(what)];
}

/// `tanh`, or `fast_tanh` where the fast form is meant.
inline std::string spelled(function f, bool fast) {
  return fmt::format("{}{}", fast && has_fast_form(f) ? "fast_" : "", name_of(f));
}

/// Which layer that is, with its place in each combinator around it: `conv2d`, `residual/2 conv2d`;
/// of blocks side by side, first the block: `parallel/1/2 relu`. What a combinator does itself has
/// its name: `residual`.
inline std::string layer_text(graph const& g, int layer) {
  auto const info = [&](int i) { return g.layers[static_cast<std::size_t>(i)]; };
  layer_info const own = info(layer);
  if (own.inside < 0) return std::string{own.kind};
  int place = 1;
  for (int i = own.inside + 1; i < layer; ++i) place += info(i).inside == own.inside;
  std::string_view const space = own.kind.empty() ? "" : " ";
  return fmt::format("{}/{}{}{}", layer_text(g, own.inside), place, space, own.kind);
}

/// A graph, one node a line: `%7 = maximum(%4, %6) (26, 26, 32)`, with * where a sample has its
/// own.
inline std::string to_text(graph const& g) {
  std::string text;
  for (int id = 0; id < g.size(); ++id) {
    node const& n = g[id];
    bool const has_function = n.code == op::map || n.code == op::reduce || n.code == op::pool;
    text +=
        fmt::format("%{} = {}{}", id,
                    has_function && n.code != op::map ? fmt::format("{} ", name_of(n.code)) : "",
                    has_function ? spelled(n.fn, g.fast) : std::string(name_of(n.code)));
    if (n.code == op::constant) text += fmt::format(" {}", n.value);
    if (n.code == op::input) text += fmt::format(" {}", n.index);
    if (n.code == op::parameter)
      text += fmt::format(" {}", g.parameters[static_cast<std::size_t>(n.index)].name.view());
    std::string operands;
    for (int i = 0; i < n.operand_count(); ++i)
      operands += fmt::format("{}%{}", i == 0 ? "" : ", ", n.operand(i));
    if (!operands.empty()) text += fmt::format("({})", operands);
    if (n.code == op::reduce)
      text += fmt::format(" over axes {} to {}{}", n.first, n.last,
                          n.over_batch ? " and the batch" : "");
    text += fmt::format(" {}{}\n", shape_text(n.shape), n.batched ? "*" : "");
  }
  for (std::size_t i = 0; i < g.outputs.size(); ++i)
    text += fmt::format("output {} = %{}\n", i, g.outputs[i]);
  for (gradient_root const& r : g.gradients)
    text += fmt::format("gradient of {} += %{}\n",
                        g.parameters[static_cast<std::size_t>(r.parameter)].name.view(), r.node);
  return text;
}

/// `maximum(0, add(acc, @2))`: a program as an expression of its loads.
inline std::string to_text(program const& p) {
  std::string registers[program::max_loads + program::max_instructions];
  for (int i = 0; i < p.loads; ++i) {
    auto const& l = p.operand(i);
    auto& name = registers[static_cast<std::size_t>(i)];
    if (l.from == program::kind::constant)
      name = fmt::format("{}", std::bit_cast<float>(l.bits));
    else if (l.from == program::kind::accumulator)
      name = "acc";
    else
      name = fmt::format("@{}", i);
  }
  for (int i = 0; i < p.instructions; ++i) {
    auto const& code = p[i];
    auto const operand = [&](signed char r) { return registers[static_cast<std::size_t>(r)]; };
    std::string text = fmt::format("{}({}", spelled(code.fn, p.fast), operand(code.a));
    if (arity(code.fn) > 1) text += ", " + operand(code.b);
    if (arity(code.fn) > 2) text += ", " + operand(code.c);
    registers[static_cast<std::size_t>(p.loads + i)] = text + ")";
  }
  return registers[p.instructions == 0 ? 0 : static_cast<std::size_t>(p.registers() - 1)];
}

namespace detail {

/// A plan with `kernel(i)` behind the name of step i.
template <class Kernel>
std::string plan_text(plan const& p, Kernel kernel) {
  constexpr std::string_view spaces[] = {"input",     "output",  "parameters",
                                         "gradients", "derived", "workspace"};
  auto const place = [&](int v) {
    value const& x = p.values[static_cast<std::size_t>(v)];
    if (x.where == space::input || x.where == space::output)
      return fmt::format("{}{}", spaces[static_cast<std::size_t>(x.where)], x.index);
    if (x.grows) return fmt::format("batch+{}*", x.offset);
    return fmt::format("{}+{}{}", spaces[static_cast<std::size_t>(x.where)], x.offset,
                       x.batched && x.stride > 0 && p.samples > 1 ? "*" : "");
  };
  std::string text =
      fmt::format("up to {} samples, {} floats of workspace, {} derived, {} of parameters\n",
                  p.samples, p.workspace, p.derived, p.parameter_floats);
  if (p.whole_batch)
    text += fmt::format("a whole batch at once, {} floats for each of its samples\n", p.batch);
  for (std::size_t g = 0; g < p.segments.size(); ++g) {
    segment const& part = p.segments[g];
    text += static_cast<int>(g) < p.prologue ? "when the parameters change:\n"
            : part.lanes && part.loops       ? "as many samples as a vector has lanes:\n"
            : part.loops                     ? "sample by sample:\n"
                                             : "all samples at once:\n";
    for (int i = part.first; i < part.last; ++i) {
      step const& s = p.steps[static_cast<std::size_t>(i)];
      std::string reads;
      for (int x : s.operands)
        if (x >= 0) reads += " " + place(x);
      program const& code = code_of(p, s);
      for (int k = 0; k < code.loads; ++k)
        if (int const v = load_of(p, s, k); v >= 0) reads += fmt::format(" @{}={}", k, place(v));
      if (s.also >= 0) reads += fmt::format(" also={}", place(s.also));
      text += fmt::format("  {} {}= {}{}{}{}", place(s.result), s.sums && !s.begins ? "+" : "",
                          s.team          ? "together "
                          : s.by_row != 0 ? "row by row "
                                          : "",
                          name_of(s.what), kernel(i), reads);
      if (code.instructions > 0) text += "  " + to_text(code);
      text += "\n";
    }
  }
  return text;
}

}  // namespace detail

/// A plan, one kernel call a line, with what it reads and where its result lies.
inline std::string to_text(plan const& p) {
  return detail::plan_text(p, [](int) { return std::string{}; });
}

/// The same with the kernel and the tile of each contraction on that machine, in brackets:
/// `contract [windows 2x7x2]`. As in `to_text(p, machine_of<arch::native>)`.
inline std::string to_text(plan const& p, machine const& m) {
  auto const chosen = passes::select(p, m);
  return detail::plan_text(p, [&](int i) {
    std::string const text = to_text(chosen[static_cast<std::size_t>(i)]);
    return text.empty() ? text : fmt::format(" [{}]", text);
  });
}

}  // namespace etch
