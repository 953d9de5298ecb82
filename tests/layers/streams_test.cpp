#include "check_layer.hpp"

#include "catch.hpp"

// Networks with several inputs or outputs, and taps.

using namespace etch;
using check::passed;

TEST_CASE("two inputs") {
  CHECK(check_layer<inputs(input<8>, input<5>) | each(dense<7>, dense<7> | relu) | add>(
            shape<7>, 105) == passed);
  CHECK(check_layer<inputs(input<3, 4>, input<3, 2>) | concat | dense<5>>(
            shape<3, 5>, 35) == passed);
  CHECK(check_layer<inputs(input<17>, input<17>) | add>(shape<17>, 0) == passed);
}

TEST_CASE("two outputs") {
  CHECK(check_layer<input<9> | dense<6> | relu | fork(dense<4>, dense<1> | sigmoid)>(
            shape<4>, 95) == passed);
  CHECK(check_layer<input<5, 5, 2> | conv2d<3, 2> | relu | fork(max_pool2d<2>, global_avg_pool2d)>(
            shape<2, 2, 3>, 27) == passed);
}

TEST_CASE("two inputs and two outputs") {
  CHECK(check_layer<inputs(input<7>, input<3>) | each(dense<5>, dense<4>) | concat |
                    fork(dense<2>, dense<3> | etch::tanh)>(shape<2>, 106) == passed);
  CHECK(check_layer<inputs(input<7>, input<3>) | each(relu, sigmoid)>(shape<7>, 0) == passed);
}

TEST_CASE("outputs that are the same value, or an input") {
  CHECK(check_layer<input<5> | dense<3> | fork(relu, relu)>(shape<3>, 18) == passed);
  CHECK(check_layer<input<6> | fork(flatten, reshape<2, 3>, relu)>(shape<6>, 0) == passed);
  CHECK(check_layer<inputs(input<2>, input<9>) | each(flatten, flatten)>(shape<2>, 0) == passed);
}

TEST_CASE("taps") {
  CHECK(check_layer<input<6> | dense<8> | tap<"a"> | relu | dense<8> | tap<"b"> | etch::tanh |
                    dense<4> | from<"a", "b"> | add | relu>(shape<8>, 164) == passed);
  CHECK(check_layer<input<6, 5, 2> | conv2d<3, 2> | tap<"x"> | relu | conv2d<4, 3, same> |
                    tap<"y"> | from<"y", "x"> | concat | max_pool2d<2>>(
            shape<2, 2, 7>, 139) == passed);
}
