#pragma once

#include <bit>
#include <cstdint>

#include "../../dsl/logits.hpp"
#include "compiled.hpp"

namespace etch {

namespace detail {

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {  // FNV-1a
  for (int byte = 0; byte < 8; ++byte) hash = (hash ^ (value >> 8 * byte & 0xff)) * 0x100000001b3u;
  return hash;
}

constexpr std::uint64_t mix(std::uint64_t hash, contraction const& w) {
  for (int number : {w.height, w.width, w.channels, w.kernel_height, w.kernel_width, w.stride_height,
                     w.stride_width, w.dilation_height, w.dilation_width, w.groups, w.filters})
    hash = mix(hash, static_cast<std::uint64_t>(number));
  return hash;
}

/// With a number for each of four axes, and of those behind them for each up to the last that is not 0.
constexpr std::uint64_t mix(std::uint64_t hash, axis_counts const& numbers) {
  std::size_t count = numbers.size();
  while (count > 4 && numbers[count - 1] == 0) --count;
  for (std::size_t i = 0; i < count; ++i) hash = mix(hash, static_cast<std::uint64_t>(numbers[i]));
  return hash;
}

/// With a primitive's name and all that it has for itself, which decide what it computes.
template <class Kind>
constexpr std::uint64_t mix_kind(std::uint64_t hash, Kind const& kind) {
  std::uint64_t name = 0;
  for (char c : Kind::name) name = name * 31 + static_cast<std::uint64_t>(c);
  hash = mix(hash, name);
  auto const with = [&](auto number) { hash = mix(hash, static_cast<std::uint64_t>(number)); };
  if constexpr (requires { kind.window; }) hash = mix(hash, kind.window);
  if constexpr (requires { kind.fn; }) with(kind.fn);
  if constexpr (requires { kind.value; }) with(std::bit_cast<std::uint64_t>(kind.value));
  if constexpr (requires { kind.which; }) with(kind.which);
  if constexpr (requires { kind.axis; }) with(kind.axis);
  if constexpr (requires { kind.stream; }) with(kind.stream);
  if constexpr (requires { kind.table; })
    with(kind.table.rows), with(kind.table.width), with(kind.table.pads), with(kind.table.padding);
  if constexpr (requires { kind.first; }) with(kind.first), with(kind.last);
  if constexpr (requires { kind.transpose_a; }) with(2 * kind.transpose_a + kind.transpose_b);
  if constexpr (requires { kind.before; }) hash = mix(mix(hash, kind.before), kind.after);
  if constexpr (requires { kind.flips; }) hash = mix(mix(hash, kind.axes), kind.flips);
  return hash;
}

/// With all of a node that decides what it computes.
constexpr std::uint64_t mix(std::uint64_t hash, graph const& g, node_id id) {
  node const& n = g[id];
  hash = mix(hash, static_cast<std::uint64_t>(n.over_batch));
  if (n.loop != loop_id::none) {
    hash = mix(hash, static_cast<std::uint64_t>(n.loop));
    hash = mix(hash, static_cast<std::uint64_t>(g.loops[n.loop].steps));
    hash = mix(hash, static_cast<std::uint64_t>(g.loops[n.loop].backwards));
  }
  for (node_id o : g.operands(id)) hash = mix(hash, static_cast<std::uint64_t>(o));
  hash = mix(hash, n.shape.extent);
  g.visit(id, [&](auto const& kind) { hash = mix_kind(hash, kind); });
  return hash;
}

/// The graph with logits for outputs where it has probabilities: its weights serve both.
constexpr graph logits_only(graph g) {
  for (node_id& y : g.outputs)
    for (node_id logits = logits_of(g, y); logits != node_id::none; logits = logits_of(g, y))
      y = logits;
  return g;
}

/// A number that two networks share only if the weights of one are those of the other: they fit,
/// place by place, and the same is computed with them.
constexpr std::uint64_t fingerprint_of(graph const& g,
                                       constexpr_list<parameter_place> const& places) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (tensor_shape const& s : g.inputs) hash = mix(hash, s.extent);
  for (node_id id : g.ids()) hash = mix(hash, g, id);
  for (node_id output : g.outputs) hash = mix(hash, static_cast<std::uint64_t>(output));
  for (carried_value const& c : g.carried) hash = mix(hash, static_cast<std::uint64_t>(c.next));
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (char c : g.parameters[i].name.view()) hash = mix(hash, static_cast<std::uint64_t>(c));
    hash = mix(hash, static_cast<std::uint64_t>(places[i].offset));
    hash = mix(hash, static_cast<std::uint64_t>(places[i].packed ? places[i].size : 0));
  }
  return hash;
}

}  // namespace detail

/// What one layer takes: its own parameters and the multiply-adds of one sample.
struct layer_cost {
  std::string_view kind;
  tensor_shape output;
  long long parameters = 0;
  long long multiply_adds = 0;
  long long weight_bytes = 0;
  long long workspace_bytes = 0;  // of what it computes; layers share memory, so the sum is more
                                  // than the network's workspace
};

namespace detail {

/// The layer of the chain that a layer of the graph is, or is a part of.
constexpr int chain_layer(graph const& g, layer_id layer) { return g.layers[layer].number; }

/// Multiply-adds of a node for one sample; what no sample changes is computed once, for all.
constexpr long long multiply_adds_of(graph const& g, node_id id) {
  if (!g[id].batched) return 0;
  int const steps = g[id].is_stepped() ? g.loops[g[id].loop].steps : 1;
  if (contraction const* window = window_of(g, id)) return steps * window->multiply_adds();
  if (!g.is<primitive::product>(id)) return 0;
  return steps * static_cast<long long>(g[g.operand(id, 0)].shape.elements()) * g[id].shape.last();
}

/// Adds to each layer of the chain the bytes of the workspace that its steps fill.
template <class Plan, class Add>
constexpr void for_each_filled(graph const& g, Plan const& p, Add add) {
  constexpr_list<char> seen(p.values.size(), 0);
  for (step const& s : p.steps) {
    for (value_id result : results_of(p, s)) {
      value_id const made = storage_of(p, result);
      value const& v = p.values[made];
      if (v.where == space::workspace && !seen[made])
        add(static_cast<std::size_t>(chain_layer(g, s.layer)),
            4ll * v.slots * (v.stride > 0 ? v.stride * p.samples : v.size));
      seen[made] = true;
    }
  }
}

}  // namespace detail

/// What is known of a network before it runs. Parts are computed when they are used.
template <auto Net>
struct facts {
  static constexpr auto const& plan = inference_plan<Net, 1>::value;

  /// The parameters in the order of the model's buffer, with their places.
  static constexpr auto parameters = [] {
    graph const g = graph_of(Net, true);  // which says how states move
    std::array<parameter_info, plan.places.size()> all{};
    std::copy_n(g.parameters.begin(), all.size(), all.begin());
    for (parameter_info& p : all) p.layer = layer_id{detail::chain_layer(g, p.layer)};
    return all;
  }();
  static constexpr auto places = plan.places;  // a copy: programs read it, and not the plan

  /// Floats of a model: parameters, then what follows from them.
  static constexpr int parameter_floats = plan.parameter_floats;
  static constexpr int weight_floats = plan.parameter_floats + plan.derived;

  static constexpr std::uint64_t fingerprint = [] {
    graph const g = passes::simplify(detail::logits_only(graph_of(Net)));
    return detail::fingerprint_of(g, parameter_places(g));
  }();

  static constexpr auto layers = [] {
    constexpr int count = std::remove_cvref_t<decltype(Net)>::layer_count() + 1;
    graph const g = graph_of(Net);
    std::array<layer_cost, static_cast<std::size_t>(count)> all{};
    auto const of = [&](layer_id layer) -> layer_cost& {
      return all[static_cast<std::size_t>(detail::chain_layer(g, layer))];
    };
    for (layer_info const& l : g.layers) {
      if (l.inside != layer_id::none) continue;
      all[static_cast<std::size_t>(l.number)].kind = l.kind;
      all[static_cast<std::size_t>(l.number)].output = l.output;
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      parameter_info const& p = g.parameters[i];
      if (p.trainable) of(p.layer).parameters += p.shape.elements();
      of(p.layer).weight_bytes += 4ll * places[i].size;
    }
    detail::for_each_filled(g, plan, [&](std::size_t layer, long long bytes) {
      all[layer].workspace_bytes += bytes;
    });
    for (node_id id : g.ids()) of(g[id].layer).multiply_adds += detail::multiply_adds_of(g, id);
    return all;
  }();
};

}  // namespace etch
