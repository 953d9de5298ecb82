#pragma once

#include "../harness/harness.hpp"

namespace benches {

void add_dense_rows();
void add_gemm_rows();
void add_product_rows();
void add_copy_rows();
void add_conv_rows();
void add_elementwise_rows();
void add_reduction_rows();
void add_update_rows();

}  // namespace benches
