#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("conv2d of one pixel, one channel, one filter") {
  CHECK(check_layer<input<1, 1, 1> | conv2d<1, 1>>(shape<1, 1, 1>, 2) == passed);
  CHECK(check_layer<input<1, 1, 20> | conv2d<3, 1>>(shape<1, 1, 3>, 63) == passed);
  CHECK(check_layer<input<7, 6, 1> | conv2d<1, 3>>(shape<5, 4, 1>, 10) == passed);
}

TEST_CASE("conv2d of odd images") {
  CHECK(check_layer<input<5, 7, 3> | conv2d<4, 3>>(shape<3, 5, 4>, 112) == passed);
  CHECK(check_layer<input<9, 6, 17> | conv2d<16, 3>>(shape<7, 4, 16>, 2464) == passed);
  CHECK(check_layer<input<9, 6, 16> | conv2d<17, 2>>(shape<8, 5, 17>, 1105) == passed);
  CHECK(check_layer<input<11, 13, 1> | conv2d<9, 5>>(shape<7, 9, 9>, 234) == passed);
}

TEST_CASE("conv2d of more filters than a panel holds") {
  CHECK(check_layer<input<4, 4, 3> | conv2d<33, 2>>(shape<3, 3, 33>, 429) == passed);
  CHECK(check_layer<input<3, 5, 33> | conv2d<20, 2, no_bias>>(shape<2, 4, 20>, 2640) == passed);
}

TEST_CASE("conv2d whose window is a pixel or the whole image") {
  CHECK(check_layer<input<5, 4, 7> | conv2d<9, 1>>(shape<5, 4, 9>, 72) == passed);
  CHECK(check_layer<input<3, 4, 5> | conv2d<7, kernel<3, 4>>>(shape<1, 1, 7>, 427) == passed);
}

TEST_CASE("conv2d of rectangular kernels") {
  CHECK(check_layer<input<5, 6, 20> | conv2d<3, kernel<1, 3>, no_bias>>(
            shape<5, 4, 3>, 180) == passed);
  CHECK(check_layer<input<7, 5, 3> | conv2d<16, kernel<4, 2>>>(shape<4, 4, 16>, 400) == passed);
}
