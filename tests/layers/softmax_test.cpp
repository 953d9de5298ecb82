#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("softmax") {
  CHECK(check_layer<input<1> | softmax>(shape<1>, 0) == passed);
  CHECK(check_layer<input<10> | softmax>(shape<10>, 0) == passed);
  CHECK(check_layer<input<17> | softmax>(shape<17>, 0) == passed);
  CHECK(check_layer<input<5, 7> | softmax>(shape<5, 7>, 0) == passed);
  CHECK(check_layer<input<2, 3, 16> | softmax>(shape<2, 3, 16>, 0) == passed);
}

TEST_CASE("log_softmax") {
  CHECK(check_layer<input<1> | log_softmax>(shape<1>, 0) == passed);
  CHECK(check_layer<input<15> | log_softmax>(shape<15>, 0) == passed);
  CHECK(check_layer<input<3, 33> | log_softmax>(shape<3, 33>, 0) == passed);
}

TEST_CASE("softmax behind a dense layer") {
  CHECK(check_layer<input<9> | dense<11> | softmax>(shape<11>, 110) == passed);
  CHECK(check_layer<input<4, 5> | dense<7> | log_softmax>(shape<4, 7>, 42) == passed);
}
