#pragma once

#include <boost/hana/append.hpp>
#include <boost/hana/concat.hpp>
#include <boost/hana/fold_left.hpp>
#include <boost/hana/tuple.hpp>

#include <concepts>
#include <type_traits>
#include <vector>

#include "context.hpp"
#include "diagnostics.hpp"
#include "flow.hpp"

namespace etch {

/// Base of every layer, so that `|` is found. A layer is an empty type with
///
///   static constexpr std::string_view kind = "dense";
///   static constexpr verdict shape_rule(tensor_shape const& in);   // output shape, or refuse(...)
///   static constexpr tensor forward(context& c, tensor x);         // an expression of primitives
///
/// or, when it joins or splits streams, `flow_rule(flow const&) -> inference` and `forward(context&)`.
struct layer {};

template <class T>
concept is_layer = std::derived_from<T, layer>;

template <class T>
concept single_stream_layer = is_layer<T> && requires(context& c, tensor x) {
  { T::shape_rule(tensor_shape{}) } -> std::same_as<verdict>;
  { T::forward(c, x) } -> std::same_as<tensor>;
};

/// What flows out of a layer that is given `in`.
template <is_layer Layer>
constexpr inference infer(flow const& in) {
  if constexpr (single_stream_layer<Layer>) {
    if (in.streams != 1) return refuse_flow(refusal::wants_one_stream, in);
    verdict const said = Layer::shape_rule(in[0]);
    if (!said.accepted()) return refuse_flow(said.why, in, said.shape);
    inference result;
    result.out = one_stream(in, said.shape);
    return result;
  } else {
    return Layer::flow_rule(in);
  }
}

/// Writes a layer's primitives into the graph.
template <is_layer Layer>
constexpr void write(context& c) {
  c.enter(Layer::kind);
  if constexpr (single_stream_layer<Layer>) {
    tensor const y = Layer::forward(c, c.streams[0]);
    c.streams.assign(1, y);
  } else {
    Layer::forward(c);
  }
}

/// Layers without an input; their shapes are checked when the block is attached.
template <is_layer... Layers>
struct block {
  static constexpr int size = sizeof...(Layers);
  boost::hana::tuple<Layers...> layers;

  /// The inference of the whole, its path leading to the layer that refuses.
  static constexpr inference infer_all(flow const& in) {
    inference result;
    result.out = in;
    int index = 0;
    auto const step = [&](inference next) {
      ++index;
      result = next.accepted() ? next : next.inside(index);
      return next.accepted();
    };
    static_cast<void>((step(infer<Layers>(result.out)) && ...));
    return result;
  }
  static constexpr void write_all(context& c) { (write<Layers>(c), ...); }

  template <int Index>
  using at = std::remove_cvref_t<decltype(boost::hana::at_c<Index>(
      std::declval<boost::hana::tuple<Layers...>&>()))>;
};

template <class T>
inline constexpr bool is_block = false;
template <class... Layers>
inline constexpr bool is_block<block<Layers...>> = true;

/// A block of what the user wrote: a layer alone is a block of one.
template <is_layer Layer>
constexpr block<Layer> as_block(Layer layer) { return {{layer}}; }
template <class... Layers>
constexpr block<Layers...> as_block(block<Layers...> layers) { return layers; }
template <class T>
using block_of = decltype(as_block(T{}));

template <is_layer A, is_layer B>
constexpr block<A, B> operator|(A a, B b) { return {{a, b}}; }
template <class... A, is_layer B>
constexpr block<A..., B> operator|(block<A...> a, B b) { return {boost::hana::append(a.layers, b)}; }
template <is_layer A, class... B>
constexpr block<A, B...> operator|(A a, block<B...> b) {
  return {boost::hana::concat(boost::hana::make_tuple(a), b.layers)};
}
template <class... A, class... B>
constexpr block<A..., B...> operator|(block<A...> a, block<B...> b) {
  return {boost::hana::concat(a.layers, b.layers)};
}

/// A chain as values: what each layer is called, what it gives, and the function that writes it.
struct chain_link {
  chain_link const* previous;
  std::string_view kind;
  void (*write)(context&);
};

/// Base of all that begins with an input.
struct network_base {};
template <class T>
concept is_network = std::derived_from<std::remove_cvref_t<T>, network_base>;

/// A network whose input was refused. It takes any layer in silence: an error is said once.
struct rejected : network_base {};
template <is_layer Layer>
constexpr rejected operator|(rejected, Layer) { return {}; }
template <class... Layers>
constexpr rejected operator|(rejected, block<Layers...>) { return {}; }

template <class Derived>
struct network_interface : network_base {
  /// The shape of one sample of the input, and of the output, `index`.
  static constexpr tensor_shape input_shape(int index = 0) { return Derived::inputs[index]; }
  static constexpr tensor_shape output_shape(int index = 0) { return Derived::result.out[index]; }
  static constexpr int input_count() { return Derived::inputs.streams; }
  static constexpr int output_count() { return Derived::result.out.streams; }
  static constexpr int layer_count() { return Derived::index; }
};

/// The beginning of a network: its inputs, one stream each.
template <class... Extents>
struct root : network_interface<root<Extents...>> {
  static constexpr int index = 0;
  static constexpr flow inputs{.streams = sizeof...(Extents), .shapes = {Extents::value...}};
  static constexpr inference result = [] {
    inference start;
    start.out = inputs;
    return start;
  }();
  static constexpr chain_link link{nullptr, "input", nullptr};
};

template <class Previous, is_layer Layer>
struct network : network_interface<network<Previous, Layer>> {
  static constexpr int index = Previous::index + 1;
  static constexpr flow const& inputs = Previous::inputs;
  static constexpr inference result = infer<Layer>(Previous::result.out);
  static constexpr chain_link link{&Previous::link, Layer::kind, &etch::write<Layer>};
};

namespace detail {

/// The layer that refused: the end of the path through the blocks of `Layer`.
template <class Layer, auto const& Inference, int Depth, int... Index>
struct culprit {
  using type = Layer;
  using where = layer_number<Index...>;
};
template <class Layer, auto const& Inference, int Depth, int... Index>
  requires(Depth < Inference.depth && requires { typename Layer::template inner<0>; })
struct culprit<Layer, Inference, Depth, Index...>
    : culprit<typename Layer::template inner<Inference.path[Depth]>, Inference, Depth + 1, Index...,
              Inference.path[Depth]> {};

template <class Previous, class Layer>
constexpr auto attach() {
  using next = network<Previous, Layer>;
  if constexpr (next::result.accepted()) {
    return next{};
  } else {
    using who = culprit<Layer, next::result, 0, next::index>;
    using words = report_words<next::result>;
    report<next::result.why, shape_rule<typename who::where, declared_as<typename who::type>,
                                        typename words::expects_type, typename words::given_type>>();
    return rejected{};
  }
}

}  // namespace detail

/// Attaches a layer; its shapes are checked here, where the user wrote it.
template <is_network Network, is_layer Layer>
constexpr auto operator|(Network, Layer) {
  return detail::attach<Network, Layer>();
}
template <is_network Network, class... Layers>
constexpr auto operator|(Network start, block<Layers...> rest) {
  return boost::hana::fold_left(rest.layers, start, [](auto net, auto next) { return net | next; });
}

/// `etch::input<28, 28, 1>`: one sample's shape; the batch is not part of it.
template <int... Extents>
inline constexpr root<extents<Extents...>> input{};

/// Several inputs, one stream each: `etch::inputs(etch::input<8>, etch::input<4>)`.
template <class... Extents>
  requires(sizeof...(Extents) <= flow::max_streams)
constexpr auto inputs(root<Extents>...) {
  return root<Extents...>{};
}

/// The network's graph of primitives, as it runs for inference or while it learns.
template <is_network Network>
constexpr graph graph_of(Network, bool training = false) {
  graph g;
  context c{g, training};
  std::vector<chain_link const*> links;
  for (chain_link const* l = &Network::link; l != nullptr; l = l->previous) links.push_back(l);
  for (std::size_t i = links.size(); i-- > 0;) {
    chain_link const& l = *links[i];
    g.layers.push_back({l.kind, {}});
    if (l.write != nullptr) {
      l.write(c);
    } else {
      for (int s = 0; s < Network::inputs.streams; ++s) {
        g.inputs.push_back(Network::inputs[s]);
        c.streams.push_back({&g, g.add({.code = op::input, .batched = true, .index = s,
                                        .shape = Network::inputs[s]})});
      }
    }
    g.layers.back().output = c.streams[0].shape();
  }
  for (tensor const& y : c.streams) g.outputs.push_back(y.id);
  return g;
}

}  // namespace etch
