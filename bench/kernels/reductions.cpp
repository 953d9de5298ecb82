// Layers that reduce: softmax, the norms, pooling. Channels last, as everywhere.
#include "../../etch.hpp"
#include "../harness/network.hpp"
#include "kernels.hpp"

namespace benches {

void add_reduction_rows() {
  add_forward_rows<etch::input<10> | etch::softmax, 1>("reduction/softmax_10/forward/batch:1");
  add_forward_rows<etch::input<64, 64> | etch::softmax, 1>(
      "reduction/softmax_64x64/forward/batch:1");
  add_forward_rows<etch::input<32, 64> | etch::layer_norm, 1>(
      "reduction/layer_norm_32x64/forward/batch:1");
  add_forward_rows<etch::input<32, 256> | etch::layer_norm, 1>(
      "reduction/layer_norm_32x256/forward/batch:1");
  add_forward_rows<etch::input<16, 16, 32> | etch::batch_norm, 1>(
      "reduction/batch_norm_16x16x32/forward/batch:1");
  add_forward_rows<etch::input<26, 26, 32> | etch::max_pool2d<2>, 1>(
      "reduction/max_pool_26x26x32_2/forward/batch:1");
  add_forward_rows<etch::input<16, 16, 64> | etch::max_pool2d<2>, 1>(
      "reduction/max_pool_16x16x64_2/forward/batch:1");
  add_forward_rows<etch::input<16, 16, 64> | etch::avg_pool2d<2>, 1>(
      "reduction/avg_pool_16x16x64_2/forward/batch:1");
  add_forward_rows<etch::input<8, 8, 128> | etch::global_avg_pool2d, 1>(
      "reduction/global_avg_pool2d_8x8x128/forward/batch:1");
}

}  // namespace benches
