#include "../../codegen/kernels/contract/pooled_gradient.hpp"

#include <cmath>
#include <vector>

#include "../../codegen/kernels/contract/contract.hpp"
#include "kernel_testing.hpp"

using namespace kernel_testing;

namespace {

/// Gradients of a pooling over all outputs of C, and the same written out where the largest were.
template <contraction C, int PoolH, int PoolW>
struct problem {
  static constexpr int height = C.out_height() / PoolH, width = C.out_width() / PoolW;
  static constexpr std::size_t pooled = height * width * C.filters;

  int samples;
  std::vector<float> x, dy, index, full;

  problem(int count, double zeros)
      : samples(count),
        x(size(C.inputs())),
        dy(size(pooled)),
        index(dy.size()),
        full(size(C.outputs())) {
    std::uniform_real_distribution<float> number(-1, 1);
    std::bernoulli_distribution zero(zeros);
    for (float& v : x) v = number(generator);
    for (std::size_t i = 0; i < dy.size(); ++i) {
      int const k = static_cast<int>(generator() % (PoolH * PoolW));
      dy[i] = zero(generator) ? 0.0f : number(generator);
      index[i] = static_cast<float>(k);
      int const o = static_cast<int>(i % pooled), f = o % C.filters, p = o / C.filters;
      int const row = p / width * PoolH + k / PoolW, column = p % width * PoolW + k % PoolW;
      full[i / pooled * static_cast<std::size_t>(C.outputs()) +
           static_cast<std::size_t>((row * C.out_width() + column) * C.filters + f)] = dy[i];
    }
  }

 private:
  std::size_t size(std::size_t each) const { return static_cast<std::size_t>(samples) * each; }
};

double difference(std::vector<float> const& got, std::vector<float> const& expected) {
  double worst = got.size() == expected.size() ? 0 : 1e30;
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    double const error = std::abs(got[i] - expected[i]) / (1 + std::abs(expected[i]));
    if (!(error <= worst)) worst = std::isnan(error) ? 1e30 : error;
  }
  return worst;
}

/// The kernels against those that multiply with all of dY.
template <contraction C, int PoolH, int PoolW>
void check_kernels() {
  for (int const samples : {1, 3})
    for (double const zeros : {0.0, 0.5, 1.0}) {
      problem<C, PoolH, PoolW> const p(samples, zeros);
      double const terms = static_cast<double>(samples) * p.height * p.width;
      // a sum of random terms grows with their root, and so does what each addition is off
      double const allowed = 2e-5 * std::max(1.0, terms / 1000);
      for_each_instruction_set([&]<class Arch>() {
        CAPTURE(samples, zeros, C.height, C.width, C.channels, C.filters, PoolH, PoolW);
        guarded x(p.x, 1), dy(p.dy, 3), index(p.index, 5);
        std::vector<float> expected(packed_size(C)), transposed(transposed_size(C));
        contract_dw<Arch, C>(p.x.data(), p.full.data(), expected.data(), samples, false);
        if constexpr (skips_zeros(C)) {
          transpose_weights<C, Arch>(expected.data(), transposed.data());
          expected = transposed;
        }
        guarded dw(std::vector<float>(expected.size(), 3.0f), 0);
        contract_dw_pooled<Arch, C, PoolH, PoolW>(x.data(), dy.data(), index.data(), dw.data(),
                                                  samples, false);
        CHECK(difference(dw.values(), expected) < allowed);
        CHECK(dw.intact());
        contract_dw_pooled<Arch, C, PoolH, PoolW>(x.data(), dy.data(), index.data(), dw.data(),
                                                  samples, true);
        for (float& v : expected) v *= 2;
        CHECK(difference(dw.values(), expected) < allowed);
        if constexpr (skips_zeros(C)) {
          std::vector<float> weights(packed_size(C));
          std::uniform_real_distribution<float> number(-1, 1);
          for (int f = 0; f < C.filters; ++f)
            for (int i = 0; i < window_size(C); ++i)
              weights[static_cast<std::size_t>(packed_index(C, f, 0, 0, 0) + i * panel_width(C))] =
                  number(generator);
          transpose_weights<C, Arch>(weights.data(), transposed.data());
          std::vector<float> image(p.x.size());
          contract_dx<Arch, C>(p.full.data(), transposed.data(), image.data(), samples);
          guarded w(transposed, 0), dx(image.size(), 7);
          contract_dx_pooled<Arch, C, PoolH, PoolW>(dy.data(), index.data(), w.data(), dx.data(),
                                                    samples);
          CHECK(difference(dx.values(), image) < 2e-5);
          CHECK(dx.intact());
        }
      });
    }
}

constexpr contraction conv(int height, int width, int channels, int kernel, int filters,
                           int stride = 1, int dilation = 1, int groups = 1) {
  return {height, width,    channels, kernel, kernel, stride,
          stride, dilation, dilation, groups, filters};
}

}  // namespace

TEST_CASE("gradients through a max pooling skip the zeros") {
  check_kernels<conv(9, 8, 16, 3, 8), 2, 2>();  // drops a row
  check_kernels<conv(7, 9, 32, 3, 20), 2, 3>();
  check_kernels<conv(8, 8, 20, 2, 33), 3, 2>();  // odd numbers of everything
  check_kernels<conv(13, 9, 17, 3, 5, 2), 2, 2>();
  check_kernels<conv(9, 9, 16, 3, 16, 1, 2), 2, 2>();
  check_kernels<conv(6, 6, 48, 1, 3), 2, 2>();
  check_kernels<conv(10, 10, 16, 5, 16), 1, 2>();
  check_kernels<conv(8, 1100, 16, 1, 4), 2, 2>();  // more gradients than are listed at once
}

TEST_CASE("gradients through a max pooling of few channels mask dY in registers") {
  check_kernels<conv(12, 10, 1, 3, 32), 2, 2>();
  check_kernels<conv(9, 8, 3, 3, 20), 2, 2>();
  check_kernels<conv(9, 8, 3, 5, 5), 2, 1>();
  check_kernels<conv(9, 9, 4, 3, 70, 2), 3, 2>();
  check_kernels<conv(8, 8, 8, 3, 12, 1, 1, 2), 2, 2>();
  check_kernels<conv(8, 8, 2, 2, 2, 1, 2), 3, 3>();
}
