#include "check_layer.hpp"

#include "catch.hpp"

// Layers that at inference leave every element as it is.

using namespace etch;
using check::passed;

TEST_CASE("layers that compute nothing") {
  CHECK(check_layer<input<3, 5> | flatten>(shape<15>, 0) == passed);
  CHECK(check_layer<input<12> | reshape<2, 3, 2>>(shape<2, 3, 2>, 0) == passed);
}

TEST_CASE("dropout") {
  CHECK(check_layer<input<17> | dropout<0.5>>(shape<17>, 0) == passed);
  CHECK(check_layer<input<7> | dense<16> | relu | dropout<0.3> | dense<3> | dropout<0.2>>(
            shape<3>, 179) == passed);
}
