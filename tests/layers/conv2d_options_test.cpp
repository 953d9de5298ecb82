#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("conv2d with strides") {
  CHECK(check_layer<input<7, 9, 3> | conv2d<5, 3, stride<2>>>(shape<3, 4, 5>, 140) == passed);
  CHECK(check_layer<input<9, 8, 4> | conv2d<16, 2, stride<3, 1>>>(shape<3, 7, 16>, 272) == passed);
  CHECK(check_layer<input<6, 5, 17> | conv2d<8, 1, stride<2>>>(shape<3, 3, 8>, 144) == passed);
}

TEST_CASE("conv2d with dilation") {
  CHECK(check_layer<input<7, 8, 3> | conv2d<4, 3, dilation<2>>>(shape<3, 4, 4>, 112) == passed);
  CHECK(check_layer<input<9, 9, 5> | conv2d<17, kernel<2, 3>, dilation<3, 2>, stride<2>>>(
            shape<3, 3, 17>, 527) == passed);
}

TEST_CASE("conv2d with padding") {
  CHECK(check_layer<input<5, 6, 3> | conv2d<7, 3, same>>(shape<5, 6, 7>, 196) == passed);
  CHECK(check_layer<input<6, 5, 3> | conv2d<16, 4, same, stride<2>, no_bias>>(
            shape<3, 3, 16>, 768) == passed);
  CHECK(check_layer<input<4, 5, 2> | conv2d<3, 3, padding<1>>>(shape<4, 5, 3>, 57) == passed);
  CHECK(check_layer<input<4, 5, 2> | conv2d<5, 3, padding<1, 0, 2, 3>>>(
            shape<5, 6, 5>, 95) == passed);
  CHECK(check_layer<input<5, 5, 4> | conv2d<4, 3, same, dilation<2>>>(
            shape<5, 5, 4>, 148) == passed);
  CHECK(check_layer<input<1, 1, 3> | conv2d<3, 3, same>>(shape<1, 1, 3>, 84) == passed);
}

TEST_CASE("conv2d with groups") {
  CHECK(check_layer<input<5, 4, 6> | conv2d<4, 3, groups<2>>>(shape<3, 2, 4>, 112) == passed);
  CHECK(check_layer<input<4, 5, 9> | conv2d<51, 2, groups<3>>>(shape<3, 4, 51>, 663) == passed);
  CHECK(check_layer<input<4, 3, 4> | conv2d<8, 2, groups<4>, no_bias>>(
            shape<3, 2, 8>, 32) == passed);
  CHECK(check_layer<input<3, 3, 8> | conv2d<6, 1, groups<2>>>(shape<3, 3, 6>, 30) == passed);
}

TEST_CASE("conv2d that is depthwise") {
  CHECK(check_layer<input<5, 7, 3> | conv2d<3, 3, groups<3>>>(shape<3, 5, 3>, 30) == passed);
  CHECK(check_layer<input<6, 5, 16> | conv2d<16, 3, groups<16>, same, no_bias>>(
            shape<6, 5, 16>, 144) == passed);
  CHECK(check_layer<input<5, 6, 17> | conv2d<17, kernel<2, 3>, groups<17>, stride<2>>>(
            shape<2, 2, 17>, 119) == passed);
  CHECK(check_layer<input<7, 7, 33> | conv2d<33, 3, groups<33>, dilation<2>>>(
            shape<3, 3, 33>, 330) == passed);
}
