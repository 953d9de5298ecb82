#pragma once

#include <array>
#include <span>
#include <string>
#include <type_traits>

#include "cost.hpp"
#include "../simd/arch.hpp"

namespace etch {

/// 1234567 as `1,234,567`.
std::string grouped(long long number);

namespace detail {

/// A line of a summary: a layer of the chain, or one inside a combinator, with what is inside it.
struct summary_line {
  std::string_view kind;  // none: a block beside others
  int depth = 0;          // in how many combinators it is
  int place = 0;          // in the chain, the input being 0, or in its combinator, from 1 on
  tensor_shape output;
  long long parameters = 0;
  long long multiply_adds = 0;
  int groups = 1;          // of its convolution
  bool depthwise = false;  // each channel has its own filters
};

/// A line for each layer of the graph, in its order.
constexpr void fill_lines(graph const& g, std::span<summary_line> lines) {
  auto const at = [](layer_id i) { return static_cast<std::size_t>(i); };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    layer_info const& l = g.layers[i];
    summary_line& line = lines[i];
    line = {.kind = l.kind, .place = l.number, .output = l.output};
    if (l.inside == layer_id::none) continue;
    line.depth = lines[at(l.inside)].depth + 1;
    line.place = 1;
    for (std::size_t j = 0; j < i; ++j) line.place += g.layers[j].inside == l.inside;
  }
  auto const add = [&](layer_id layer, auto what) {
    for (; layer != layer_id::none; layer = g.layers[layer].inside) what(lines[at(layer)]);
  };
  for (parameter_info const& p : g.parameters)
    if (p.trainable)
      add(p.layer, [&](summary_line& l) { l.parameters += p.shape.elements(); });
  for (node_id id : g.ids()) {
    long long const count = multiply_adds_of(g, id);
    add(g[id].layer, [&](summary_line& l) { l.multiply_adds += count; });
    contraction const* window = window_of(g, id);
    if (!window || !g.is<primitive::parameter>(g.operand(id, 1))) continue;
    lines[at(g[id].layer)].groups = window->groups;
    lines[at(g[id].layer)].depthwise = window->depthwise();
  }
}

template <auto Net>
inline constexpr auto summary_lines = [] {
  constexpr std::size_t count = graph_of(Net).layers.size();
  std::array<summary_line, count> lines{};
  fill_lines(graph_of(Net), lines);
  return lines;
}();

std::string summary(std::span<summary_line const> lines, long long parameters,
                    long long multiply_adds, long long weight_bytes, long long workspace_bytes,
                    bool only_sse2);

}  // namespace detail

/// The network as a table: each layer's output shape, parameters and multiply-adds for one sample,
/// what is inside a combinator indented below it. A convolution in groups says so, and a program
/// that is compiled for SSE2 alone.
template <auto Net>
std::string summary() {
  constexpr auto usable = detail::usable<Net>();
  constexpr auto const& all = cost<usable>;
  return detail::summary(detail::summary_lines<usable>, all.parameters, all.multiply_adds,
                         all.weight_bytes, all.workspace_bytes,
                         std::is_same_v<arch::native, arch::sse2>);
}

}  // namespace etch
