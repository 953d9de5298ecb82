#pragma once

#include <vector>

#include "../../dsl/graph.hpp"
#include "../packing.hpp"

namespace etch {

/// Where a parameter lies in a model's one buffer, in floats: `packed` weights in the panels of their
/// contraction, everything else row-major. Each begins on a multiple of 16 floats.
struct parameter_place {
  int offset = 0;
  int size = 0;  // with padding, a multiple of 16
  bool packed = false;
  contraction window{};
};

constexpr int round_up(int count, int multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

/// Whether one packed copy of the weights serves both windows.
constexpr bool same_packing(contraction const& a, contraction const& b) {
  return a.kernel_height == b.kernel_height && a.kernel_width == b.kernel_width &&
         a.channels == b.channels && a.groups == b.groups && a.filters == b.filters;
}

/// The places of a graph's parameters. A parameter is packed when its first use is as the weights of a
/// contraction; that is the same in every graph of one network.
constexpr std::vector<parameter_place> parameter_places(graph const& g) {
  std::vector<parameter_place> places(g.parameters.size());
  std::vector<char> seen(g.parameters.size(), false);
  for (node const& n : g.nodes) {
    for (int i = 0; i < n.operand_count(); ++i) {
      node const& w = g[n.operand(i)];
      if (w.code != op::parameter || seen[static_cast<std::size_t>(w.index)]) continue;
      seen[static_cast<std::size_t>(w.index)] = true;
      auto& place = places[static_cast<std::size_t>(w.index)];
      place.packed = n.code == op::contract && i == 1;
      if (place.packed) place.window = n.window;
    }
  }
  int offset = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i].offset = offset;
    places[i].size = places[i].packed ? round_up(packed_size(places[i].window), 16)
                                      : round_up(g.parameters[i].shape.elements(), 16);
    offset += places[i].size;
  }
  return places;
}

namespace passes {

/// Puts `pack`, `unpack` and `transpose` where a node wants weights in another layout than it is given:
/// contractions read packed panels, their dX transposed ones, and dW gives packed ones.
constexpr graph layout(graph const& from) {
  auto const at = [](int id) { return static_cast<std::size_t>(id); };
  std::vector<parameter_place> const places = parameter_places(from);
  graph g = from;
  g.nodes.clear();
  std::vector<int> renamed;
  std::vector<char> packed;            // of g: the value is in the panels of its window
  std::vector<int> other(1, -1);       // of g: the same value in the other layout
  std::vector<int> transposed(1, -1);  // of g: the same weights as contract_dx reads them
  auto const add = [&](node const& n, bool is_packed) {
    g.nodes.push_back(n);
    packed.push_back(is_packed);
    other.push_back(-1);
    transposed.push_back(-1);
    return g.size() - 1;
  };
  auto const convert = [&](int id, bool to_packed, contraction const& window) {
    if (packed[at(id)] == to_packed) return id;
    if (other[at(id)] < 0) {
      node const n{.code = to_packed ? op::pack : op::unpack, .layer = g[id].layer,
                   .shape = g[id].shape, .operands = {id, -1, -1}, .window = window};
      int const made = add(n, to_packed);
      other[at(id)] = made;
      other[at(made)] = id;
    }
    return other[at(id)];
  };
  for (node n : from.nodes) {
    for (int i = 0; i < n.operand_count(); ++i) n.operands[at(i)] = renamed[at(n.operand(i))];
    bool const weights = n.code == op::contract || n.code == op::contract_dx;
    for (int i = 0; i < n.operand_count(); ++i) {
      int& operand = n.operands[at(i)];
      bool const wants_packed = weights && i == 1;
      operand = convert(operand, wants_packed, wants_packed ? n.window : g[operand].window);
    }
    if (n.code == op::contract_dx) {
      int const w = n.operand(1);
      if (transposed[at(w)] < 0)
        transposed[at(w)] = add({.code = op::transpose, .layer = n.layer, .shape = n.shape,
                                 .operands = {w, -1, -1}, .window = n.window}, true);
      n.operands[1] = transposed[at(w)];
    }
    bool is_packed = n.code == op::contract_dw;
    if (n.code == op::parameter) {
      is_packed = places[at(n.index)].packed;
      n.window = places[at(n.index)].window;
    }
    renamed.push_back(add(n, is_packed));
  }
  for (int& y : g.outputs) y = convert(renamed[at(y)], false, g[renamed[at(y)]].window);
  for (gradient_root& root : g.gradients) {
    parameter_place const& place = places[at(root.parameter)];
    root.node = convert(renamed[at(root.node)], place.packed,
                        place.packed ? place.window : g[renamed[at(root.node)]].window);
  }
  return g;
}

}  // namespace passes
}  // namespace etch
