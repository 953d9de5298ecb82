#include "../harness/network.hpp"
#include "../networks.hpp"
#include "networks.hpp"

namespace benches {

void add_resnet_rows() {
  add_forward_rows<nets::resnet18_small, 1>("network/resnet18_small/forward/batch:1");
  add_forward_rows<nets::resnet18_small, 64>("network/resnet18_small/forward/batch:64");
}

}  // namespace benches
