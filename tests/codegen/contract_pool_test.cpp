#include "contract_problem.hpp"

#include <utility>

using namespace contract_testing;

namespace {

/// max(acc + bias[channel], 0), which may run after pooling.
struct bias_relu {
  static constexpr bool monotone = true;
  float const* bias;

  template <class Arch>
  simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t, int channel, int lanes) const {
    return simd::max(simd::zero<Arch>(), acc + simd::load_partial<Arch>(bias + channel, lanes));
  }
};

template <contraction C, int PoolH, int PoolW, class Arch, class Epilogue>
double pool_error(problem& p, Epilogue const& epilogue, bool residual) {
  constexpr int height = C.out_height() / PoolH, width = C.out_width() / PoolW;
  guarded y(p.samples * height * width * C.filters, p.at);
  contract_forward_max_pool<Arch, C, PoolH, PoolW>(p.x.data(), p.packed.data(), y.data(), p.samples,
                                                   epilogue);
  worst_error error;
  for (int o = 0; o < p.samples * height * width * C.filters; ++o) {
    int const f = o % C.filters, px = o / C.filters % width;
    int const py = o / C.filters / width % height, s = o / C.filters / width / height;
    double most = 0, magnitude = 1;
    for (int i = 0; i < PoolH * PoolW; ++i) {
      int const oy = py * PoolH + i / PoolW, ox = px * PoolW + i % PoolW;
      int const row = s * p.positions() + oy * C.out_width() + ox;
      double sum = p.bias[f] + (residual ? p.residual[row * C.filters + f] : 0.0f), terms = 1;
      p.each_product(oy, ox, f, [&](int at, int ky, int kx, int k) {
        double const term = double{p.x[s * C.inputs() + at]} * p.weight(f, ky, kx, k);
        sum += term;
        terms += std::abs(term);
      });
      most = std::max(most, sum);
      magnitude = std::max(magnitude, terms);
    }
    error.add(y[o], most, magnitude);
  }
  if (!y.intact()) return 1e30;
  return error.value;
}

/// Whether each index is that of an output as large as the pooled one, and y as without indices.
template <contraction C, int PoolH, int PoolW, class Arch, class Epilogue>
bool index_is_right(problem& p, Epilogue const& epilogue) {
  constexpr int height = C.out_height() / PoolH, width = C.out_width() / PoolW;
  constexpr int pooled = height * width * C.filters;
  guarded y(p.samples * pooled, p.at), index(p.samples * pooled, p.at);
  guarded plain(p.samples * pooled, p.at), all(p.samples * C.outputs(), p.at);
  contract_forward_max_pool<Arch, C, PoolH, PoolW>(p.x.data(), p.packed.data(), y.data(),
                                                   index.data(), p.samples, epilogue);
  contract_forward_max_pool<Arch, C, PoolH, PoolW>(p.x.data(), p.packed.data(), plain.data(),
                                                   p.samples, epilogue);
  contract_forward<Arch, C>(p.x.data(), p.packed.data(), all.data(), p.samples, epilogue);
  for (int i = 0; i < p.samples * pooled; ++i) {
    int const o = i % pooled / C.filters, k = static_cast<int>(index[i]);
    if (!(k >= 0 && k < PoolH * PoolW) || y[i] != plain[i]) return false;
    int const row = o / width * PoolH + k / PoolW, column = o % width * PoolW + k % PoolW;
    float const largest =
        all[i / pooled * C.outputs() + (row * C.out_width() + column) * C.filters + i % C.filters];
    if (!(std::abs(largest - y[i]) <= 1e-5f)) return false;
  }
  return y.intact() && index.intact();
}

/// Whether the index of equal outputs is that of the first.
template <contraction C, int PoolH, int PoolW, class Arch>
bool first_of_equals() {
  problem p = problem::make<C>(2, edge::end);
  for (int i = 0; i < p.samples * C.inputs(); ++i) p.x[i] = 1;
  int const size = p.samples * (C.out_height() / PoolH) * (C.out_width() / PoolW) * C.filters;
  guarded y(size), index(size);
  contract_forward_max_pool<Arch, C, PoolH, PoolW>(p.x.data(), p.packed.data(), y.data(),
                                                   index.data(), p.samples,
                                                   bias_relu{p.bias.data()});
  return index.values() == std::vector<float>(index.size());
}

/// Whether a NaN in x is in the outputs whose window has it, and in no other; and its place in the
/// index.
template <contraction C, int PoolH, int PoolW, class Arch>
bool keeps_not_a_number(problem& p) {
  constexpr int width = C.out_width() / PoolW, pooled = C.out_height() / PoolH * width * C.filters;
  auto const epilogue = bias_relu{p.bias.data()};
  bool right = true;
  for (int poisoned = 0; right && poisoned < C.inputs(); poisoned += 7) {
    float const before = std::exchange(p.x[poisoned], std::numeric_limits<float>::quiet_NaN());
    int const size = p.samples * pooled;
    guarded y(size, p.at), indexed(size, p.at), index(size, p.at);
    contract_forward_max_pool<Arch, C, PoolH, PoolW>(p.x.data(), p.packed.data(), y.data(),
                                                     p.samples, epilogue);
    if constexpr (!C.depthwise())
      contract_forward_max_pool<Arch, C, PoolH, PoolW>(p.x.data(), p.packed.data(), indexed.data(),
                                                       index.data(), p.samples, epilogue);
    for (int o = 0; right && o < size; ++o) {
      int first = -1;  // of the window, which reads it
      for (int i = 0; o < pooled && first < 0 && i < PoolH * PoolW; ++i)
        p.each_product(o / C.filters / width * PoolH + i / PoolW,
                       o / C.filters % width * PoolW + i % PoolW, o % C.filters,
                       [&](int at, int, int, int) { first = at == poisoned ? i : first; });
      right = std::isnan(y[o]) == (first >= 0);
      if (!C.depthwise())
        right = right && std::isnan(indexed[o]) == (first >= 0) &&
                (first < 0 || index[o] == static_cast<float>(first));
    }
    p.x[poisoned] = before;
  }
  return right;
}

template <contraction C, int PoolH, int PoolW>
void check_pool() {
  for (int const samples : {1, 3})
    for (edge const at : {edge::end, edge::begin}) {
      problem p = problem::make<C>(samples, at);
      for_each_instruction_set([&]<class Arch>() {
        CAPTURE(samples, at, C.height, C.width, C.channels, C.filters, PoolH,
                PoolW);
        bias_residual_relu const first{p.bias.data(), p.residual.data(), C.filters};
        CHECK((pool_error<C, PoolH, PoolW, Arch>(p, first, true)) < tolerance);
        bias_relu const last{p.bias.data()};
        CHECK((pool_error<C, PoolH, PoolW, Arch>(p, last, false)) < tolerance);
        if constexpr (!C.depthwise()) {
          CHECK((index_is_right<C, PoolH, PoolW, Arch>(p, first)));
          CHECK((index_is_right<C, PoolH, PoolW, Arch>(p, last)));
        }
        if (at == edge::end) CHECK((keeps_not_a_number<C, PoolH, PoolW, Arch>(p)));
      });
    }
}

}  // namespace

TEST_CASE("max pooling in registers agrees with pooling afterwards") {
  check_pool<conv(12, 1, 3, 32), 2, 2>();
  check_pool<conv(13, 5, 3, 20), 2, 2>();  // one row and column dropped
  check_pool<conv(12, 3, 3, 8, 1, 1, 1), 3, 2>();
  check_pool<conv(9, 4, 1, 16), 3, 3>();
  check_pool<conv(14, 2, 3, 17), 6, 6>();  // more positions than registers
  check_pool<conv(13, 1, 3, 52), 2, 2>();  // weights that stay in registers
  check_pool<conv(14, 1, 3, 33, 1, 2), 3, 2>();
  check_pool<conv(9, 4, 2, 24, 1, 1, 2), 2, 2>();
  check_pool<conv(15, 1, 5, 9, 2), 1, 2>();
  check_pool<contraction{.height = 7,
                         .width = 9,
                         .channels = 1,
                         .kernel_height = 2,
                         .kernel_width = 1,
                         .filters = 40},
             2, 1>();
  check_pool<conv(11, 6, 3, 6, 1, 1, 6), 2, 2>();
  check_pool<conv(11, 20, 2, 20, 2, 1, 20), 2, 1>();
}

TEST_CASE("of equal outputs the first is the largest") {
  for_each_instruction_set([]<class Arch>() {
    CHECK(first_of_equals<conv(12, 3, 3, 16), 2, 2, Arch>());
    CHECK(first_of_equals<conv(13, 1, 3, 20), 2, 2, Arch>());  // weights that stay in registers
    CHECK(first_of_equals<conv(8, 2, 3, 17), 6, 6, Arch>());   // more positions than registers
  });
}
