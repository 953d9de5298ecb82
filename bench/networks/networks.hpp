#pragma once

#include "../harness/harness.hpp"

namespace benches {

void add_mlp_rows();
void add_cnn_rows();
void add_resnet_rows();
void add_layer_rows();

}  // namespace benches
