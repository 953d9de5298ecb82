#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("upsample2d that repeats") {
  CHECK(check_layer<input<3, 2, 5> | upsample2d<2>>(shape<6, 4, 5>, 0) == passed);
  CHECK(check_layer<input<2, 3, 17> | upsample2d<factor<1, 3>, nearest> | relu>(shape<2, 9, 17>, 0) ==
        passed);
  CHECK(check_layer<input<4> | reshape<2, 2, 1> | upsample2d<1>>(shape<2, 2, 1>, 0) == passed);
}

TEST_CASE("upsample2d that is bilinear") {
  CHECK(check_layer<input<3, 4, 3> | upsample2d<2, bilinear>>(shape<6, 8, 3>, 0) == passed);
  CHECK(check_layer<input<1, 2, 17> | conv2d<17, 1> | upsample2d<factor<3, 2>, bilinear> | relu>(
            shape<3, 4, 17>, 306) == passed);
  CHECK(check_layer<input<2, 2, 1> | upsample2d<3, bilinear>>(shape<6, 6, 1>, 0) == passed);
}

TEST_CASE("upsample1d") {
  CHECK(check_layer<input<4, 3> | upsample1d<3> | conv1d<2, 3>>(shape<10, 2>, 20) == passed);
  CHECK(check_layer<input<5, 4> | upsample1d<2, bilinear>>(shape<10, 4>, 0) == passed);
}
