// Layers alone, beside the spelling that multiplies as much.
#include "../../dsl/layers.hpp"
#include "../harness/network.hpp"
#include "networks.hpp"

namespace benches {
namespace {

using namespace etch;

constexpr auto halved = input<32, 32, 32> | conv2d<64, 4, stride<2>, padding<1>>;
constexpr auto doubled = input<16, 16, 64> | conv_transpose2d<32, 4, stride<2>, padding<1>>;
static_assert(cost<halved>.multiply_adds == cost<doubled>.multiply_adds);

constexpr auto sequence = input<1024, 32> | conv1d<64, 5, same>;
constexpr auto image = input<1, 1024, 32> | conv2d<64, kernel<1, 5>, same>;

}  // namespace

void add_layer_rows() {
  add_forward_rows<halved, 1>("network/conv2d_32x32x32x64_4x4_stride2/forward/batch:1");
  add_forward_rows<doubled, 1>("network/conv_transpose2d_16x16x64x32_4x4_stride2/forward/batch:1");
  add_forward_rows<sequence, 1>("network/conv1d_1024x32x64_5/forward/batch:1");
  add_forward_rows<image, 1>("network/conv2d_1x1024x32x64_1x5/forward/batch:1");
}

}  // namespace benches
