#pragma once

#include <boost/hana/append.hpp>
#include <boost/hana/concat.hpp>
#include <boost/hana/tuple.hpp>

#include <concepts>
#include <type_traits>

#include "context.hpp"
#include "diagnostics.hpp"
#include "flow.hpp"
#include "layer.hpp"

namespace etch {

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
/// What follows in a network, and what a combinator takes: a layer, or a block of them.
template <class T>
concept is_part = is_layer<T> || is_block<T>;

/// A block of what the user wrote: a layer alone is a block of one.
template <is_layer Layer>
constexpr block<Layer> as_block(Layer layer) {
  return {{layer}};
}
template <class... Layers>
constexpr block<Layers...> as_block(block<Layers...> layers) {
  return layers;
}
template <class T>
using block_of = decltype(as_block(T{}));

template <is_layer A, is_layer B>
constexpr block<A, B> operator|(A a, B b) {
  return {{a, b}};
}
template <class... A, is_layer B>
constexpr block<A..., B> operator|(block<A...> a, B b) {
  return {boost::hana::append(a.layers, b)};
}
template <is_layer A, class... B>
constexpr block<A, B...> operator|(A a, block<B...> b) {
  return {boost::hana::concat(boost::hana::make_tuple(a), b.layers)};
}
template <class... A, class... B>
constexpr block<A..., B...> operator|(block<A...> a, block<B...> b) {
  return {boost::hana::concat(a.layers, b.layers)};
}

/// A chain as values: the function that writes each layer. The input's has none.
struct chain_link {
  chain_link const* previous = nullptr;
  void (*write)(context&) = nullptr;
};

/// Base of all that begins with an input.
struct network_base {};
template <class T>
concept is_network = std::derived_from<std::remove_cvref_t<T>, network_base>;

template <class Derived>
struct network_interface : network_base {
  /// The shape of one sample of the input, and of the output, `index`.
  static constexpr tensor_shape input_shape(int index = 0) { return Derived::inputs[index]; }
  static constexpr element_type input_element(int index = 0) {
    return Derived::inputs[index].element;
  }
  static constexpr tensor_shape output_shape(int index = 0) { return Derived::result.out[index]; }
  static constexpr int input_count() { return Derived::inputs.streams; }
  static constexpr int output_count() { return Derived::result.out.streams; }
  static constexpr bool gives_numbers() {
    bool all = true;
    for (int i = 0; i < output_count(); ++i)
      all = all && Derived::result.out[i].element == element_type::float32;
    return all;
  }
  static constexpr int layer_count() { return Derived::index; }
};

/// The beginning of a network: its inputs, one stream each.
template <class... Extents>
struct root : network_interface<root<Extents...>> {
  static constexpr int index = 0;
  static constexpr bool is_fast = false;
  static constexpr flow inputs{.streams = sizeof...(Extents), .shapes = {Extents::value...}};
  static constexpr inference result = [] {
    inference start;
    start.out = inputs;
    return start;
  }();
  static constexpr chain_link link{};
};

/// What became of a network with an error: it takes any layer, agrees to any shape and can be used
/// like a network, for an error is said once.
struct rejected : root<extents<1>> {
  static constexpr any_shape input_shape(int = 0) { return {}; }
  static constexpr element_type input_element(int = 0) { return element_type::float32; }
  static constexpr any_shape output_shape(int = 0) { return {}; }
  static constexpr any_count input_count() { return {}; }
  static constexpr any_count output_count() { return {}; }
  static constexpr any_count layer_count() { return {}; }
};
template <class T>
inline constexpr bool is_rejected = std::same_as<std::remove_cvref_t<T>, rejected>;

template <class Previous, is_layer Layer>
struct network : network_interface<network<Previous, Layer>> {
  static constexpr int index = Previous::index + 1;
  static constexpr bool is_fast = Previous::is_fast;
  static constexpr flow const& inputs = Previous::inputs;
  static constexpr inference result = infer<Layer>(Previous::result.out);
  static constexpr chain_link link{&Previous::link, &etch::write<Layer>};
};

template <class Network>
struct fast_network : Network {
  static constexpr bool is_fast = true;
};

/// The network with the fast forms of exp, tanh, sigmoid and erf, and so of the layers and losses
/// made of them: off by at most 3.5e-7 (exp: 4e-7 of its value) instead of 2 units in the last place.
/// `constexpr auto net = etch::fast(etch::input<8> | etch::dense<4> | etch::tanh);`
template <class Network>
constexpr auto fast(Network const&) {
  constexpr bool has_input = is_network<Network>;
  static_assert(has_input, "etch: etch::fast takes a network, with its input");
  if constexpr (!has_input) return rejected{};
  else if constexpr (Network::is_fast || is_rejected<Network>) return Network{};
  else return fast_network<Network>{};
}

namespace refusal {
inline constexpr reason tied_shapes{&tied_shapes};  // etch::tied
}  // namespace refusal

namespace detail {

/// Writes the inputs and all layers.
template <class Network>
constexpr void write_network(context& c, graph& g) {
  bool const tokens = Network::inputs[0].element == element_type::int32;
  g.layers.push_back({tokens ? "tokens" : "input", Network::inputs[0]});
  for (int s = 0; s < Network::inputs.streams; ++s) {
    stream_type const& in = Network::inputs[s];
    c.streams.push_back(detail::add_input(g, in, in.element));
  }
  constexpr_list<chain_link const*> links(static_cast<std::size_t>(Network::layer_count()),
                                          &Network::link);
  for (std::size_t i = links.size(); i > 1; --i) links[i - 2] = links[i - 1]->previous;
  for (chain_link const* l : links) l->write(c);
}

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

/// What stands before a layer that is given nothing but one stream of this shape.
template <stream_type Stream>
struct one_stream_before {
  static constexpr inference result = [] {
    inference start;
    start.out.streams = 1;
    start.out[0] = Stream;
    return start;
  }();
};
template <class Network>
constexpr auto stand_in_for() {
  constexpr flow const& out = Network::result.out;
  if constexpr (out.streams == 1 && out.taps == 0) return one_stream_before<out[0]>{};
  else return Network{};
}
/// The network, or what equally good networks share.
template <class Network>
using stand_in = decltype(stand_in_for<Network>());

/// Writes the layer alone, as it infers, so that a fault in its forward is an error where it is
/// attached. `Previous` is a stand_in, so that equal layers are rehearsed once: for each link of a
/// long chain that would take longer than all else.
template <class Layer, class Previous>
constexpr bool rehearse() {
  graph g;
  g.layers.push_back({});
  context c{g, false};
  bool tokens = false;
  auto const made = [&](stream_type const& stream) {
    tokens = tokens || stream.element == element_type::int32;
    return detail::add_input(g, stream, stream.element);
  };
  flow const& in = Previous::result.out;
  for (int i = 0; i < in.streams; ++i) c.streams.push_back(made(in[i]));
  for (int i = 0; i < in.taps; ++i) {
    auto const& [name, shape] = in.tapped[static_cast<std::size_t>(i)];
    c.taps.push_back({name, made(shape)});
  }
  write<Layer>(c);
  flow const out = infer<Layer>(in).out;
  bool same = static_cast<int>(c.streams.size()) == out.streams;
  for (int i = 0; same && i < out.streams; ++i)
    same = c.streams[static_cast<std::size_t>(i)].shape() == out[i];
  if (!same) faults::forward_gives_another_shape_than_the_shape_rule_says();
  for (node const& n : g.nodes)
    if (!n.shape.is_countable()) faults::a_tensor_has_more_than_2_to_the_30_numbers();
  if (tokens && computes_with_tokens(g))
    faults::of_tokens_only_the_rows_of_a_table_are_computed();
  if (measures_batch(g)) faults::inference_depends_on_the_other_samples_of_the_batch();
  return true;
}
template <class Layer, class Previous>
concept can_be_written = requires { typename std::bool_constant<rehearse<Layer, Previous>()>; };
/// What the compiler says of this constant names the fault. Only the type of the result is used.
template <class Layer, class Previous>
constexpr auto name_fault() {
  [[maybe_unused]] constexpr bool forward_is_right = rehearse<Layer, Previous>();
  return rejected{};
}

/// What a chain becomes with a layer that refuses, and with one whose forward is at fault.
template <class Network, class Layer, auto const& Said>
struct refused {
  static constexpr inference const& said = Said;
  using who = culprit<Layer, Said, 0, Network::index + 1>;
  using words = report_words<Said>;
};
template <class Network, class Layer>
struct faulty {
  using layer = Layer;
  using before = stand_in<Network>;
};
/// Whether the compiler can evaluate what a layer says of its output; and what is said if not.
template <class Network, class Layer>
concept can_be_inferred =
    requires { typename std::bool_constant<(infer<Layer>(Network::result.out).streams > 0)>; };
template <class Network>
inline constexpr inference not_inferred =
    refuse_flow(refusal::no_constant_rule, Network::result.out);

/// The refusal of a network whose last layer would share a parameter of another shape. In it `streams`
/// is the number of the layer that has made the parameter.
template <class Network>
inline constexpr inference tied_refusal = [] {
  graph g;
  context c{g, false};
  write_network<Network>(c, g);
  inference said = Network::result;
  if (c.mismatch.first == layer_id::none) return said;
  said.why = refusal::tied_shapes;
  said.given = c.mismatch.of_second;
  said.expected = c.mismatch.of_first;
  said.streams = g.layers[c.mismatch.first].number;
  return said;
}();

/// Whether the layer, behind the network, shares parameters that do not fit.
template <class Network, class Layer>
constexpr bool is_tied_wrongly() {
  using whole = network<Network, Layer>;
  if constexpr (whole::result.out.ties == Network::result.out.ties) return false;
  else return !tied_refusal<whole>.accepted();
}

template <class Network, class Layer>
constexpr auto attach() {
  if constexpr (!is_network<Network> || is_rejected<Network>) return Network{};
  else if constexpr (!can_be_inferred<Network, Layer>)
    return refused<Network, Layer, not_inferred<Network>>{};
  else if constexpr (!network<Network, Layer>::result.accepted())
    return refused<Network, Layer, network<Network, Layer>::result>{};
  else if constexpr (!can_be_written<Layer, stand_in<Network>>)
    return faulty<Network, Layer>{};
  else if constexpr (is_tied_wrongly<Network, Layer>())
    return refused<Network, Layer, tied_refusal<network<Network, Layer>>>{};
  else return network<Network, Layer>{};
}

/// A network with the layers of a block behind it.
template <class Network, class Block>
struct chain {
  using type = Network;
};
template <class Network, class First, class... Rest>
struct chain<Network, block<First, Rest...>>
    : chain<decltype(attach<Network, First>()), block<Rest...>> {};

}  // namespace detail

/// Attaches a layer, or those of a block; shapes are checked here, where the user wrote it.
template <is_network Network, is_part Part>
constexpr auto operator|(Network, Part) {
  using this_network = typename detail::chain<Network, block_of<Part>>::type;  // clang prints this
  if constexpr (is_network<this_network>) {
    return this_network{};
  } else if constexpr (requires { typename this_network::words; }) {
    using who = typename this_network::who;
    using words = typename this_network::words;
    using complaint = sentence<this_network::said.why, typename who::where,
                               declared_as<typename who::type>, typename words::given,
                               typename words::streams, typename words::expected>;
    return typename complaint::network{};
  } else {
    return decltype(detail::name_fault<typename this_network::layer,
                                       typename this_network::before>()){};
  }
}

namespace detail {
template <class T>
concept is_ours = is_network<T> || is_part<T>;
}  // namespace detail

/// What cannot be chained.
template <class A, class B>
  requires((detail::is_ours<A> && !is_part<B>) || (!detail::is_ours<A> && detail::is_ours<B>))
constexpr rejected operator|(A const&, B const&) {
  if constexpr (!is_rejected<A> && !is_rejected<B>) {
    // Of concepts that fail, compilers say more than anybody reads.
    constexpr bool two_inputs = is_network<A> && is_network<B>;
    constexpr bool input_last = is_part<A> && is_network<B>;
    static_assert(!two_inputs, "etch: an input begins a network and cannot follow one; several "
                               "inputs are etch::inputs(etch::input<...>, etch::input<...>)");
    static_assert(!input_last, "etch: nothing stands before the input of a network");
    static_assert(two_inputs || input_last,
                  "etch: only layers and blocks of layers follow in a network; one of your own "
                  "derives from etch::layer in public, and a loss is given to etch::fit or "
                  "etch::train_step");
  }
  return {};
}

namespace detail {

template <class T>
inline constexpr bool is_input = false;
template <class Extents>
inline constexpr bool is_input<root<Extents>> = true;

template <int... Extents>
constexpr reason why_no_input() {
  if constexpr (sizeof...(Extents) > tensor_shape::max_rank) return refusal::too_many_axes;
  else if constexpr (((Extents < 1) || ...)) return refusal::zero_size;
  else return shape<Extents...>.is_countable() ? refusal::none : refusal::too_many_elements;
}

template <class Root, bool Fits>
constexpr auto begin() {
  if constexpr (Fits) return Root{};
  else return rejected{};
}

template <class... Inputs>
struct side_by_side_inputs;
template <class... Extents>
struct side_by_side_inputs<root<Extents>...> {
  using type = root<Extents...>;
};

}  // namespace detail

/// `etch::input<28, 28, 1>`: one sample's shape; the batch is not part of it.
template <int... Extents>
inline constexpr auto input = detail::begin<
    root<extents<Extents...>>,
    sentence<detail::why_no_input<Extents...>(), the_input,
             declared_as<root<extents<Extents...>>>, given<extents<Extents...>>,
             given<streams<1>>, extents<>>::is_accepted>();

/// `etch::tokens<64>`: the input of a network that is given tokens, the numbers of words or the like,
/// std::int32_t. Behind it stands an etch::embedding.
template <int... Extents>
inline constexpr auto tokens = detail::begin<
    root<token_extents<Extents...>>,
    sentence<detail::why_no_input<Extents...>(), the_input,
             declared_as<root<token_extents<Extents...>>>, given<extents<Extents...>>,
             given<streams<1>>, extents<>>::is_accepted>();

/// Several inputs, one stream each: `etch::inputs(etch::input<8>, etch::tokens<4>)`.
template <class... Inputs>
constexpr auto inputs(Inputs...) {
  constexpr int count = sizeof...(Inputs);
  constexpr bool are_inputs = count > 0 && (detail::is_input<Inputs> && ...);
  if constexpr ((is_rejected<Inputs> || ...)) {
    return rejected{};
  } else if constexpr (!are_inputs) {
    static_assert(are_inputs, "etch: etch::inputs takes inputs alone; the layers of each follow "
                              "behind it, in etch::each(...)");
    return rejected{};
  } else {
    using all = typename detail::side_by_side_inputs<Inputs...>::type;
    constexpr reason why = count > flow::max_streams ? refusal::too_many_streams : refusal::none;
    constexpr bool fits = sentence<why, the_input, declared_as<all>, given<streams<count>>,
                                   given<streams<count>>, extents<>>::is_accepted;
    return detail::begin<all, fits>();
  }
}

/// The network's graph of primitives, as it runs for inference or while it learns.
template <is_network Network>
constexpr graph graph_of(Network, bool training = false) {
  graph g;
  g.fast = Network::is_fast;
  context c{g, training};
  detail::write_network<Network>(c, g);
  for (tensor const& y : c.streams) g.outputs.push_back(y.id);
  return g;
}
/// Of anything else: an error that says so.
template <class Other>
constexpr auto graph_of(Other, bool = false) {
  constexpr bool has_input = is_network<Other>;
  static_assert(has_input, "etch: graph_of takes a network, which begins with its input: "
                           "etch::input<28, 28, 1> | ...");
  return graph{};
}

}  // namespace etch
