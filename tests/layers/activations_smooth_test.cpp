#include "check_layer.hpp"

#include "catch.hpp"

// The activations without a kink; those with one are in activations_test.cpp.

using namespace etch;
using check::passed;

TEST_CASE("sigmoid") {
  CHECK(check_layer<input<1> | sigmoid>(shape<1>, 0) == passed);
  CHECK(check_layer<input<17> | sigmoid>(shape<17>, 0) == passed);
}
TEST_CASE("tanh") {
  CHECK(check_layer<input<15> | etch::tanh>(shape<15>, 0) == passed);
  CHECK(check_layer<input<3, 5> | etch::tanh>(shape<3, 5>, 0) == passed);
}
TEST_CASE("gelu") {
  CHECK(check_layer<input<17> | gelu>(shape<17>, 0) == passed);
  CHECK(check_layer<input<8> | gelu_tanh>(shape<8>, 0) == passed);
}
TEST_CASE("silu") { CHECK(check_layer<input<9> | silu>(shape<9>, 0) == passed); }
TEST_CASE("softplus") { CHECK(check_layer<input<17> | softplus>(shape<17>, 0) == passed); }
TEST_CASE("softsign") { CHECK(check_layer<input<16> | softsign>(shape<16>, 0) == passed); }
TEST_CASE("elu") {
  CHECK(check_layer<input<17> | elu<>>(shape<17>, 0) == passed);
  CHECK(check_layer<input<5, 7, 3> | elu<0.3>>(shape<5, 7, 3>, 0) == passed);
}
TEST_CASE("selu") { CHECK(check_layer<input<17> | selu>(shape<17>, 0) == passed); }
TEST_CASE("celu") {
  CHECK(check_layer<input<7> | celu<>>(shape<7>, 0) == passed);
  CHECK(check_layer<input<19> | celu<0.5>>(shape<19>, 0) == passed);
}

TEST_CASE("smooth activations in a row") {
  CHECK(check_layer<input<33> | gelu | etch::tanh | softplus | silu | sigmoid | softsign | selu |
                    gelu_tanh>(shape<33>, 0) == passed);
}
