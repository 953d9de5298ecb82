// The kernels that tiles_test.py looks at: every tile that is chosen for these shapes.
#include "../../codegen/kernels/contract/contract.hpp"

namespace {

using namespace etch;

struct bias_relu {
  static constexpr bool monotone = true;
  float const* bias;

  template <class Arch>
  [[gnu::always_inline]] simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t,
                                                    int channel, int lanes) const {
    return simd::max(acc + simd::load_partial<Arch>(bias + channel, lanes), simd::zero<Arch>());
  }
};

template <class Arch, contraction C>
void forward_and_dx(float const* x, float const* w, float* y, int n) {
  contract_forward<Arch, C>(x, w, y, n, bias_relu{w});
  contract_dx<Arch, C>(x, w, y, n);
}
template <class Arch, contraction C>
void all(float const* x, float const* w, float* y, int n) {
  forward_and_dx<Arch, C>(x, w, y, n);
  contract_dw<Arch, C>(x, w, y, n, n > 8);
}

constexpr contraction conv(int size, int channels, int kernel, int filters, int stride = 1,
                           int dilation = 1, int groups = 1) {
  return {size,   size,     channels, kernel, kernel, stride,
          stride, dilation, dilation, groups, filters};
}

template <class Arch>
void every_kernel(float const* x, float const* w, float* y, int n) {
  forward_and_dx<Arch, contraction{.channels = 128, .filters = 10}>(x, w, y, n);
  contract_dw<Arch, contraction{.channels = 128, .filters = 7}>(x, w, y, n, n > 8);
  all<Arch, contraction{.channels = 64, .filters = 100}>(x, w, y, n);
  all<Arch, contraction{.channels = 16, .filters = 256}>(x, w, y, n);
  contract_forward<Arch, contraction{.channels = 256, .filters = 64}>(x, w, y, n, bias_relu{w});
  contract_forward<Arch, conv(28, 1, 3, 32)>(x, w, y, n, bias_relu{w});
  contract_dw<Arch, conv(28, 1, 3, 32)>(x, w, y, n, n > 8);
  contract_dw<Arch, conv(34, 16, 3, 16)>(x, w, y, n, n > 8);
  all<Arch, conv(32, 3, 3, 16)>(x, w, y, n);
  all<Arch, conv(13, 32, 3, 64)>(x, w, y, n);
  all<Arch, conv(5, 64, 3, 64)>(x, w, y, n);
  forward_and_dx<Arch, conv(14, 20, 5, 33)>(x, w, y, n);
  forward_and_dx<Arch, conv(16, 33, 3, 20)>(x, w, y, n);
  contract_dx<Arch, conv(28, 1, 3, 32)>(x, w, y, n);
  all<Arch, conv(28, 16, 3, 48, 2)>(x, w, y, n);
  all<Arch, conv(16, 32, 3, 32, 1, 2)>(x, w, y, n);
  all<Arch, conv(16, 64, 3, 64, 1, 1, 64)>(x, w, y, n);
  forward_and_dx<Arch, conv(40, 20, 5, 20, 2, 1, 20)>(x, w, y, n);
  contract_forward_max_pool<Arch, conv(28, 1, 3, 32), 2, 2>(x, w, y, n, bias_relu{w});
  contract_forward_max_pool<Arch, conv(28, 1, 3, 32), 2, 2>(x, w, y, y, n, bias_relu{w});
  contract_forward_max_pool<Arch, conv(13, 32, 3, 64), 2, 2>(x, w, y, n, bias_relu{w});
  contract_dw_pooled<Arch, conv(28, 1, 3, 32), 2, 2>(x, w, x, y, n, n > 8);
  contract_dw_pooled<Arch, conv(13, 32, 3, 64), 2, 2>(x, w, x, y, n, n > 8);
  contract_dx_pooled<Arch, conv(13, 32, 3, 64), 2, 2>(x, w, x, y, n);
  contract_forward_max_pool<Arch, conv(17, 32, 3, 32, 1, 1, 32), 2, 2>(x, w, y, n, bias_relu{w});
}

}  // namespace

void every_kernel_of_this_level(float const* x, float const* w, float* y, int n) {
  every_kernel<arch::native>(x, w, y, n);
}
