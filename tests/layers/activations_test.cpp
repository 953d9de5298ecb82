#include "check_layer.hpp"

#include "catch.hpp"

// The activations with a kink; the smooth ones are in activations_smooth_test.cpp.

using namespace etch;
using check::passed;

TEST_CASE("relu") {
  CHECK(check_layer<input<1> | relu>(shape<1>, 0) == passed);
  CHECK(check_layer<input<7> | relu>(shape<7>, 0) == passed);
  CHECK(check_layer<input<16> | relu>(shape<16>, 0) == passed);
  CHECK(check_layer<input<5, 7, 3> | relu>(shape<5, 7, 3>, 0) == passed);
}
TEST_CASE("leaky_relu") {
  CHECK(check_layer<input<17> | leaky_relu<>>(shape<17>, 0) == passed);
  CHECK(check_layer<input<15> | leaky_relu<0.3>>(shape<15>, 0) == passed);
}
TEST_CASE("prelu") {
  CHECK(check_layer<input<1> | prelu>(shape<1>, 1) == passed);
  CHECK(check_layer<input<17> | prelu>(shape<17>, 17) == passed);
  CHECK(check_layer<input<5, 7, 3> | prelu>(shape<5, 7, 3>, 3) == passed);
  CHECK(check_layer<input<3, 16> | prelu>(shape<3, 16>, 16) == passed);
}
TEST_CASE("hard_sigmoid") { CHECK(check_layer<input<17> | hard_sigmoid>(shape<17>, 0) == passed); }
TEST_CASE("hard_swish") { CHECK(check_layer<input<15> | hard_swish>(shape<15>, 0) == passed); }
TEST_CASE("hard_tanh") { CHECK(check_layer<input<8> | hard_tanh>(shape<8>, 0) == passed); }

TEST_CASE("activations with a kink in a row") {
  CHECK(check_layer<input<9> | hard_swish | leaky_relu<> | prelu | elu<> | hard_tanh | relu |
                    hard_sigmoid>(shape<9>, 9) == passed);
}
TEST_CASE("activations behind dense layers and convolutions") {
  CHECK(check_layer<input<11> | dense<17> | prelu | dense<9> | hard_swish>(
            shape<9>, 383) == passed);
  CHECK(check_layer<input<5, 7, 2> | conv2d<3, 2> | prelu | conv2d<16, 2> | leaky_relu<0.2>>(
            shape<3, 5, 16>, 238) == passed);
}
