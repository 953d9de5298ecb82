#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("layer_norm of vectors") {
  CHECK(check_layer<input<1> | layer_norm>(shape<1>, 2) == passed);
  CHECK(check_layer<input<7> | layer_norm>(shape<7>, 14) == passed);
  CHECK(check_layer<input<16> | layer_norm(epsilon<1e-2>)>(shape<16>, 32) == passed);
}

TEST_CASE("layer_norm of tokens and images") {
  CHECK(check_layer<input<3, 15> | layer_norm>(shape<3, 15>, 30) == passed);
  CHECK(check_layer<input<5, 17> | layer_norm>(shape<5, 17>, 34) == passed);
  CHECK(check_layer<input<2, 3, 4> | layer_norm>(shape<2, 3, 4>, 8) == passed);
}

TEST_CASE("layer_norm between other layers") {
  CHECK(check_layer<input<5> | dense<17> | layer_norm | gelu | dense<3>>(shape<3>, 190) == passed);
  CHECK(check_layer<input<4, 8> | layer_norm | dense<9> | gelu>(shape<4, 9>, 97) == passed);
}
