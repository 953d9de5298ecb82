#include "check_layer.hpp"

#include "catch.hpp"

// Layers of products of two activations, as a program writes them for itself.

namespace synth {

using namespace etch;
using check::passed;

struct products_layer : layer {
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
};

/// All four ways to read two activations: x x^T and x^T x, and both of them times x.
struct all_ways : products_layer {
  static constexpr std::string_view kind = "all_ways";
  static constexpr tensor forward(context&, tensor x) {
    double const scale = 1.0 / x.shape().last();
    tensor const wave = math::sin(x * 2.0);                              // (..., n, k)
    tensor const rows = math::product(x, wave, {.b = true}) * scale;     // (..., n, n)
    tensor const columns = math::product(wave, x, {.a = true}) * scale;  // (..., k, k)
    tensor const turned = math::product(columns, x, {true, true});       // (..., k, n)
    return math::product(rows, math::product(x, columns)) + math::product(rows, turned, {true, true});
  }
};

/// Products with parameters, which all samples share, on either side.
template <int Inner>
struct with_parameters : layer {
  static constexpr std::string_view kind = "with_parameters";
  static constexpr verdict shape_rule(tensor_shape const& in) {
    return accept({in[0], Inner, Inner});
  }
  static constexpr tensor forward(context& c, tensor x) {
    int const heads = x.shape()[0], rows = x.shape()[1], columns = x.shape()[2];
    auto const init = uniform_within<1.0>.with_fans(rows, columns);
    tensor const left = c.parameter("left", {heads, Inner, rows}, init);
    tensor const right = c.parameter("right", {heads, Inner, columns}, init);
    tensor const own = c.parameter("own", {heads, Inner, Inner}, init);
    tensor const square = math::product(own, own, {.a = true});  // of parameters alone
    return math::product(math::product(left, x), right, {.b = true}) + square;
  }
};

/// What each token takes from itself and those before it (Vaswani et al. 2017), softmax(q k^T /
/// sqrt(width) + mask) v, for each head: (heads, tokens, features) -> (heads, tokens, width).
template <int Width>
struct causal_attention : layer {
  static constexpr std::string_view kind = "causal_attention";
  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (in.rank != 3) return refuse("attention takes (heads, tokens, features)");
    return accept({in[0], in[1], Width});
  }
  static constexpr tensor forward(context& c, tensor x) {
    int const heads = x.shape()[0], tokens = x.shape()[1], features = x.shape()[2];
    auto const linear = [&](std::string_view name) {
      initializer const spread = glorot_uniform.with_fans(features, Width);
      return math::product(x, c.parameter(name, {heads, features, Width}, spread));
    };
    tensor const q = linear("query"), k = linear("key"), v = linear("value");
    tensor const scores = math::product(q, k, {.b = true}) / math::sqrt(c.constant(Width));
    tensor const key = math::iota(x, {tokens}), query = math::reshape(key, {tokens, 1});
    tensor const masked = math::select(math::greater(key, query), c.constant(-1e9), scores);
    tensor const e = math::exp(masked - math::detach(math::maximum(masked, 2, 3)));
    return math::product(e / math::sum(e, 2, 3), v);
  }
};

}  // namespace synth

using namespace etch;
using check::passed;

TEST_CASE("products of two activations, transposed or not, and their gradients") {
  CHECK(check_layer<input<2, 5, 7> | synth::all_ways{}>(shape<2, 5, 7>, 0) == passed);
}

TEST_CASE("products with parameters sum the gradients of all samples") {
  CHECK(check_layer<input<2, 3, 7> | synth::with_parameters<5>{}>(shape<2, 5, 5>, 150) == passed);
}

TEST_CASE("attention with a causal mask is a layer of products") {
  CHECK(check_layer<input<2, 6, 4> | synth::causal_attention<3>{}>(shape<2, 6, 3>, 72) == passed);
}
