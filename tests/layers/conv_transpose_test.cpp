#include "check_layer.hpp"

#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("conv_transpose2d with strides") {
  CHECK(check_layer<input<3, 4, 3> | conv_transpose2d<5, 3>>(shape<5, 6, 5>, 140) == passed);
  CHECK(check_layer<input<4, 3, 16> | conv_transpose2d<4, 4, stride<2>, padding<1>>>(
            shape<8, 6, 4>, 1028) == passed);
  CHECK(check_layer<input<3, 2, 4> | conv_transpose2d<17, 2, stride<3, 1>, no_bias>>(
            shape<8, 3, 17>, 272) == passed);
  CHECK(check_layer<input<2, 3, 5> | conv_transpose2d<3, 1>>(shape<2, 3, 3>, 18) == passed);
  CHECK(check_layer<input<1, 1, 7> | conv_transpose2d<6, 3>>(shape<3, 3, 6>, 384) == passed);
}

TEST_CASE("conv_transpose2d with dilation, padding on each side and output padding") {
  CHECK(check_layer<input<3, 4, 3> | conv_transpose2d<4, kernel<3, 2>, dilation<2, 3>>>(
            shape<7, 7, 4>, 76) == passed);
  CHECK(check_layer<input<3, 3, 2> | conv_transpose2d<5, 3, stride<2>, padding<1, 0, 0, 2>,
                                                      output_padding<1>>>(shape<7, 6, 5>, 95) ==
        passed);
  CHECK(check_layer<input<3, 2, 3> | conv_transpose2d<2, 2, stride<3>, same>>(shape<9, 6, 2>, 26) ==
        passed);
  CHECK(check_layer<input<2, 3, 2> | conv_transpose2d<3, 2, dilation<3>, output_padding<2>>>(
            shape<7, 8, 3>, 27) == passed);
}

TEST_CASE("conv_transpose2d with groups") {
  CHECK(check_layer<input<3, 4, 6> | conv_transpose2d<4, 3, stride<2>, groups<2>>>(
            shape<7, 9, 4>, 112) == passed);
  CHECK(check_layer<input<4, 3, 17> | conv_transpose2d<17, 4, stride<2>, same, groups<17>>>(
            shape<8, 6, 17>, 289) == passed);
}

TEST_CASE("chains of transposed convolutions") {
  CHECK(check_layer<input<4, 4, 3> | conv2d<18, 3, same> | relu | max_pool2d<2> |
                    conv_transpose2d<16, 2, stride<2>> | relu | conv2d<2, 3, same>>(
            shape<4, 4, 2>, 504 + 1168 + 290) == passed);
  CHECK(check_layer<input<3, 5, 4> | conv_transpose2d<16, 3, same> | batch_norm | etch::tanh |
                    conv_transpose2d<18, 3, same> | max_pool2d<2>>(
            shape<1, 2, 18>, 592 + 32 + 2610) == passed);
  CHECK(check_layer<input<1, 1, 4> | conv_transpose2d<6, 1> | relu | conv_transpose2d<3, 1>>(
            shape<1, 1, 3>, 30 + 21) == passed);
}

TEST_CASE("a transposed convolution that a loop repeats") {
  CHECK(check_layer<input<4, 3, 4> | repeat<5>(conv_transpose2d<4, 3, same> | etch::tanh)>(
            shape<4, 3, 4>, 5 * 148) == passed);
}
