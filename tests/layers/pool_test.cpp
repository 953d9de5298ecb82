#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("max_pool2d of odd images") {
  CHECK(check_layer<input<1, 1, 5> | max_pool2d<1>>(shape<1, 1, 5>, 0) == passed);
  CHECK(check_layer<input<5, 7, 3> | max_pool2d<2>>(shape<2, 3, 3>, 0) == passed);
  CHECK(check_layer<input<9, 6, 17> | max_pool2d<kernel<3, 2>>>(shape<3, 3, 17>, 0) == passed);
}

TEST_CASE("max_pool2d with windows that overlap, or leave pixels out") {
  CHECK(check_layer<input<6, 5, 16> | max_pool2d<3, stride<1>>>(shape<4, 3, 16>, 0) == passed);
  CHECK(check_layer<input<7, 8, 4> | max_pool2d<2, stride<3, 2>>>(shape<2, 4, 4>, 0) == passed);
  CHECK(check_layer<input<6, 7, 33> | max_pool2d<2, stride<1>, dilation<2>>>(
            shape<4, 5, 33>, 0) == passed);
}

TEST_CASE("max_pool2d with padding") {
  CHECK(check_layer<input<5, 7, 3> | max_pool2d<3, stride<2>, same>>(shape<3, 4, 3>, 0) == passed);
  CHECK(check_layer<input<6, 5, 20> | max_pool2d<kernel<3, 2>, stride<2>, padding<1>>>(
            shape<3, 3, 20>, 0) == passed);
}

TEST_CASE("avg_pool2d of odd images") {
  CHECK(check_layer<input<1, 1, 1> | avg_pool2d<1>>(shape<1, 1, 1>, 0) == passed);
  CHECK(check_layer<input<5, 7, 3> | avg_pool2d<2>>(shape<2, 3, 3>, 0) == passed);
  CHECK(check_layer<input<9, 6, 17> | avg_pool2d<kernel<2, 3>, stride<1>>>(
            shape<8, 4, 17>, 0) == passed);
  CHECK(check_layer<input<7, 7, 16> | avg_pool2d<2, stride<3>, dilation<2>>>(
            shape<2, 2, 16>, 0) == passed);
}

TEST_CASE("avg_pool2d with padding counts the image alone") {
  CHECK(check_layer<input<5, 7, 3> | avg_pool2d<3, stride<2>, same>>(shape<3, 4, 3>, 0) == passed);
  CHECK(check_layer<input<4, 5, 20> | avg_pool2d<3, stride<1>, padding<1, 2, 0, 1>>>(
            shape<3, 6, 20>, 0) == passed);
}

TEST_CASE("pooling of everything") {
  CHECK(check_layer<input<5, 7, 3> | global_avg_pool2d>(shape<3>, 0) == passed);
  CHECK(check_layer<input<1, 1, 20> | global_avg_pool2d>(shape<20>, 0) == passed);
  CHECK(check_layer<input<9, 6, 17> | global_avg_pool2d>(shape<17>, 0) == passed);
  CHECK(check_layer<input<7, 16> | mean_pool>(shape<16>, 0) == passed);
  CHECK(check_layer<input<1, 3> | mean_pool>(shape<3>, 0) == passed);
}
