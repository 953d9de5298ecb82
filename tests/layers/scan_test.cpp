// Layers that are a scan, as a program could have them.

#include "../check_layer.hpp"

namespace {

using check::check_layer;
using check::passed;
using etch::constexpr_list;
using etch::context;
using etch::contraction;
using etch::input;
using etch::tensor;
using etch::tensor_shape;
namespace m = etch::math;
using steps = constexpr_list<tensor>;

constexpr tensor rows(tensor x, tensor weights) {
  int const features = x.shape().last(), units = weights.shape()[0];
  return m::contract(x, weights, contraction{.channels = features, .filters = units}, {units});
}
constexpr auto random = etch::uniform_within<1.0>.with_fans(1, 1);

/// (length, features) to (length, units): h = tanh(W x + U h + b), from a state that is trained.
template <int Units, m::direction Order>
struct recurrent : etch::layer {
  static constexpr std::string_view kind = "recurrent";
  static constexpr etch::verdict shape_rule(tensor_shape const& in) {
    return in.rank == 2 ? etch::accept({in[0], Units})
                        : etch::refuse("a sequence has a length and features");
  }
  static constexpr tensor forward(context& c, tensor x) {
    tensor const w = c.parameter("w", {Units, x.shape()[1]}, random);
    tensor const u = c.parameter("u", {Units, Units}, random);
    tensor const b = c.parameter("b", {Units}, random);
    tensor const h = c.parameter("h", {Units}, random);
    return m::scan(
               {x}, {h},
               [&](steps const& at, steps const& carried) {
                 return steps{m::tanh(rows(at[0], w) + rows(carried[0], u) + b)};
               },
               Order)
        .all[0];
  }
};
template <int Units, m::direction Order = m::direction::forwards>
inline constexpr recurrent<Units, Order> recurrent_of{};

/// A long short-term memory of which the last state is wanted, with a dropout between its steps.
template <int Units, bool Drops>
struct memory : etch::layer {
  static constexpr std::string_view kind = "memory";
  static constexpr etch::verdict shape_rule(tensor_shape const&) { return etch::accept({Units}); }
  static constexpr tensor forward(context& c, tensor x) {
    tensor const w = c.parameter("w", {4 * Units, x.shape()[1]}, random);
    tensor const u = c.parameter("u", {4 * Units, Units}, random);
    tensor const b = c.parameter("b", {4 * Units}, random);
    tensor const zero = m::filled(x, 0, {Units});
    return m::scan({x}, {zero, zero},
                   [&](steps const& at, steps const& carried) {
                     tensor const sums = rows(at[0], w) + rows(carried[0], u) + b;
                     auto const gate = [&](int i) {
                       return m::slice(sums, {i * Units}, {(3 - i) * Units});
                     };
                     tensor const cell = m::sigmoid(gate(1)) * carried[1] +
                                         m::sigmoid(gate(0)) * m::tanh(gate(2));
                     tensor hidden = m::sigmoid(gate(3)) * m::tanh(cell);
                     if (Drops && c.training())
                       hidden = m::select(m::greater(c.random(hidden), 0.25), hidden * (1 / 0.75), 0.0);
                     return steps{hidden, cell};
                   })
        .last[0];
  }
};
template <int Units, bool Drops = false>
inline constexpr memory<Units, Drops> memory_of{};

/// What a step reads beside the sequence: a value of the sample, one of each step, a table.
struct reader : etch::layer {
  static constexpr std::string_view kind = "reader";
  static constexpr etch::verdict shape_rule(tensor_shape const& in) { return etch::accept(in); }
  static constexpr tensor forward(context& c, tensor x) {
    tensor const mean = m::reshape(m::mean(x, 0, 1), {x.shape()[1]});
    tensor const table = c.parameter("table", x.shape(), random);
    tensor const w = c.parameter("w", {x.shape()[1], x.shape()[1]}, random);
    return m::scan({x, table}, {mean},
                   [&](steps const& at, steps const& carried) {
                     tensor const seen = at[0] * mean + at[1] * carried[0];
                     return steps{at[0], m::tanh(rows(seen, w)) + carried[0]};
                   })
        .all[1];
  }
};

}  // namespace

TEST_CASE("recurrent layers of one step and of many") {
  CHECK(check_layer<input<1, 3> | recurrent_of<4>>(etch::shape<1, 4>, 12 + 16 + 8) == passed);
  CHECK(check_layer<input<7, 5> | recurrent_of<9>>(etch::shape<7, 9>, 45 + 81 + 18) == passed);
}

TEST_CASE("recurrent layers that go backwards, and behind each other") {
  constexpr auto back = m::direction::backwards;
  CHECK(check_layer<input<6, 3> | recurrent_of<17, back>>(etch::shape<6, 17>, 51 + 289 + 34) ==
        passed);
  CHECK(check_layer<input<5, 3> | recurrent_of<4> | recurrent_of<8, back>>(
            etch::shape<5, 8>, 12 + 16 + 8 + 32 + 64 + 16) == passed);
}

TEST_CASE("two carried values, of which the last is wanted") {
  CHECK(check_layer<input<6, 3> | memory_of<5>>(etch::shape<5>, 60 + 100 + 20) == passed);
  CHECK(check_layer<input<3, 4> | memory_of<16> | etch::dense<3>>(
            etch::shape<3>, 256 + 1024 + 64 + 51) == passed);
}

TEST_CASE("random numbers of each step") {
  CHECK(check_layer<input<4, 3> | memory_of<5, true>>(etch::shape<5>, 60 + 100 + 20) == passed);
}

TEST_CASE("steps that read what is the same for each, or else of no sample") {
  CHECK(check_layer<input<5, 3> | reader{}>(etch::shape<5, 3>, 15 + 9) == passed);
}
