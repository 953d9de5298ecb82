#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("dense of one and of prime sizes") {
  CHECK(check_layer<input<1> | dense<1>>(shape<1>, 2) == passed);
  CHECK(check_layer<input<7> | dense<5>>(shape<5>, 40) == passed);
  CHECK(check_layer<input<31> | dense<37, no_bias>>(shape<37>, 1147) == passed);
  CHECK(check_layer<input<97> | dense<3, he_normal>>(shape<3>, 294) == passed);
}

TEST_CASE("dense of a vector, one more and one less") {
  CHECK(check_layer<input<15> | dense<16>>(shape<16>, 256) == passed);
  CHECK(check_layer<input<16> | dense<17>>(shape<17>, 289) == passed);
  CHECK(check_layer<input<17> | dense<15>>(shape<15>, 270) == passed);
  CHECK(check_layer<input<9> | dense<8, no_bias>>(shape<8>, 72) == passed);
}

TEST_CASE("dense of several tokens") {
  CHECK(check_layer<input<1, 5> | dense<4>>(shape<1, 4>, 24) == passed);
  CHECK(check_layer<input<3, 7> | dense<9>>(shape<3, 9>, 72) == passed);
  CHECK(check_layer<input<17, 8> | dense<33>>(shape<17, 33>, 297) == passed);
}

TEST_CASE("chains of dense layers") {
  CHECK(check_layer<input<13> | dense<19> | relu | dense<5>>(shape<5>, 366) == passed);
  CHECK(check_layer<input<6> | dense<1> | etch::tanh | dense<18, no_bias> | sigmoid>(
            shape<18>, 25) == passed);
  CHECK(check_layer<input<5> | dense<7> | dense<3>>(shape<3>, 66) == passed);
}
