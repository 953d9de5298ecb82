#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("residual") {
  CHECK(check_layer<input<7> | residual(dense<5> | relu | dense<7>)>(shape<7>, 82) == passed);
  CHECK(check_layer<input<5, 6, 3> | residual(conv2d<3, 3, same> | relu) | relu>(
            shape<5, 6, 3>, 84) == passed);
  CHECK(check_layer<input<4, 8> | residual(layer_norm | dense<9> | gelu | dense<8>)>(
            shape<4, 8>, 177) == passed);
}

TEST_CASE("parallel") {
  CHECK(check_layer<input<9> | parallel<add>(dense<4>, dense<6> | relu | dense<4>,
                                             dense<4, no_bias>)>(shape<4>, 164) == passed);
  CHECK(check_layer<input<9> | parallel<concat>(dense<4>, relu, dense<3>) | dense<2>>(
            shape<2>, 104) == passed);
  CHECK(check_layer<input<5, 6, 3> | parallel<concat>(conv2d<8, 1>, conv2d<5, 3, same>,
                                                      max_pool2d<3, stride<1>, same>)>(
            shape<5, 6, 16>, 172) == passed);
}

TEST_CASE("repeat") {
  CHECK(check_layer<input<5> | repeat<3>(residual(dense<5> | relu)) | dense<2>>(
            shape<2>, 102) == passed);
}

TEST_CASE("repeat as a loop") {
  CHECK(check_layer<input<5> | repeat<5>(residual(dense<5> | relu)) | dense<2>>(shape<2>, 162) ==
        passed);
  CHECK(check_layer<input<4, 5, 3> | repeat<4>(conv2d<3, 3, same> | batch_norm | relu)>(
            shape<4, 5, 3>, 360) == passed);
  CHECK(check_layer<input<7, 9> | repeat<6>(layer_norm | dense<9> | gelu | dropout<0.25>)>(
            shape<7, 9>, 648) == passed);
}

TEST_CASE("repeat that is written out: its block names a stream, or gives another shape") {
  CHECK(check_layer<input<5> | repeat<4>(dense<5> | tap<"last">) | from<"last">>(shape<5>, 120) ==
        passed);
  CHECK(check_layer<input<9, 9, 1> | repeat<4>(conv2d<1, 3>)>(shape<1, 1, 1>, 40) == passed);
  CHECK(check_layer<input<5> | repeat<2>(repeat<4>(dense<5> | relu))>(shape<5>, 240) == passed);
}

namespace {

constexpr auto block = dense<6> | relu | residual(dense<6> | etch::tanh);
constexpr auto looped = input<6> | dense<6> | repeat<4>(block) | dense<6>;
constexpr auto chained = input<6> | dense<6> | block | block | block | block | dense<6>;

}  // namespace

TEST_CASE("a loop has the parameters of the chain, and computes the same") {
  constexpr auto const &a = facts<looped>::parameters, &b = facts<chained>::parameters;
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].name.view() == b[i].name.view());
    CHECK(a[i].shape == b[i].shape);
    CHECK(facts<looped>::places[i] == facts<chained>::places[i]);
  }
  std::array const x{.5f, -1.f, 2.f, .25f, 0.f, 1.f};
  auto const y = model<looped>{seed{3}}.forward(x), z = model<chained>{seed{3}}.forward(x);
  for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == Approx(z[i]).epsilon(1e-5));
}

TEST_CASE("frozen: a block that computes as at inference, and lets gradients through") {
  CHECK(check_layer<input<5> | dense<4> | frozen(dense<6> | batch_norm | relu | dropout<0.5>) |
                    dense<2>>(shape<2>, 80) == passed);
}
