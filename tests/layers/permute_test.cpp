#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

// Between layers with parameters, whose gradients go through what is moved.

TEST_CASE("axes change their order") {
  CHECK(check_layer<input<5, 7> | dense<9> | permute<1, 0> | dense<4>>(shape<9, 4>, 72 + 24) == passed);
  CHECK(check_layer<input<4, 5, 3> | permute<2, 0, 1> | conv2d<2, 2>>(shape<2, 3, 2>, 42) == passed);
  constexpr auto patches = reshape<2, 2, 3, 2, 1, 1> | permute<0, 2, 1, 3, 4, 5> | reshape<6, 4>;
  CHECK(check_layer<input<4, 6, 1> | patches | dense<3>>(shape<6, 3>, 15) == passed);
}

TEST_CASE("axes are flipped, and what is before and behind runs as they are") {
  CHECK(check_layer<input<4, 5, 3> | conv2d<4, 1> | flip<1> | etch::tanh | permute<1, 2, 0> |
                    conv2d<2, 2>>(shape<4, 3, 2>, 16 + 34) == passed);
  CHECK(check_layer<input<6> | dense<5> | etch::tanh | flip<0> | dense<2>>(shape<2>, 35 + 12) == passed);
}
