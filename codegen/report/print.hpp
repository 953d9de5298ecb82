#pragma once

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "../../dsl/text.hpp"
#include "../lower/lower.hpp"
#include "../passes/select.hpp"
#include "kernel_text.hpp"

namespace etch {

/// `tanh`, or `fast_tanh` where the fast form is meant.
inline std::string spelled(function f, bool fast) {
  return fmt::format("{}{}", fast && has_fast_form(f) ? "fast_" : "", name_of(f));
}

/// Which layer that is, with its place in each combinator around it: `conv2d`, `residual/2 conv2d`;
/// of blocks side by side, first the block: `parallel/1/2 relu`. What a combinator does itself has
/// its name: `residual`.
inline std::string layer_text(graph const& g, layer_id layer) {
  layer_info const& own = g.layers[layer];
  if (own.inside == layer_id::none) return std::string{own.kind};
  int place = 0;
  for (int i = static_cast<int>(own.inside) + 1; i <= static_cast<int>(layer); ++i)
    place += g.layers[i].inside == own.inside;
  std::string_view const space = own.kind.empty() ? "" : " ";
  return fmt::format("{}/{}{}{}", layer_text(g, own.inside), place, space, own.kind);
}

namespace detail {

// What is printed of a node: its primitive, with what that has for itself.
template <class Kind>
std::string label_of(graph const&, Kind const&) { return std::string{Kind::name}; }
inline std::string label_of(graph const&, primitive::input const& in) {
  return fmt::format("input {}", in.which);
}
inline std::string label_of(graph const& g, primitive::parameter const& p) {
  return fmt::format("parameter {}", g.parameters[p.which].name.view());
}
inline std::string label_of(graph const&, primitive::constant const& c) {
  return fmt::format("constant {}", c.value);
}
inline std::string label_of(graph const&, primitive::gather const& r) {
  return r.table.pads ? fmt::format("gather without {}", r.table.padding) : "gather";
}
inline std::string label_of(graph const& g, primitive::map const& m) { return spelled(m.fn, g.fast); }
/// `product a b^T`
inline std::string label_of(primitive::product const& p) {
  if (!p.transpose_a && !p.transpose_b) return std::string{p.name};
  return fmt::format("{} a{} b{}", p.name, p.transpose_a ? "^T" : "", p.transpose_b ? "^T" : "");
}
inline std::string label_of(graph const&, primitive::product const& p) { return label_of(p); }
inline std::string label_of(graph const& g, primitive::reduce const& r) {
  return fmt::format("reduce {}", spelled(r.fn, g.fast));
}
inline std::string label_of(graph const& g, primitive::pool const& p) {
  return fmt::format("pool {}", spelled(p.fn, g.fast));
}

/// ` 2 0 1`, with ` reversed` behind an axis whose indices are.
inline std::string axes_text(primitive::permute const& p, int rank) {
  std::string text;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(rank); ++axis)
    text += fmt::format(" {}{}", p.axes[axis], p.flips[axis] != 0 ? " reversed" : "");
  return text;
}

}  // namespace detail

/// A graph, one node a line: `%7 = maximum(%4, %6) (26, 26, 32)`, with * where a sample has its
/// own.
inline std::string to_text(graph const& g) {
  auto const number = [](node_id id) { return static_cast<int>(id); };
  std::string text;
  for (node_id id : g.ids()) {
    node const& n = g[id];
    std::string label, operands;
    g.visit(id, [&](auto const& kind) { label = detail::label_of(g, kind); });
    for (node_id x : g.operands(id))
      operands += fmt::format("{}%{}", operands.empty() ? "" : ", ", number(x));
    text += fmt::format("%{} = {}", number(id), label);
    if (!operands.empty()) text += fmt::format("({})", operands);
    if (auto const* r = g.get_if<primitive::reduce>(id))
      text += fmt::format(" over axes {} to {}{}", r->first, r->last,
                          n.over_batch ? " and the batch" : "");
    if (auto const* p = g.get_if<primitive::permute>(id))
      text += " to axes" + detail::axes_text(*p, n.shape.rank);
    text += fmt::format(" {}{}{}", shape_text(n.shape), n.batched ? "*" : "",
                        n.element == element_type::int32 ? " int32" : "");
    if (n.loop != loop_id::none)
      text += fmt::format(", {} loop {}", n.over_steps ? "summed over" : "in",
                          static_cast<int>(n.loop));
    text += "\n";
  }
  for (std::size_t i = 0; i < g.loops.size(); ++i)
    text += fmt::format("loop {}: {} steps{}\n", i, g.loops[i].steps,
                        g.loops[i].backwards ? ", backwards" : "");
  for (carried_value const& c : g.carried)
    text += fmt::format("%{} is %{} in the next step\n", number(c.value), number(c.next));
  for (std::size_t i = 0; i < g.outputs.size(); ++i)
    text += fmt::format("output {} = %{}\n", i, number(g.outputs[i]));
  for (gradient_root const& r : g.gradients)
    text += fmt::format("gradient of {} += %{}\n", g.parameters[r.parameter].name.view(),
                        number(r.node));
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

inline std::string label_of(plan const& p, step const& s) {
  if (auto const* product = get_if<primitive::product>(p, s)) return label_of(*product);
  return std::string{name_of(p, s)};
}

/// The stages of a loop over rows, a line each: what later ones read is r1, r2, ...
inline std::string stages_text(plan const& p, steps::row_loop const& loop) {
  using source = steps::row_stage::source;
  std::string text;
  for (int k = 0; k < loop.stage_count; ++k) {
    steps::row_stage const& stage = stages_of(p, loop)[k];
    program const& code = p.programs[stage.code];
    std::string reads;
    for (int l = 0; l < code.loads; ++l) {
      source const from = stage.loads[static_cast<std::size_t>(l)];
      if (from.from == source::kind::nowhere) continue;
      reads += fmt::format(" @{}={}{}", l, from.from == source::kind::stage ? "r" : "operand ",
                           from.number);
    }
    text += fmt::format("    r{}{} = {}{}  {}\n", k, stage.stored ? ", stored," : "",
                        stage.reduces ? fmt::format("{} of the row", name_of(stage.fn)) : "map",
                        reads, to_text(code));
  }
  return text;
}

/// A plan with `kernel(i)` behind the name of step i.
template <class Kernel>
std::string plan_text(plan const& p, Kernel kernel) {
  constexpr std::string_view spaces[] = {"input",     "output",  "parameters",
                                         "gradients", "derived", "workspace"};
  auto const place = [&](value_id v) {
    value const& x = p.values[v];
    if (x.where == space::input || x.where == space::output)
      return fmt::format("{}{}", spaces[static_cast<std::size_t>(x.where)], x.index);
    std::string const shift = x.shift > 0 ? fmt::format("+{}*", x.shift) : "";
    std::string const step = x.pace == 0 ? "" : x.alternates ? "[step % 2]" : "[step]";
    if (x.grows) return fmt::format("batch+{}*{}{}", x.offset, shift, step);
    return fmt::format("{}+{}{}{}{}", spaces[static_cast<std::size_t>(x.where)], x.offset,
                       x.batched && x.stride > 0 && p.samples > 1 ? "*" : "", shift, step);
  };
  std::string text =
      fmt::format("up to {} samples, {} floats of workspace, {} derived, {} of parameters\n",
                  p.samples, p.workspace, p.derived, p.parameter_floats);
  if (p.whole_batch)
    text += fmt::format("a whole batch at once, {} floats for each of its samples\n", p.batch);
  for (int g = 0; g < static_cast<int>(p.segments.size()); ++g) {
    segment const& part = p.segments[g];
    repetition const* const r = repetition_of(p, g);
    if (r && g == r->first)
      text += fmt::format("{} of {} steps{}:\n", r->loop.steps > 1 ? "each" : "one",
                          r->loop.steps, r->loop.backwards ? ", backwards" : "");
    if (r) text += "  ";
    text += g < p.prologue               ? "when the parameters change:\n"
            : part.lanes && part.loops ? "as many samples as a vector has lanes:\n"
            : part.loops               ? "sample by sample:\n"
                                       : "all samples at once:\n";
    for (int i = part.first; i < part.last; ++i) {
      step const& s = p.steps[i];
      std::string made, reads;
      for (value_id y : results_of(p, s)) made += place(y) + " ";
      for (value_id x : operands_of(p, s)) reads += " " + place(x);
      for (int k = 0; k < code_of(p, s).loads; ++k)
        if (value_id const v = loads_of(p, s)[k]; v != value_id::none)
          reads += fmt::format(" @{}={}", k, place(v));
      text += fmt::format("  {}{}{}= {}{}{}{}{}", r ? "  " : "", made, s.sums && !s.begins ? "+" : "",
                          s.team ? "together " : "", label_of(p, s),
                          s.at_once > 0 ? fmt::format(" of {} steps", s.at_once) : "", kernel(i), reads);
      if (code_of(p, s).instructions > 0) text += "  " + to_text(code_of(p, s));
      text += "\n";
      if (auto const* loop = get_if<steps::row_loop>(p, s)) text += stages_text(p, *loop);
    }
  }
  return text;
}

}  // namespace detail

/// A plan, one kernel call a line, with what it reads and where its results lie.
inline std::string to_text(plan const& p) {
  return detail::plan_text(p, [](int) { return std::string{}; });
}

/// The same with the kernel and the tile of each contraction on that machine, in brackets:
/// `contract [windows 2x7x2]`. As in `to_text(p, machine_of<arch::native>)`.
inline std::string to_text(plan const& p, machine const& m) {
  auto const chosen = passes::select(p, m);
  return detail::plan_text(p, [&](int i) {
    std::string const text = to_text(chosen[i]);
    return text.empty() ? text : fmt::format(" [{}]", text);
  });
}

}  // namespace etch
