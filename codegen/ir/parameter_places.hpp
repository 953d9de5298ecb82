#pragma once

#include "../../dsl/graph.hpp"
#include "packing.hpp"

namespace etch {

/// Where a parameter lies in a model's one buffer, in floats: `packed` weights in the panels of
/// their contraction, everything else row-major. Each begins on a multiple of 16 floats.
struct parameter_place {
  int offset = 0;
  int size = 0;  // with padding, a multiple of 16
  bool packed = false;
  contraction window{};

  constexpr bool operator==(parameter_place const&) const = default;
};

/// What an int counts, in whole vectors.
inline constexpr int most_floats = 0x7fff'fff0;

constexpr int round_up(int count, int multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

/// Whether one packed copy of the weights serves both windows.
constexpr bool same_packing(contraction const& a, contraction const& b) {
  return a.kernel_height == b.kernel_height && a.kernel_width == b.kernel_width &&
         a.channels == b.channels && a.groups == b.groups && a.filters == b.filters;
}

/// The window of a contraction, transposed or not, with weights; none for another node.
constexpr contraction const* window_of(graph const& g, node_id id) {
  if (auto const* c = g.get_if<primitive::contract>(id)) return &c->window;
  auto const* transposed = g.get_if<primitive::contract_dx>(id);
  return transposed ? &transposed->window : nullptr;
}

/// The places of a graph's parameters. A parameter is packed when its first use is as the weights
/// of a contraction, transposed or not; that is the same in every graph of one network. None where
/// they are too many: an int counts the floats of all, and those of each with what pads it transposed.
constexpr constexpr_list<parameter_place> parameter_places(graph const& g) {
  constexpr_list<parameter_place> places(g.parameters.size());
  constexpr_list<char> seen(g.parameters.size(), false);
  for (node_id id : g.ids())
    for (int i = 0; i < g[id].operand_count; ++i) {
      auto const* p = g.get_if<primitive::parameter>(g.operand(id, i));
      if (!p || seen[p->which]) continue;
      seen[p->which] = true;
      auto const* turned = g.get_if<primitive::transpose>(id);  // weights, for such a window
      contraction const* window = turned ? &turned->window : i == 1 ? window_of(g, id) : nullptr;
      loop_id const loop = g[g.operand(id, i)].loop;
      int const repetitions = loop == loop_id::none ? 1 : g.loops[loop].steps;
      int const apart = loop == loop_id::none ? 0 : g.loops[loop].parameters;
      for (int k = 0, which = static_cast<int>(p->which); k < repetitions; ++k, which += apart)
        if (window) places[which] = {.packed = true, .window = *window};
    }
  long long offset = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    parameter_place& place = places[i];
    long long size = round_up(g.parameters[i].shape.elements(), 16), most = size;
    if (place.packed) {
      size = packed_floats(place.window);
      most = std::max(size, packed_floats(transposed(place.window)));
    }
    if (offset + most > most_floats) return {};
    place.offset = static_cast<int>(offset);
    place.size = static_cast<int>(size);
    offset += size;
  }
  return places;
}

}  // namespace etch
