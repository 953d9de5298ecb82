// Kernels one by one, each as a fraction of the ceiling that applies to it. See bench/README.md.
#include "kernels.hpp"

int main(int argc, char** argv) {
  benches::add_dense_rows();
  benches::add_gemm_rows();
  benches::add_product_rows();
  benches::add_copy_rows();
  benches::add_conv_rows();
  benches::add_elementwise_rows();
  benches::add_reduction_rows();
  benches::add_update_rows();
  return benches::run_rows(argc, argv);
}
