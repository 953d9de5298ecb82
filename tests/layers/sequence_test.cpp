// Layers on sequences (length, channels), which are those on images of height 1.

#include "check_layer.hpp"

#include "../../codegen/report/print.hpp"
#include "catch.hpp"

using namespace etch;
using check::passed;

TEST_CASE("conv1d with its options") {
  CHECK(check_layer<input<9, 3> | conv1d<5, 3, stride<2>>>(shape<4, 5>, 50) == passed);
  CHECK(check_layer<input<8, 4> | conv1d<16, 3, same, dilation<2>> | relu | max_pool1d<2>>(
            shape<4, 16>, 208) == passed);
  CHECK(check_layer<input<7, 3> | conv1d<4, 3, causal, dilation<2>, no_bias>>(shape<7, 4>, 36) ==
        passed);
  CHECK(check_layer<input<5, 6> | conv1d<6, 2, padding<2, 1>, groups<6>>>(shape<7, 6>, 18) ==
        passed);
  CHECK(check_layer<input<40, 2> | conv1d<16, 1> | conv1d<18, 3, same>>(shape<40, 18>, 930) ==
        passed);
}

TEST_CASE("pooling of sequences") {
  CHECK(check_layer<input<9, 5> | max_pool1d<3, stride<2>, padding<1, 0>>>(shape<4, 5>, 0) ==
        passed);
  CHECK(check_layer<input<8, 17> | avg_pool1d<2>>(shape<4, 17>, 0) == passed);
  CHECK(check_layer<input<6, 3> | avg_pool1d<3, stride<1>, same>>(shape<6, 3>, 0) == passed);
}

TEST_CASE("conv_transpose1d with its options") {
  CHECK(check_layer<input<5, 3> | conv_transpose1d<4, 4, stride<2>, padding<1>>>(shape<10, 4>, 52) ==
        passed);
  CHECK(check_layer<input<4, 4> | conv_transpose1d<6, 3, stride<2>, padding<1, 0>, groups<2>,
                                                   output_padding<1>>>(shape<9, 6>, 42) == passed);
}

namespace {

constexpr auto sequences =
    input<40, 8> | conv1d<32, 3, same> | relu | max_pool1d<2> | conv1d<32, 5, same, no_bias> |
    batch_norm | relu | conv1d<16, 3, padding<1>> | avg_pool1d<3, stride<1>, same> |
    conv_transpose1d<16, 3, same> | relu | conv_transpose1d<4, 4, stride<2>> | flatten | dense<4>;
constexpr auto images =
    input<1, 40, 8> | conv2d<32, kernel<1, 3>, same> | relu | max_pool2d<kernel<1, 2>> |
    conv2d<32, kernel<1, 5>, same, no_bias> | batch_norm | relu |
    conv2d<16, kernel<1, 3>, padding<0, 1>> | avg_pool2d<kernel<1, 3>, stride<1>, same> |
    conv_transpose2d<16, kernel<1, 3>, same> | relu |
    conv_transpose2d<4, kernel<1, 4>, stride<1, 2>> | flatten | dense<4>;

}  // namespace

TEST_CASE("layers on sequences run as those on images of height 1") {
  auto const inference = [](auto net) { return to_text(lower(graph_of(net), 1, true)); };
  CHECK(inference(sequences) == inference(images));
  auto const training = [](auto net) {
    return to_text(lower(training_graph(net, mse), 8, false));
  };
  CHECK(training(sequences) == training(images));
}
