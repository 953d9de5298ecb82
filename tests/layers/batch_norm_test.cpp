#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("batch_norm of vectors") {
  CHECK(check_layer<input<1> | batch_norm>(shape<1>, 2) == passed);
  CHECK(check_layer<input<17> | batch_norm>(shape<17>, 34) == passed);
  CHECK(check_layer<input<3, 16> | batch_norm(epsilon<1e-2>, momentum<0.3>)>(
            shape<3, 16>, 32) == passed);
}

TEST_CASE("batch_norm of images") {
  CHECK(check_layer<input<5, 7, 3> | batch_norm>(shape<5, 7, 3>, 6) == passed);
  CHECK(check_layer<input<1, 1, 20> | batch_norm>(shape<1, 1, 20>, 40) == passed);
}

TEST_CASE("batch_norm behind other layers") {
  CHECK(check_layer<input<7> | dense<9, no_bias> | batch_norm | relu | dense<3>>(
            shape<3>, 111) == passed);
  CHECK(check_layer<input<5, 6, 3> | conv2d<17, 3> | batch_norm | relu>(
            shape<3, 4, 17>, 510) == passed);
}

TEST_CASE("batch_norm between large maps, which are computed again for the gradient") {
  CHECK(check_layer<input<17, 16, 2> | conv2d<4, 3, same, no_bias> | batch_norm | relu |
                    residual(conv2d<4, 3, same, no_bias> | batch_norm) | relu>(
            shape<17, 16, 4>, 232) == passed);
}
