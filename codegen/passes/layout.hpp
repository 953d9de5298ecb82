#pragma once

#include <initializer_list>
#include <utility>

#include "../ir/parameter_places.hpp"
#include "readers.hpp"

namespace etch::passes {

namespace detail {

/// How far a window reaches beyond its first element along each axis of what it gives: an image, or a
/// sequence, which is one of height 1.
constexpr axis_counts reach_of(contraction const& c, int rank) {
  int const height = c.span_height() - 1, width = c.span_width() - 1;
  return rank == 2 ? axis_counts{width} : axis_counts{height, width};
}

/// The slice that alone reads each dX and for which that is better made as a convolution of a dY
/// with zeros around it, or none: it cuts off what the windows of a padded image read of its border,
/// so that no more is multiplied, and the convolution takes in the maps that follow.
constexpr constexpr_list<node_id> cuts_of(graph const& g) {
  constexpr_list<node_id> cuts(g.nodes.size(), node_id::none);
  if (!has<primitive::slice>(g) || !has<primitive::contract_dx>(g)) return cuts;
  auto const all = readers(g);
  for (node_id id : g.ids()) {
    if (!g.is<primitive::slice>(id)) continue;
    auto const* cut = &g.get<primitive::slice>(id);
    node_id const dx = g.operand(id, 0);
    auto const* made = g.get_if<primitive::contract_dx>(dx);
    if (!made || g[dx].operand_count != 2 || all[dx].size() != 1) continue;
    contraction const& c = made->window;
    tensor_shape const& left = g[id].shape;
    int const rank = left.rank;
    bool const plain =
        c.groups == 1 && c.stride_height == 1 && c.stride_width == 1 && c.channels >= 16 &&
        canonical(c) == c && (rank == 3 || (rank == 2 && c.height == 1)) &&
        left.last() == c.channels &&
        g[g.operand(dx, 0)].shape == image_shape(rank, c.out_height(), c.out_width(), c.filters);
    if (!plain || left.elements(0, rank - 1) > c.out_height() * c.out_width()) continue;
    axis_counts const reach = reach_of(c, rank);
    bool within = true;
    for (std::size_t i = 0; i < reach.size(); ++i)
      within = within && cut->before[i] <= reach[i] && cut->after[i] <= reach[i];
    if (within) cuts[dx] = id;
  }
  return cuts;
}

/// What a slice leaves of the dX of c, `shape`, as the contraction of the padded dY.
constexpr contraction inverse(contraction const& c, tensor_shape const& shape) {
  contraction made = transposed(c);
  made.height = (shape.rank == 2 ? 1 : shape[0]) + c.span_height() - 1;
  made.width = shape[shape.rank - 2] + c.span_width() - 1;
  return made;
}

/// How a node's weights lie: as they are declared, or in the panels of a window.
struct weights_layout {
  bool are_packed = false;
  contraction window{};
};

class layout_pass {
 public:
  constexpr explicit layout_pass(graph const& from)
      : from_(from), to_(from), places_(parameter_places(from)), cuts_(cuts_of(from)) {
    to_.nodes.clear();
    to_.operand_list.clear();
  }

  constexpr graph run() {
    for (node_id id : from_.ids()) renamed_.push_back(place(id));
    for (node_id& y : to_.outputs) y = standard(renamed_[y]);
    for (carried_value& c : to_.carried) c = {renamed_[c.value], renamed_[c.next]};
    for (gradient_root& root : to_.gradients) {
      parameter_place const& place = places_[root.parameter];
      node_id const made = renamed_[root.node];
      root.node = place.packed ? packed_for(made, place.window) : standard(made);
    }
    return std::move(to_);
  }

 private:
  struct copy {
    node_id standard, packed;
  };
  struct transposed_copy {
    node_id packed, made;
  };

  constexpr node_id noted(node_id id, weights_layout layout = {}) {
    layouts_.push_back(layout);
    return id;
  }
  /// A node of the weights `id` in the layout of another node of its kind.
  template <class Kind>
  constexpr node_id convert(Kind const& kind, node_id id, weights_layout layout) {
    node_id const made = to_.add(kind, {to_[id].shape}, std::initializer_list<node_id>{id}, to_[id].layer);
    return noted(made, layout);
  }

  constexpr node_id standard(node_id id) {
    if (!layouts_[id].are_packed) return id;
    for (copy const& c : copies_)
      if (c.packed == id) return c.standard;
    contraction const window = layouts_[id].window;
    copies_.push_back({convert(primitive::unpack{window}, id, {}), id});
    return copies_.back().standard;
  }
  constexpr node_id packed_for(node_id id, contraction const& window) {
    if (layouts_[id].are_packed && same_packing(layouts_[id].window, window)) return id;
    node_id const plain = standard(id);
    for (copy const& c : copies_)
      if (c.standard == plain && same_packing(layouts_[c.packed].window, window)) return c.packed;
    copies_.push_back({plain, convert(primitive::pack{window}, plain, {true, window})});
    return copies_.back().packed;
  }
  /// The weights `id` as a reader of the old graph wants them, of whose layer they then are.
  constexpr node_id transposed_for(node_id id, node_id reader, contraction const& window,
                                   primitive::transpose::target to) {
    for (transposed_copy const& t : transposes_) {
      auto const& made = to_.get<primitive::transpose>(t.made);
      if (t.packed == id && made.to == to &&
          same_packing(canonical(made.window), canonical(window)))
        return t.made;
    }
    to_.adding_in = from_[reader].loop;
    node_id const made = to_.add(primitive::transpose{window, to}, {from_[reader].shape},
                                 std::initializer_list<node_id>{id}, from_[reader].layer);
    to_.adding_in = loop_id::none;
    transposes_.push_back({id, noted(made, {true, window})});
    return made;
  }

  /// The convolution that gives what `cut` leaves of `dx`.
  constexpr node_id convolved(node_id dx, node_id cut_id) {
    contraction const c = from_.get<primitive::contract_dx>(dx).window;
    primitive::slice const cut = from_.get<primitive::slice>(cut_id);
    contraction const made = inverse(c, from_[cut_id].shape);
    int const rank = from_[cut_id].shape.rank;
    layer_id const layer = from_[dx].layer;
    node_id const weights = packed_for(renamed_[from_.operand(dx, 1)], c);
    node_id const turned =
        transposed_for(weights, dx, c, primitive::transpose::target::convolved);
    node_id const dy = standard(renamed_[from_.operand(dx, 0)]);
    axis_counts const reach = reach_of(c, rank);
    primitive::pad around;
    for (std::size_t i = 0; i < reach.size(); ++i) {
      around.before[i] = reach[i] - cut.before[i];
      around.after[i] = reach[i] - cut.after[i];
    }
    node_id const padded = noted(to_.add(
        around, {image_shape(rank, made.height, made.width, made.channels), to_[dy].batched},
        std::initializer_list<node_id>{dy}, layer));
    return noted(to_.add(primitive::contract{made}, {from_[cut_id].shape, from_[dx].batched},
                         std::initializer_list<node_id>{padded, turned}, layer));
  }

  constexpr node_id place(node_id id) {
    node const& n = from_[id];
    if (n.is<primitive::contract_dx>()) return place_dx(id);
    if (n.is<primitive::slice>() && cuts_[from_.operand(id, 0)] == id)
      return renamed_[from_.operand(id, 0)];
    contraction const* const packing =
        n.is<primitive::contract>() ? &from_.get<primitive::contract>(id).window : nullptr;
    operands_.clear();
    for (node_id x : from_.operands(n)) {
      bool const weights = packing && operands_.size() == 1;
      operands_.push_back(weights ? packed_for(renamed_[x], *packing) : standard(renamed_[x]));
    }
    node_id const made = to_.add_node(n, operands_);
    if (n.is<primitive::contract_dw>()) return place_dw(id, made);
    if (!n.is<primitive::parameter>()) return noted(made);
    parameter_place const& place = places_[from_.get<primitive::parameter>(id).which];
    return noted(made, {place.packed, place.window});
  }
  constexpr node_id place_dx(node_id id) {
    if (node_id const cut = cuts_[id]; cut != node_id::none) return convolved(id, cut);
    contraction const& window = from_.get<primitive::contract_dx>(id).window;
    operands_.clear();
    for (node_id x : from_.operands(id))
      operands_.push_back(operands_.size() == 1 ? packed_for(renamed_[x], window)
                                                : standard(renamed_[x]));
    if (!dx_transposes(window))
      operands_[1] =
          transposed_for(operands_[1], id, window, primitive::transpose::target::dx);
    return noted(to_.add_node(from_[id], operands_));
  }
  constexpr node_id place_dw(node_id id, node_id made) {
    primitive::contract_dw const& dw = from_.get<primitive::contract_dw>(id);
    if (!makes_transposed(dw)) return noted(made, {true, dw.window});
    noted(made);
    node_id const packed =
        to_.add(primitive::transpose{dw.window, primitive::transpose::target::packed},
                {to_[made].shape}, std::initializer_list<node_id>{made}, to_[made].layer);
    return noted(packed, {true, dw.window});
  }

  graph const& from_;
  graph to_;
  constexpr_list<parameter_place> places_;
  constexpr_list<node_id> cuts_;
  constexpr_list<node_id> renamed_;         // of from_
  constexpr_list<weights_layout> layouts_;  // of to_
  constexpr_list<copy> copies_;
  constexpr_list<transposed_copy> transposes_;
  constexpr_list<node_id> operands_;  // of the node that is being placed
};

}  // namespace detail

/// Puts `pack`, `unpack` and `transpose` where a node wants weights in another layout than it is
/// given: contractions read packed panels, dX mostly transposed ones, and dW gives packed ones. What
/// a padded convolution's dX is cut to becomes a convolution itself.
constexpr graph layout(graph const& g) { return detail::layout_pass{g}.run(); }

}  // namespace etch::passes
