#pragma once

#include "../ir/parameter_places.hpp"
#include "readers.hpp"

namespace etch {

namespace passes {

namespace detail {

/// The slice that alone reads each dX and for which that is better made as a convolution of a dY
/// with zeros around it, or -1: it cuts off what the windows of a padded image read of its border,
/// so that no more is multiplied, and the convolution takes in the maps that follow.
constexpr constexpr_list<int> cuts_of(graph const& g) {
  constexpr_list<int> cuts(g.nodes.size(), -1);
  auto const all = readers(g);
  for (int id = 0; id < g.size(); ++id) {
    node const& cut = g[id];
    if (cut.code != op::slice || g[cut.operand(0)].code != op::contract_dx) continue;
    node const& dx = g[cut.operand(0)];
    contraction const& c = dx.window;
    int const height = c.span_height() - 1, width = c.span_width() - 1;
    bool const plain =
        dx.operand_count() == 2 && c.groups == 1 && c.stride_height == 1 && c.stride_width == 1 &&
        c.channels >= 16 && canonical(c) == c && cut.shape.rank == 3 &&
        cut.shape[2] == c.channels &&
        g[dx.operand(0)].shape == tensor_shape{c.out_height(), c.out_width(), c.filters};
    if (plain && all[static_cast<std::size_t>(cut.operand(0))].size() == 1 &&
        cut.before[0] <= height && cut.after[0] <= height && cut.before[1] <= width &&
        cut.after[1] <= width && cut.shape.elements(0, 2) <= c.out_height() * c.out_width())
      cuts[static_cast<std::size_t>(cut.operand(0))] = id;
  }
  return cuts;
}

/// What `cut` leaves of the dX of c, as the contraction of the padded dY.
constexpr contraction inverse(contraction const& c, node const& cut) {
  contraction made = transposed(c);
  made.height = cut.shape[0] + c.span_height() - 1;
  made.width = cut.shape[1] + c.span_width() - 1;
  return made;
}

}  // namespace detail

/// Puts `pack`, `unpack` and `transpose` where a node wants weights in another layout than it is
/// given: contractions read packed panels, dX mostly transposed ones, and dW gives packed ones. What
/// a padded convolution's dX is cut to becomes a convolution itself.
constexpr graph layout(graph const& from) {
  auto const at = [](int id) { return static_cast<std::size_t>(id); };
  struct copy {
    int standard, packed;
  };
  struct transposed_copy {
    int packed, made;
  };
  constexpr_list<parameter_place> const places = parameter_places(from);
  graph g = from;
  g.nodes.clear();
  constexpr_list<int> renamed;
  constexpr_list<char> packed;  // of g: the value is in the panels of its window
  constexpr_list<copy> copies;
  constexpr_list<transposed_copy> transposes;
  auto const add = [&](node const& n, bool is_packed) {
    g.nodes.push_back(n);
    packed.push_back(is_packed);
    return g.size() - 1;
  };
  auto const convert = [&](op how, int id, contraction const& window) {
    return add({.code = how,
                .layer = g[id].layer,
                .shape = g[id].shape,
                .operands = {id, -1, -1},
                .window = window},
               how == op::pack);
  };
  auto const standard = [&](int id) {
    if (!packed[at(id)]) return id;
    for (copy const& c : copies)
      if (c.packed == id) return c.standard;
    copies.push_back({convert(op::unpack, id, g[id].window), id});
    return copies.back().standard;
  };
  auto const packed_for = [&](int id, contraction const& window) {
    if (packed[at(id)] && same_packing(g[id].window, window)) return id;
    int const plain = standard(id);
    for (copy const& c : copies)
      if (c.standard == plain && same_packing(g[c.packed].window, window)) return c.packed;
    copies.push_back({plain, convert(op::pack, plain, window)});
    return copies.back().packed;
  };
  auto const transposed_for = [&](int id, node const& reader,
                                  transposition how = transposed_weights) {
    for (transposed_copy const& t : transposes)
      if (t.packed == id && g[t.made].index == how &&
          same_packing(canonical(g[t.made].window), canonical(reader.window)))
        return t.made;
    transposes.push_back({id, add({.code = op::transpose,
                                   .index = how,
                                   .layer = reader.layer,
                                   .shape = reader.shape,
                                   .operands = {id, -1, -1},
                                   .window = reader.window},
                                  true)});
    return transposes.back().made;
  };
  auto const convolved = [&](node const& dx, node const& cut) {
    contraction const& c = dx.window;
    contraction const made = detail::inverse(c, cut);
    int const height = c.span_height() - 1, width = c.span_width() - 1;
    int const turned = transposed_for(dx.operand(1), dx, turned_weights);
    int const dy = dx.operand(0);
    int const padded = add({.code = op::pad,
                            .batched = g[dy].batched,
                            .layer = dx.layer,
                            .shape = {made.height, made.width, made.channels},
                            .operands = {dy, -1, -1},
                            .before = {height - cut.before[0], width - cut.before[1]},
                            .after = {height - cut.after[0], width - cut.after[1]}},
                           false);
    return add({.code = op::contract,
                .batched = dx.batched,
                .layer = dx.layer,
                .shape = cut.shape,
                .operands = {padded, turned, -1},
                .window = made},
               false);
  };
  constexpr_list<int> const cuts = detail::cuts_of(from);
  for (int id = 0; id < from.size(); ++id) {
    node n = from[id];
    bool const weights = n.code == op::contract || n.code == op::contract_dx;
    for (int i = 0; i < n.operand_count(); ++i) {
      int& operand = n.operands[at(i)];
      operand = renamed[at(operand)];
      operand = weights && i == 1 ? packed_for(operand, n.window) : standard(operand);
    }
    if (int const cut = cuts[at(id)]; cut >= 0) {
      renamed.push_back(convolved(n, from[cut]));
      continue;
    }
    if (n.code == op::slice && cuts[at(from[id].operand(0))] == id) {
      renamed.push_back(n.operand(0));
      continue;
    }
    if (n.code == op::contract_dx && !dx_transposes(n.window))
      n.operands[1] = transposed_for(n.operand(1), n);
    bool const transposed_dw =  // made in the layout of the transposed weights
        n.code == op::contract_dw && n.operand_count() == 3 && skips_zeros(n.window);
    bool is_packed = n.code == op::contract_dw && !transposed_dw;
    if (n.code == op::parameter) {
      is_packed = places[at(n.index)].packed;
      n.window = places[at(n.index)].window;
    }
    renamed.push_back(add(n, is_packed));
    if (transposed_dw)
      renamed.back() = add({.code = op::transpose,
                            .index = packed_weights,
                            .layer = n.layer,
                            .shape = n.shape,
                            .operands = {renamed.back(), -1, -1},
                            .window = n.window},
                           true);
  }
  for (int& y : g.outputs) y = standard(renamed[at(y)]);
  for (gradient_root& root : g.gradients) {
    parameter_place const& place = places[at(root.parameter)];
    int const node = renamed[at(root.node)];
    root.node = place.packed ? packed_for(node, place.window) : standard(node);
  }
  return g;
}

}  // namespace passes
}  // namespace etch
