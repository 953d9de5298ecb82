// Each pass alone: what it does to small graphs, said in their printed form.

#include "catch.hpp"

#include <algorithm>
#include <string>

#include "pass_testing.hpp"

namespace {

using namespace pass_testing;

}  // namespace

// --- simplify
// ---------------------------------------------------------------------------------------

TEST_CASE("simplify: equal nodes are computed once, random ones each time") {
  graph const g = written({3}, [](etch::context& c, tensor x) {
    return m::exp(x) + m::exp(x) * (c.random(x) + c.random(x));
  });
  graph const s = etch::passes::simplify(g);
  CHECK(count<primitive::random>(s) == 2);
  int exponentials = 0;
  for (node_id id : s.ids())
    if (auto const* map = s.get_if<primitive::map>(id))
      exponentials += map->fn == etch::function::exp;
  CHECK(exponentials == 1);
}

TEST_CASE("simplify: permutes of permutes are one, and those that move nothing none") {
  auto const text = [](etch::tensor_shape const& shape, auto forward) {
    return etch::to_text(etch::passes::simplify(
        written(shape, [&](etch::context&, tensor x) { return forward(x); })));
  };
  auto const twice = [](tensor x) {
    return m::flip(m::permute(m::permute(x, {2, 0, 1}), {1, 0, 2}), 2);
  };
  CHECK(text({2, 3, 4}, twice) ==
        "%0 = input 0 (2, 3, 4)*\n"
        "%1 = permute(%0) to axes 0 2 1 reversed (2, 4, 3)*\noutput 0 = %1\n");
  auto const back = [](tensor x) { return m::permute(m::permute(x, {1, 0}), {1, 0}) * 2.0; };
  CHECK(text({2, 3}, back) ==
        "%0 = input 0 (2, 3)*\n%1 = constant 2 ()\n"
        "%2 = multiply(%0, %1) (2, 3)*\noutput 0 = %2\n");
  auto const ones = [](tensor x) { return m::flip(m::permute(x, {1, 0}), 0); };
  CHECK(text({3, 1}, ones) == "%0 = input 0 (3, 1)*\n%1 = reshape(%0) (1, 3)*\noutput 0 = %1\n");
  auto const squares = [](tensor x) { return m::product(m::permute(x, {1, 0}), x); };
  CHECK(text({2, 3}, squares) ==
        "%0 = input 0 (2, 3)*\n%1 = product a^T b(%0, %0) (3, 3)*\noutput 0 = %1\n");
}

TEST_CASE("simplify: what no output needs is dropped, parameters stay") {
  graph const g = written({3}, [](etch::context& c, tensor x) {
    tensor const unused = m::tanh(x * c.parameter("w", {3}, etch::ones));
    static_cast<void>(m::sum(unused));
    return m::exp(x);
  });
  CHECK(etch::to_text(etch::passes::simplify(g)) ==
        "%0 = input 0 (3)*\n%1 = parameter test_1.w (3)\n%2 = exp(%0) (3)*\noutput 0 = %2\n");
}

TEST_CASE("simplify: constants fold and neutral arithmetic goes") {
  graph const g = written({3}, [](etch::context& c, tensor x) {
    tensor const two = c.constant(4) * 0.5;
    return m::detach((x + 0.0) * 1.0 - 0.0) / 1.0 * two;
  });
  CHECK(etch::to_text(etch::passes::simplify(g)) ==
        "%0 = input 0 (3)*\n%1 = constant 2 ()\n%2 = multiply(%0, %1) (3)*\noutput 0 = %2\n");
}

TEST_CASE("simplify: a reshape of a reshape is one, and one back to the first shape is none") {
  graph const g = written({2, 6}, [](etch::context&, tensor x) {
    return m::exp(m::reshape(m::reshape(m::reshape(x, {12}), {3, 4}), {2, 6}));
  });
  CHECK(etch::to_text(etch::passes::simplify(g)) ==
        "%0 = input 0 (2, 6)*\n%1 = exp(%0) (2, 6)*\noutput 0 = %1\n");
}

TEST_CASE("simplify: doing it twice changes nothing") {
  graph const g = etch::training_graph(mnist_cnn, etch::cross_entropy);
  graph const once = etch::passes::simplify(g);
  CHECK(once.size() < g.size());
  CHECK(compute_the_same(etch::passes::simplify(once), once));
}

TEST_CASE("training: a contraction before a max pooling gets the pooled gradient and positions") {
  etch::plan const p = etch::lower(etch::training_graph(mnist_cnn, etch::cross_entropy), 8, true);
  int pooled = 0, from_pooled = 0, spread = 0;
  for (etch::step const& s : p.steps) {
    bool const gradient =
        etch::is<primitive::contract_dw>(s) || etch::is<primitive::contract_dx>(s);
    pooled += etch::is<steps::contract_max_pool>(s) && s.result_count == 2;
    from_pooled += gradient && s.operand_count == 3;
    spread += etch::is<primitive::pool_gradient>(s) || etch::is<primitive::pool>(s) ||
              etch::is<primitive::pool_index>(s);
  }
  CHECK(pooled == 2);
  CHECK(from_pooled == 3);  // the first layer's input has no gradient
  CHECK(spread == 0);
}

// --- fuse
// -------------------------------------------------------------------------------------------

TEST_CASE("fuse: convolution, bias, relu and max pooling are one step") {
  auto const p =
      inference(etch::input<8, 8, 3> | etch::conv2d<16, 3> | etch::relu | etch::max_pool2d<2>);
  CHECK(kinds(p) == names{"contract_max_pool"});
  CHECK(p.workspace == 0);
}

TEST_CASE("fuse: a dense layer and its activation are one step") {
  CHECK(kinds(inference(etch::input<8> | etch::dense<16> | etch::gelu)) ==
        names{"contract"});
  CHECK(kinds(inference(etch::input<5, 8> | etch::dense<16> | etch::hard_swish)) ==
        names{"contract"});
  CHECK(kinds(inference(etch::input<8> | etch::dense<8> | etch::tanh | etch::dense<4>)) ==
        names{"contract", "contract"});
}

TEST_CASE("fuse: batch_norm is in the convolution's epilogue, its scale and shift are derived") {
  auto const p = inference(etch::input<8, 8, 3> | etch::conv2d<16, 3> | etch::batch_norm |
                               etch::relu | etch::max_pool2d<2>,
                           4);
  REQUIRE(p.prologue == 1);
  CHECK(p.derived == 2 * 16);
  std::vector<etch::step> const main(p.steps.begin() + p.segments[0].last, p.steps.end());
  REQUIRE(main.size() == 1);
  CHECK(etch::is<steps::contract_max_pool>(main[0]));
  for (int i = p.segments[0].first; i < p.segments[0].last; ++i)
    CHECK(p.values[result_of(p, p.steps[i])].where == etch::space::derived);
}

TEST_CASE("fuse: a chain of maps is one loop, and a reduction takes its map in") {
  auto const p = inference(etch::input<40> | etch::silu | etch::tanh | etch::softplus);
  CHECK(kinds(p) == names{"map"});

  graph const g =
      written({4, 10}, [](etch::context&, tensor x) { return m::sum(m::exp(x) * x, 1, 2); });
  plan const q = etch::lower(g, 1, true);
  CHECK(kinds(q) == names{"reduce"});
  CHECK(etch::to_text(code_of(q, q.steps[0])) == "multiply(exp(@0), @0)");
}

TEST_CASE("fuse: what is permuted or sliced for one reader is read where it lies") {
  auto const steps = [](etch::tensor_shape const& shape, auto forward) {
    plan const p = etch::lower(
        written(shape, [&](etch::context& c, tensor x) { return forward(c, x); }), 4, true);
    std::string names;
    for (etch::step const& s : p.steps)
      names += std::string{etch::name_of(p, s)} +
               (etch::code_of(p, s).instructions > 0 ? "* " : " ");
    return names;
  };
  auto const turned = [](tensor x) { return m::permute(x, {2, 0, 1}); };
  etch::tensor_shape const image{4, 5, 3};
  CHECK(steps(image, [&](auto&, tensor x) { return m::pad(turned(x), {0, 1, 1}, {}); }) == "copy ");
  CHECK(steps(image, [&](auto&, tensor x) { return m::slice(turned(x), {0, 1}, {1}); }) == "copy ");
  CHECK(steps(image, [&](auto&, tensor x) { return turned(m::slice(x, {0, 1}, {1})); }) == "copy ");
  CHECK(steps(image, [&](auto&, tensor x) {
          return m::concat(turned(x), m::flip(turned(x * 2.0), 0), 1);
        }) == "map* copy copy ");
  // a map behind it, with other operands too, or before it, if it is the same for all elements
  CHECK(steps(image, [&](auto& c, tensor x) {
          return m::tanh(turned(x) + c.parameter("b", {5}, etch::ones));
        }) == "copy* ");
  CHECK(steps(image, [&](auto&, tensor x) { return turned(m::tanh(x) * 2.0); }) == "copy* ");
  CHECK(steps(image, [&](auto& c, tensor x) {
          return turned(x + c.parameter("b", {3}, etch::ones));
        }) == "map* copy ");
  CHECK(steps(image, [&](auto&, tensor x) {  // two readers
          tensor const y = turned(x);
          return m::tanh(y) + m::sum(y);
        }).starts_with("copy "));
}

TEST_CASE("fuse: a value that is read twice is stored once") {
  graph const g = written({10}, [](etch::context&, tensor x) {
    tensor const e = m::exp(x);
    return m::sum(e, 0, 1) * e;
  });
  plan const p = etch::lower(g, 1, true);
  CHECK(kinds(p) == names{"map", "reduce", "map"});
}

TEST_CASE("fuse: a difference from a mean is computed again where it is read, but for matrices") {
  CHECK(kinds(inference(etch::input<4, 10> | etch::layer_norm)) ==
        names{"reduce", "map", "reduce", "map", "map"});
  graph const g = written({4, 10}, [](etch::context& c, tensor x) {
    tensor const w = c.parameter("w", {3, 1, 1, 10}, etch::ones);
    tensor const centred = x - m::sum(x, 1, 2);
    tensor const y = m::contract(
        centred, w, {.height = 4, .width = 1, .channels = 10, .filters = 3}, {4, 3});
    return m::sum(y, 0, 2) * (centred * centred);
  });
  CHECK(kinds(etch::lower(g, 1, true)) == names{"reduce", "map", "contract", "reduce", "map"});
  graph const full = written({4, 10}, [](etch::context&, tensor x) {
    tensor const centred = x - m::sum(x, 1, 2);
    tensor y = centred;
    for (int i = 1; i < etch::program::max_instructions; ++i) y = m::tanh(y);
    return y * m::sum(centred * centred, 1, 2);
  });  // whose last program has no room for it
  CHECK(kinds(etch::lower(full, 1, true)) == names{"reduce", "map", "reduce", "map"});
}

TEST_CASE("fuse: so is, in training, a difference from the mean of all samples") {
  constexpr auto net = etch::input<6, 6, 2> | etch::conv2d<16, 3> | etch::batch_norm | etch::relu |
                       etch::flatten | etch::dense<3>;
  plan const p = etch::lower(etch::training_graph(net, etch::losses::mse{}), 4, true);
  for (etch::step const& s : p.steps)
    if (etch::is<steps::map>(s) && p.values[result_of(p, s)].size == 4 * 4 * 16)
      CHECK(code_of(p, s).instructions > 1);
}

TEST_CASE("fuse: what follows a sum of windows is its epilogue, what follows a maximum is not") {
  plan const p = inference(etch::input<8, 8, 3> | etch::avg_pool2d<2> | etch::tanh);
  CHECK(kinds(p) == names{"pool"});
  CHECK(etch::to_text(code_of(p, p.steps[0])) == "tanh(multiply(acc, 0.25))");
  CHECK(kinds(inference(etch::input<8, 8, 3> | etch::max_pool2d<2> | etch::tanh)) ==
        names{"pool", "map"});
}

TEST_CASE(
    "fuse: a pooling that overlaps, or reads positions in another shape, stays its own step") {
  CHECK(count<primitive::pool>(inference(etch::input<8, 8, 3> | etch::conv2d<4, 3> |
                                         etch::max_pool2d<3, etch::stride<1>>)) == 1);
  graph const g = written({2, 6, 3}, [](etch::context& c, tensor x) {
    tensor const w = c.parameter("w", {4, 1, 1, 3}, etch::ones);
    tensor const y =
        m::contract(x, w, {.height = 2, .width = 6, .channels = 3, .filters = 4}, {4, 3, 4});
    return m::pool(etch::function::maximum, y,
                   {.height = 4,
                    .width = 3,
                    .channels = 4,
                    .kernel_height = 2,
                    .kernel_width = 3,
                    .stride_height = 2,
                    .stride_width = 3,
                    .filters = 4});
  });
  CHECK(kinds(etch::lower(g, 1, true)) == names{"contract", "pool"});
}

// --- bind
// -------------------------------------------------------------------------------------------

TEST_CASE("bind: a sum that is the gradient of two parameters goes to both") {
  graph g = written({3}, [](etch::context& c, tensor x) {
    tensor const a = c.parameter("a", {3}, etch::zeros), b = c.parameter("b", {3}, etch::zeros);
    return m::reshape(m::sum((x + a + b) * x), {});
  });
  etch::passes::differentiate(g, g.outputs[0]);
  plan const p = etch::lower(g, 4, false);
  int into_gradients = 0;
  for (etch::step const& s : p.steps) {
    into_gradients += p.values[result_of(p, s)].where == etch::space::gradients;
    // What a gradient holds from an earlier group of samples must not be read as this group's sum.
    for_each_read(p, s, [&](value_id v) {
      if (p.values[v].where == etch::space::gradients) CHECK(v == result_of(p, s));
    });
  }
  CHECK(into_gradients == 2);
}

// --- schedule
// ---------------------------------------------------------------------------------------

TEST_CASE(
    "schedule: the convolutions of a CNN are one loop over the samples, its dense layers one "
    "product") {
  plan const p = inference(mnist_cnn, 16);
  REQUIRE(p.segments.size() == 2);
  CHECK(p.segments[0].loops);
  CHECK(p.segments[0].last - p.segments[0].first == 3);
  CHECK_FALSE(p.segments[1].loops);
  CHECK(count<steps::contract_max_pool>(p) == 2);
  CHECK(count<steps::contract>(p) == 3);
  CHECK(inference(mnist_cnn, 1).segments.size() == 1);
}

TEST_CASE("schedule: a sum over the samples is read behind the loop that makes it") {
  plan const p = etch::lower(etch::training_graph(mnist_cnn, etch::cross_entropy), 16, false);
  std::vector<int> segment_of(p.steps.size());
  for (std::size_t g = 0; g < p.segments.size(); ++g)
    for (int i = p.segments[g].first; i < p.segments[g].last; ++i)
      segment_of[static_cast<std::size_t>(i)] = static_cast<int>(g);
  for (std::size_t i = 0; i < p.steps.size(); ++i)
    for (std::size_t j = 0; j < p.steps.size(); ++j) {
      if (!p.steps[i].sums || p.steps[j].sums) continue;
      for_each_read(p, p.steps[j], [&](value_id v) {
        if (v == result_of(p, p.steps[i]) && p.segments[segment_of[i]].loops)
          CHECK(segment_of[j] > segment_of[i]);
      });
    }
}

TEST_CASE(
    "schedule: what is joined from parameters and from the batch is no part of the prologue") {
  graph const g = written({3}, [](etch::context& c, tensor x) {
    tensor const fixed = m::exp(c.parameter("w", {3}, etch::ones));
    return x * m::slice(m::tanh(m::concat(fixed, m::batch_mean(x, 0, 0), 0)), {2}, {1});
  });
  plan const p = etch::lower(g, 4, true);
  CHECK(p.derived == 16);  // exp(w) alone
  for (std::size_t g_index = static_cast<std::size_t>(p.prologue); g_index < p.segments.size();
       ++g_index)
    for (int i = p.segments[g_index].first; i < p.segments[g_index].last; ++i)
      CHECK(p.values[result_of(p, p.steps[i])].where != etch::space::derived);
}

TEST_CASE("a function of constants is folded into what its scalar form gives") {
  int folded = 0;
  for (etch::function_info const& f : etch::functions) {
    INFO(f.name);
    graph g = written({}, [&](etch::context&, tensor x) {
      tensor const a = etch::detail::scalar(x, 1.5), b = etch::detail::scalar(x, -.5);
      return f.arity == 1   ? etch::detail::map(f.fn, a)
             : f.arity == 2 ? etch::detail::map(f.fn, a, b)
                            : etch::detail::map(f.fn, a, b, a);
    });
    g = etch::passes::simplify(g);
    auto const* y = g.get_if<primitive::constant>(g.outputs[0]);
    CHECK((y != nullptr) == (!f.scalar.has_series));
    if (!y) continue;
    CHECK(y->value == etch::apply(f.fn, 1.5, -.5, 1.5));
    ++folded;
  }
  CHECK(folded > 5);
}
