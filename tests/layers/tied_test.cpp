#include "check_layer.hpp"

#include "catch.hpp"

#include <string>
#include <vector>

#include "../../runtime/infer/parameters.hpp"

using namespace etch;
using check::passed;

TEST_CASE("tied: one parameter in two layers, whose gradients add up") {
  CHECK(check_layer<input<5> | tied<"a">(dense<5>) | relu | tied<"a">(dense<5>) | dense<2>>(
            shape<2>, 42) == passed);
  CHECK(check_layer<input<6> | tied<"a">(dense<6, no_bias>) | etch::tanh |
                    residual(tied<"a">(dense<6>))>(shape<6>, 42) == passed);
  CHECK(check_layer<input<3, 8> | tied<"a">(dense<8>) | mean_pool | tied<"a">(dense<8>)>(
            shape<8>, 72) == passed);
}

TEST_CASE("tied: a convolution at two sizes, and both sides of a fork") {
  CHECK(check_layer<input<9, 9, 3> | tied<"a">(conv2d<3, 3>) | relu | max_pool2d<2> |
                    tied<"a">(conv2d<3, 3, same>)>(shape<3, 3, 3>, 84) == passed);
  CHECK(check_layer<inputs(input<4>, input<4>) |
                    each(tied<"a">(dense<7> | batch_norm | relu), tied<"a">(dense<7> | batch_norm | relu)) |
                    concat | dense<2>>(shape<2>, 79) == passed);
}

TEST_CASE("tied: inside a repeated block, all repetitions share it; one from outside is read") {
  CHECK(check_layer<input<5> | repeat<4>(tied<"a">(dense<5>) | etch::tanh)>(shape<5>, 30) == passed);
  CHECK(check_layer<input<5> | tied<"a">(dense<5, no_bias>) | repeat<4>(dense<5> | relu |
                    tied<"a">(dense<5, no_bias>))>(shape<5>, 145) == passed);
}

TEST_CASE("tied: what is frozen in one place is in all") {
  constexpr auto net = input<5> | tied<"a">(dense<5>) | relu | frozen(tied<"a">(dense<5>)) | dense<2>;
  CHECK(check_layer<net>(shape<2>, 42) == passed);
  CHECK(facts<net>::parameters[0].frozen);
}

TEST_CASE("tied: one copy is stored, under the name that it has in the first layer") {
  constexpr auto net = input<5> | tied<"a">(dense<5, no_bias>) | dense<4> | tied<"b">(dense<5>) |
                       tied<"a">(dense<5>);
  constexpr auto const& all = facts<net>::parameters;
  std::string names;
  for (parameter_info const& p : all) names += std::string{p.name.view()} + " ";
  CHECK(names == "dense_1.weight dense_2.weight dense_2.bias dense_3.weight dense_3.bias dense_4.bias ");
  CHECK(cost<net>.parameters == 25 + 24 + 25 + 5);

  // w (w x): with 2 in every diagonal element, four times x
  constexpr auto twice = input<2> | tied<"w">(dense<2, no_bias>) | tied<"w">(dense<2, no_bias>);
  model<twice> m;
  set(m, "dense_1.weight", std::vector<float>{2, 0, 0, 2});
  CHECK(m.forward(std::array{1.f, 3.f}) == std::array{4.f, 12.f});
}
