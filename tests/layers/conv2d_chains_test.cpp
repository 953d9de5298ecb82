#include "check_layer.hpp"

#include "catch.hpp"

// Convolutions with what runs in their registers behind them.

using namespace etch;
using check::passed;

TEST_CASE("convolution, relu and max-pool with odd sizes") {
  CHECK(check_layer<input<8, 10, 3> | conv2d<5, 2> | relu | max_pool2d<2>>(
            shape<3, 4, 5>, 65) == passed);
  CHECK(check_layer<input<7, 6, 2> | conv2d<17, 3> | relu | max_pool2d<2>>(
            shape<2, 2, 17>, 323) == passed);
  CHECK(check_layer<input<9, 8, 1> | conv2d<16, 3, same> | relu | max_pool2d<kernel<3, 2>>>(
            shape<3, 4, 16>, 160) == passed);
}

TEST_CASE("convolution and max-pool with other things between and around") {
  CHECK(check_layer<input<6, 7, 3> | conv2d<4, 2> | max_pool2d<2>>(shape<2, 3, 4>, 52) == passed);
  CHECK(check_layer<input<6, 6, 3> | relu | conv2d<7, 1, no_bias> | sigmoid | max_pool2d<3>>(
            shape<2, 2, 7>, 21) == passed);
  CHECK(check_layer<input<7, 7, 5> | conv2d<5, 2, groups<5>> | relu | max_pool2d<2>>(
            shape<3, 3, 5>, 25) == passed);
  CHECK(check_layer<input<6, 5, 3> | conv2d<6, 2> | relu | max_pool2d<2, stride<1>>>(
            shape<4, 3, 6>, 78) == passed);
}

TEST_CASE("convolution, batch_norm, relu and max-pool") {
  CHECK(check_layer<input<6, 7, 3> | conv2d<9, 2, no_bias> | batch_norm | relu | max_pool2d<2>>(
            shape<2, 3, 9>, 126) == passed);
}

TEST_CASE("a small network of convolutions and dense layers") {
  CHECK(check_layer<input<9, 9, 1> | conv2d<6, 3> | relu | max_pool2d<2> | conv2d<10, 2> | gelu |
                    flatten | dense<17> | relu | dense<3>>(shape<3>, 1061) == passed);
  CHECK(check_layer<input<6, 6, 3> | conv2d<8, 3, same> | etch::tanh | avg_pool2d<2> |
                    conv2d<4, 2, stride<1>> | relu | global_avg_pool2d | dense<2>>(
            shape<2>, 366) == passed);
}

TEST_CASE("conv2d of padded images, whose dX is a convolution too") {
  CHECK(check_layer<input<1, 520, 1> | conv2d<16, 1> | conv2d<18, kernel<1, 3>, same>>(
            shape<1, 520, 18>, 914) == passed);
  CHECK(check_layer<input<8, 40, 2> | conv2d<24, 1> | etch::tanh |
                    conv2d<16, kernel<2, 4>, same, dilation<2, 1>>>(shape<8, 40, 16>, 3160) ==
        passed);
}

TEST_CASE("convolutions whose outputs go where the next one reads them, with a border") {
  CHECK(check_layer<input<5, 6, 3> | conv2d<16, 3, same> | relu | conv2d<8, 2, same> | etch::tanh |
                    conv2d<3, 3, padding<2, 0>>>(shape<7, 4, 3>, 1187) == passed);
  CHECK(check_layer<input<5, 7, 2> | conv2d<32, 2> |
                    residual(conv2d<32, 3, same, no_bias> | batch_norm | relu |
                             conv2d<32, kernel<1, 3>, same>)>(shape<4, 6, 32>, 12672) == passed);
}

TEST_CASE("maps whose results go, line by line, where a convolution reads them") {
  CHECK(check_layer<input<12, 11, 3> | conv2d<16, 3, same, no_bias> | batch_norm | relu |
                    conv2d<8, 3, same>>(shape<12, 11, 8>, 1624) == passed);
  CHECK(check_layer<input<14, 13, 3> | batch_norm | conv2d<4, 3, same>>(shape<14, 13, 4>, 118) ==
        passed);
  CHECK(check_layer<input<3, 9, 72> | batch_norm | relu | conv2d<2, kernel<1, 3>, same>>(
            shape<3, 9, 2>, 578) == passed);
  CHECK(check_layer<input<16, 16, 4> | etch::tanh | residual(conv2d<4, 3, same>)>(
            shape<16, 16, 4>, 148) == passed);
}
