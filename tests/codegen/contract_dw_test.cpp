#include "../../codegen/kernels/contract/dw.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "contract_testing.hpp"
#include "instruction_sets.hpp"

using namespace etch;
using namespace contract_testing;

namespace {

/// Largest error of the gradient of C's weights relative to the terms that were summed.
template <class Arch, contraction C>
double error_of(int samples, edge side, bool adds) {
  constexpr int size = packed_size(C), width = C.out_width();
  int const rows = samples * C.out_height() * width;
  guarded x(samples * C.inputs(), side), dy(rows * C.filters, side), dw(size, side);
  for (int i = 0; i < samples * C.inputs(); ++i) x[i] = number(i, 1);
  for (int i = 0; i < rows * C.filters; ++i) dy[i] = number(i, 3);
  std::vector<double> sum(size), terms(size);
  for (int i = 0; i < size; ++i) dw[i] = 0;
  for (int f = 0; f < C.filters; ++f)
    for (int ky = 0; ky < C.kernel_height; ++ky)
      for (int kx = 0; kx < C.kernel_width; ++kx)
        for (int c = 0; c < C.group_channels(); ++c) {
          int const at = packed_index(C, f, ky, kx, c);
          dw[at] = number(at, 6);
          double total = adds ? dw[at] : 0, most = 1;
          for (int row = 0; row < rows; ++row) {
            int const s = row / (C.out_height() * width), oy = row / width % C.out_height();
            int const iy = oy * C.stride_height + ky * C.dilation_height;
            int const ix = row % width * C.stride_width + kx * C.dilation_width;
            int const channel = f / C.group_filters() * C.group_channels() + c;
            double const term = double{dy[row * C.filters + f]} *
                                x[s * C.inputs() + (iy * C.width + ix) * C.channels + channel];
            total += term;
            most += std::abs(term);
          }
          sum[static_cast<std::size_t>(at)] = total;
          terms[static_cast<std::size_t>(at)] = most;
        }
  constexpr contraction canonical = etch::canonical(C);
  constexpr bool pointwise = canonical.pointwise();
  kernels::dw_windows<Arch, pointwise ? canonical : C>(x.data(), dy.data(), dw.data(),
                                                       pointwise ? rows : samples, adds);
  double worst = 0;
  for (int i = 0; i < size; ++i) {
    auto const at = static_cast<std::size_t>(i);
    double const error = std::abs(dw[i] - sum[at]) / (terms[at] + 1e-9);
    if (!(error <= worst)) worst = std::isnan(error) ? 1e30 : error;
  }
  if (!dw.intact()) return 1e30;
  return worst;
}

template <contraction C>
void check_gradient(std::initializer_list<int> batches) {
  for (int const samples : batches)
    for (edge const at : {edge::end, edge::begin})
      for_each_instruction_set([&]<class Arch>() {
        CAPTURE(samples, at, C.height, C.width, C.channels, C.kernel_height,
                C.kernel_width, C.stride_height, C.dilation_width, C.groups, C.filters);
        for (bool const adds : {false, true})
          CHECK(error_of<Arch, C>(samples, at, adds) < 2e-6);
      });
}

constexpr contraction dense(int channels, int filters) {
  return {.channels = channels, .filters = filters};
}

}  // namespace

TEST_CASE("weight gradients of filters that fill no vector lie along the inputs") {
  check_gradient<dense(128, 10)>({1, 32});
  check_gradient<dense(37, 1)>({3});  // inputs that fill no vector
  check_gradient<dense(53, 2)>({3});
  check_gradient<dense(41, 5)>({3});
  check_gradient<dense(19, 7)>({3});
  check_gradient<dense(40, 12)>({3});
  check_gradient<dense(35, 13)>({3});  // padded
  check_gradient<dense(5, 17)>({3});   // fewer inputs than lanes
  check_gradient<dense(24, 23)>({2});
}

TEST_CASE("weight gradients of several panels, and a strip that ends within one") {
  check_gradient<dense(20, 40)>({7});
  check_gradient<dense(20, 47)>({7});
  check_gradient<dense(9, 60)>({7});
  check_gradient<dense(24, 100)>({7});
  check_gradient<dense(13, 256)>({3});  // packed
}

TEST_CASE("weight gradients of more positions than a block") {
  check_gradient<dense(16, 24)>({100, 101, 330});
  check_gradient<dense(24, 10)>({101, 250});
  check_gradient<dense(3, 256)>({230});
  check_gradient<conv(17, 4, 2, 20)>({1, 2});
  check_gradient<conv(5, 6, 3, 18)>({1, 17, 40});
  check_gradient<contraction{
      .height = 2, .width = 300, .channels = 2, .kernel_width = 3, .filters = 17}>(
      {2});                                    // a line is longer than a block
  check_gradient<conv(40, 1, 3, 16)>({1, 2});  // read once, in blocks of lines
}

TEST_CASE("weight gradients of one vector of filters, the taps of a row together") {
  check_gradient<conv(10, 8, 3, 16)>({1, 3});
  check_gradient<conv(11, 16, 3, 16)>({2});
  check_gradient<conv(12, 8, 3, 16)>({2});
  check_gradient<conv(34, 8, 3, 16)>({2});  // in blocks of lines
  check_gradient<contraction{.height = 9,
                             .width = 14,
                             .channels = 24,
                             .kernel_height = 2,
                             .kernel_width = 3,
                             .stride_height = 2,
                             .dilation_height = 3,
                             .filters = 16}>({3});
}

TEST_CASE("weight gradients of windows with few channels, strides, dilation and groups") {
  check_gradient<conv(9, 3, 3, 16)>({2});
  check_gradient<conv(9, 3, 3, 9)>({2});
  check_gradient<conv(8, 20, 3, 20)>({2});
  check_gradient<conv(8, 33, 3, 33)>({2});
  check_gradient<conv(6, 20, 3, 10)>({2});
  check_gradient<conv(6, 17, 3, 8)>({2});
  check_gradient<conv(9, 5, 3, 6, 2)>({2});
  check_gradient<conv(9, 7, 3, 3, 1, 2)>({2});
  check_gradient<conv(9, 8, 3, 12, 1, 1, 2)>({2});
  check_gradient<conv(6, 12, 2, 40, 2, 1, 4)>({3});
}
