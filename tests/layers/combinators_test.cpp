#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("residual") {
  CHECK(check_layer<input<7> | residual(dense<5> | relu | dense<7>)>(shape<7>, 82) == passed);
  CHECK(check_layer<input<5, 6, 3> | residual(conv2d<3, 3, same> | relu) | relu>(
            shape<5, 6, 3>, 84) == passed);
  CHECK(check_layer<input<4, 8> | residual(layer_norm | dense<9> | gelu | dense<8>)>(
            shape<4, 8>, 177) == passed);
}

TEST_CASE("parallel") {
  CHECK(check_layer<input<9> | parallel<add>(dense<4>, dense<6> | relu | dense<4>,
                                             dense<4, no_bias>)>(shape<4>, 164) == passed);
  CHECK(check_layer<input<9> | parallel<concat>(dense<4>, relu, dense<3>) | dense<2>>(
            shape<2>, 104) == passed);
  CHECK(check_layer<input<5, 6, 3> | parallel<concat>(conv2d<8, 1>, conv2d<5, 3, same>,
                                                      max_pool2d<3, stride<1>, same>)>(
            shape<5, 6, 16>, 172) == passed);
}

TEST_CASE("repeat") {
  CHECK(check_layer<input<5> | repeat<3>(residual(dense<5> | relu)) | dense<2>>(
            shape<2>, 102) == passed);
}
