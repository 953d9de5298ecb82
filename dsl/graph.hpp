#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "constexpr_list.hpp"
#include "initializer.hpp"
#include "name.hpp"
#include "primitives.hpp"
#include "shape.hpp"

namespace etch {

enum class node_id : int { none = -1 };
enum class layer_id : int { none = -1 };
enum class loop_id : int { none = -1 };

/// The numbers below an end, in their order.
template <class Id>
struct id_range {
  struct iterator {
    int number;
    constexpr Id operator*() const { return Id{number}; }
    constexpr iterator& operator++() { return ++number, *this; }
    constexpr bool operator!=(iterator const& other) const { return number != other.number; }
  };
  int count = 0;

  constexpr iterator begin() const { return {0}; }
  constexpr iterator end() const { return {count}; }
};

/// What a primitive gives: a shape, for each sample or once, then perhaps as a sum over the samples.
struct node_result {
  tensor_shape shape{};
  bool batched = false;     // one value a sample, or one value for the whole batch
  bool over_batch = false;  // which is the sum of what each sample gives
  bool over_steps = false;  // in a loop: the sum of what each of its steps gives
  loop_id loop = loop_id::none;  // computed in each step of this loop
  element_type element = element_type::float32;

  /// Whether each step of the loop has a value of its own.
  constexpr bool is_stepped() const { return loop != loop_id::none && !over_steps; }

  constexpr bool operator==(node_result const& other) const {
    return batched == other.batched && over_batch == other.over_batch &&
           over_steps == other.over_steps && loop == other.loop && element == other.element &&
           shape == other.shape;
  }
};

/// One primitive with what it gives. Its operands are earlier nodes.
struct node : node_result {
  unsigned char kind = 0;  // of `primitives`
  layer_id layer{};        // the innermost layer that asked for it
  int place = 0;           // of what its kind has for itself, in the graph's kind_store
  int first_operand = 0, operand_count = 0;  // in graph::operand_list

  template <class Kind>
  constexpr bool is() const {
    return kind == primitives::number<Kind>;
  }
};

/// What a model stores under one name: trained by the optimizer, or (batch statistics) a state that
/// moves towards the value a training step measures: state += momentum * (measured - state). What is
/// declared frozen stays as it is, and no gradient of it is computed.
struct parameter_info {
  name_text name;
  tensor_shape shape;
  initializer init;
  bool trainable = true;
  double momentum = 0;
  layer_id layer{};
  bool frozen = false;
};

/// A parameter and a node whose sum over the batch is added to its gradient.
struct gradient_root {
  parameter_id parameter{};
  node_id node{};
};

/// A scan: nodes that are computed step by step, from the first to the last or `backwards`. A node
/// of a loop may read what another loop with as many steps gives in the same step.
struct loop_info {
  int steps = 1;
  bool backwards = false;
  // Of a block that is repeated: a parameter in it means, in step k, the one k * parameters behind it.
  int parameters = 0;

  /// The step that is run as number k, from 0 on.
  constexpr int step(int k) const { return backwards ? steps - 1 - k : k; }
  constexpr bool operator==(loop_info const&) const = default;
};

/// A node `value` of the kind carry, and the node of its loop that is its value in the next step.
struct carried_value {
  node_id value{}, next{};
};

/// A layer of the chain, or one inside a combinator, and what it gives.
struct layer_info {
  std::string_view kind;  // none: a block beside others
  tensor_shape output;
  int number = 0;  // of the layer of the chain that it is or is a part of; 0 is the input
  layer_id inside = layer_id::none;  // the combinator that it is directly in
  int of_kind = 0;  // of the layers of its kind with parameters: which, from 1
};

/// The nodes of a graph, each behind its operands, and the layers that asked for them; in lists that
/// grow, or that are constants.
template <class How>
struct graph_lists : kind_store<primitives, How> {
  typename How::template list<node> nodes;
  typename How::template list<node_id> operand_list;
  typename How::template list<layer_info> layers;
  typename How::template list<loop_info> loops;
  typename How::template list<carried_value> carried;

  constexpr node& operator[](node_id id) { return nodes[id]; }
  constexpr node const& operator[](node_id id) const { return nodes[id]; }
  constexpr int size() const { return static_cast<int>(nodes.size()); }
  /// All nodes, in their order.
  constexpr id_range<node_id> ids() const { return {size()}; }

  constexpr list_view<node_id> operands(node const& n) {
    node_id* const first = operand_list.data() + n.first_operand;
    return {first, first + n.operand_count};
  }
  constexpr list_view<node_id const> operands(node const& n) const {
    node_id const* const first = operand_list.data() + n.first_operand;
    return {first, first + n.operand_count};
  }
  constexpr list_view<node_id> operands(node_id id) { return operands(nodes[id]); }
  constexpr list_view<node_id const> operands(node_id id) const { return operands(nodes[id]); }
  constexpr node_id operand(node_id id, int i) const {
    return operand_list[nodes[id].first_operand + i];
  }

  template <class Kind>
  constexpr bool is(node_id id) const {
    return nodes[id].template is<Kind>();
  }
  /// What a node of this kind has for itself, until another of the kind is added.
  template <class Kind>
  constexpr Kind const& get(node_id id) const {
    return this->template at<Kind>(nodes[id].place);
  }
  /// The same of a node that may be of another kind: then nothing.
  template <class Kind>
  constexpr Kind const* get_if(node_id id) const {
    return is<Kind>(id) ? &get<Kind>(id) : nullptr;
  }
  /// f(what it has for itself), as the kind that the node is of.
  template <class F>
  constexpr void visit(node_id id, F f) const {
    kind_store<primitives, How>::visit(nodes[id].kind, nodes[id].place, f);
  }
};

/// Whether the result of such a node is outside of the loop that its operand is in.
template <class Kind>
inline constexpr bool leaves_loops = false;
template <>
inline constexpr bool leaves_loops<primitive::stack> = true;
template <>
inline constexpr bool leaves_loops<primitive::last> = true;

/// A network as a plain value: nodes in an order in which they can be computed.
struct graph : graph_lists<growing> {
  constexpr_list<stream_type> inputs;
  constexpr_list<parameter_info> parameters;
  constexpr_list<node_id> outputs;
  constexpr_list<gradient_root> gradients;
  int randoms = 0;
  bool fast = false;         // functions in their fast form
  bool whole_batch = false;  // what a sample gives depends on the others: they run all at once
  int least_samples = 1;     // of a batch that trains
  layer_id adding_for = layer_id::none;  // the layer of what is added; none: the last one
  loop_id adding_in = loop_id::none;     // the loop of what is added and depends on a loop's step

  constexpr layer_id layer() const {
    return adding_for != layer_id::none ? adding_for : layer_id{static_cast<int>(layers.size()) - 1};
  }

  /// A new node behind all others, of the layer that is being written or of another.
  template <class Kind, class Operands = std::initializer_list<node_id>>
  constexpr node_id add(Kind const& kind, node_result const& gives, Operands const& operands = {}) {
    return add(kind, gives, operands, layer());
  }
  template <class Kind, class Operands = std::initializer_list<node_id>>
  constexpr node_id add(Kind const& kind, node_result const& gives, Operands const& operands,
                        layer_id layer) {
    node n{gives, primitives::number<Kind>, layer, this->keep(kind)};
    if (!loops.empty() && n.loop == loop_id::none && !leaves_loops<Kind>) n.loop = loop_of(operands);
    return add_node(n, operands);
  }
  /// Where a node with these operands is computed: outside of loops, unless one of them is computed
  /// in each step; then in the loop that is being written, or in the last of theirs.
  template <class Operands>
  constexpr loop_id loop_of(Operands const& operands) const {
    loop_id in = loop_id::none;
    for (node_id x : operands)
      if (nodes[x].is_stepped() && nodes[x].loop > in) in = nodes[x].loop;
    return in != loop_id::none && adding_in > in ? adding_in : in;
  }
  /// A node like `n`, which this graph has the kind's data of, with these operands.
  template <class Operands = std::initializer_list<node_id>>
  constexpr node_id add_node(node n, Operands const& operands) {
    n.first_operand = static_cast<int>(operand_list.size());
    n.operand_count = static_cast<int>(operands.size());
    for (node_id o : operands) operand_list.push_back(o);
    nodes.push_back(n);
    return node_id{size() - 1};
  }
  /// Makes of a node one of another kind, or with other operands, that gives the same.
  template <class Kind>
  constexpr void change(node_id id, Kind const& kind) {
    nodes[id].kind = primitives::number<Kind>;
    nodes[id].place = this->keep(kind);
  }
  template <class Kind, class Operands = std::initializer_list<node_id>>
  constexpr void change(node_id id, Kind const& kind, Operands const& operands) {
    change(id, kind);
    node& n = nodes[id];
    n.first_operand = static_cast<int>(operand_list.size());
    n.operand_count = static_cast<int>(operands.size());
    for (node_id o : operands) operand_list.push_back(o);
  }
};

/// Whether the graph has a node of this kind.
template <class Kind>
constexpr bool has(graph const& g) {
  for (node const& n : g.nodes)
    if (n.is<Kind>()) return true;
  return false;
}

/// Whether two nodes, each of its graph, compute the same of operands with the same numbers.
constexpr bool computes_the_same(graph const& a, node const& x, graph const& b, node const& y) {
  if (x.kind != y.kind || x.operand_count != y.operand_count) return false;
  node_id const *const of_x = a.operand_list.data() + x.first_operand,
                *const of_y = b.operand_list.data() + y.first_operand;
  for (int k = 0; k < x.operand_count; ++k)
    if (of_x[k] != of_y[k]) return false;
  if (static_cast<node_result const&>(x) != static_cast<node_result const&>(y)) return false;
  bool same = false;
  static_cast<kind_store<primitives> const&>(a).visit(x.kind, x.place, [&]<class Kind>(Kind const& kind) {
    same = kind == b.template at<Kind>(y.place);
  });
  return same;
}

/// Whether the first `count` nodes of two graphs compute the same.
constexpr bool compute_the_same(graph const& a, graph const& b, int count) {
  if (a.size() < count || b.size() < count) return false;
  for (node_id id : id_range<node_id>{count})
    if (!computes_the_same(a, a[id], b, b[id])) return false;
  return true;
}
constexpr bool compute_the_same(graph const& a, graph const& b) {
  return a.size() == b.size() && compute_the_same(a, b, a.size());
}

/// Whether something is computed from several samples: a sum over the batch, or their number.
constexpr bool measures_batch(graph const& g) {
  for (node_id id : g.ids())
    if (g[id].over_batch || g.is<primitive::batch_size>(id)) return true;
  return false;
}

/// Whether tokens are taken for numbers: only those who find rows by them read tokens.
constexpr bool computes_with_tokens(graph const& g) {
  for (node_id id : g.ids())
    for (node_id x : g.operands(id))
      if (g[x].element != element_type::float32 && !g.is<primitive::gather>(id) &&
          !g.is<primitive::scatter_add>(id))
        return true;
  return false;
}

/// The table whose rows the tokens of an input number: of several, the one with the fewest rows, which
/// pads where all do. Where nothing reads them, one that has a row for each.
constexpr row_table table_of(graph const& g, int which) {
  row_table least{.rows = 0x7fff'ffff};
  bool found = false;
  for (node_id id : g.ids()) {
    auto const* gathers = g.get_if<primitive::gather>(id);
    if (!gathers) continue;
    auto const* in = g.get_if<primitive::input>(g.operand(id, 1));
    if (!in || in->which != which) continue;
    row_table const& table = gathers->table;
    bool const pads = table.pads && (!found || (least.pads && least.padding == table.padding));
    if (table.rows < least.rows) least = table;
    least.pads = pads;
    found = true;
  }
  return least;
}

/// How an operand of a map is addressed from the flat index i of the result: (i / run) % period.
struct access {
  int run = 1;
  int period = 1;
  constexpr bool operator==(access const&) const = default;
};

/// The address of `operand` under the broadcast to `result`; `period` 0 if it does not broadcast.
/// It does when it has the same shape, is a scalar, is a suffix (a bias per channel) or a prefix
/// with ones behind it (a mean per row).
constexpr access broadcast_access(tensor_shape const& operand, tensor_shape const& result) {
  if (operand.elements() == 1) return {1, 1};
  if (operand == result) return {1, operand.elements()};
  int lead = 0;
  while (lead < operand.rank && operand[lead] == 1) ++lead;
  int const significant = operand.rank - lead;
  bool suffix = significant <= result.rank;
  for (int i = 1; suffix && i <= significant; ++i)
    suffix = operand[operand.rank - i] == result[result.rank - i];
  if (suffix) return {1, operand.elements()};
  if (operand.rank != result.rank) return {1, 0};
  int tail = operand.rank;
  while (operand[tail - 1] == 1) --tail;
  for (int i = lead; i < tail; ++i)
    if (operand[i] != result[i]) return {1, 0};
  return {result.elements(tail, result.rank), operand.elements()};
}

/// The shape of a map of two operands; rank -1 when they do not broadcast to one.
constexpr tensor_shape broadcast_shape(tensor_shape const& a, tensor_shape const& b) {
  tensor_shape result = a.rank >= b.rank ? a : b;
  tensor_shape const& other = a.rank >= b.rank ? b : a;
  for (int i = 1; i <= other.rank; ++i) {
    int& extent = result[result.rank - i];
    int const given = other[other.rank - i];
    if (extent == 1) extent = given;
    else if (given != 1 && given != extent) { result.rank = -1; return result; }
  }
  return result;
}

}  // namespace etch
