#pragma once

#include "../harness/harness.hpp"

namespace benches {

void add_mlp_training_rows();
void add_cnn_training_rows();

}  // namespace benches
