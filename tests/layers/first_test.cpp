#include "check_layer.hpp"
#include "catch.hpp"
using namespace etch;
TEST_CASE("dense") {
  CHECK(check_layer<input<7> | dense<5>>(shape<5>, 40) == check::passed);
}
TEST_CASE("conv2d") {
  CHECK(check_layer<input<5, 7, 3> | conv2d<4, 3>>(shape<3, 5, 4>, 112) == check::passed);
}
TEST_CASE("relu") {
  CHECK(check_layer<input<17> | relu>(shape<17>, 0) == check::passed);
}
TEST_CASE("batch_norm") {
  CHECK(check_layer<input<5, 3, 3> | batch_norm>(shape<5, 3, 3>, 6) == check::passed);
}
TEST_CASE("pool") {
  CHECK(check_layer<input<5, 7, 3> | max_pool2d<2>>(shape<2, 3, 3>, 0) == check::passed);
}
