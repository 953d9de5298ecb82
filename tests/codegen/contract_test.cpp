#include "../../codegen/kernels/contract.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "contract_testing.hpp"
#include "instruction_sets.hpp"

using namespace etch;
using namespace contract_testing;

namespace {

/// relu(acc + bias[channel] + residual[row, channel]), to see that all three arguments are right.
struct bias_residual_relu {
  float const* bias;
  float const* residual;
  int filters;

  template <class Arch>
  simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t row, int channel,
                             int lanes) const {
    auto const sum = acc + simd::load_partial<Arch>(bias + channel, lanes) +
                     simd::load_partial<Arch>(residual + row * filters + channel, lanes);
    return simd::max(sum, simd::zero<Arch>());
  }
};

/// The same, compiled once a strip.
struct large_epilogue : bias_residual_relu {
  static constexpr bool large = true;
};

/// max(acc + bias[channel], 0), which may run after pooling.
struct bias_relu {
  static constexpr bool monotone = true;
  float const* bias;

  template <class Arch>
  simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t, int channel, int lanes) const {
    return simd::max(acc + simd::load_partial<Arch>(bias + channel, lanes), simd::zero<Arch>());
  }
};

/// Largest error relative to the magnitude of the terms that were summed.
struct worst_error {
  double value = 0;
  void add(double got, double expected, double magnitude) {
    double const e = std::abs(got - expected) / (magnitude + 1e-3);
    if (!(e <= value)) value = std::isnan(e) ? std::numeric_limits<double>::infinity() : e;
  }
};

/// One geometry, its data and everything the reference says about it.
struct problem {
  contraction c;
  int samples;
  bool at_end;
  guarded x, packed, transposed, bias, residual, dy;

  template <contraction C>
  static problem make(int samples, bool at_end) {
    return problem(C, samples, at_end, &transpose_weights<C>);
  }
  float weight(int f, int ky, int kx, int k) const {
    return number(((f * c.kernel_height + ky) * c.kernel_width + kx) * c.group_channels() + k, 2);
  }
  int positions() const { return c.out_height() * c.out_width(); }

  /// Calls visit(y index, x index, f, ky, kx, k) for every multiply-add of a sample.
  template <class F>
  void each_product(int oy, int ox, int f, F visit) const {
    int const group = f / c.group_filters();
    for (int ky = 0; ky < c.kernel_height; ++ky)
      for (int kx = 0; kx < c.kernel_width; ++kx)
        for (int k = 0; k < c.group_channels(); ++k)
          visit(((oy * c.stride_height + ky * c.dilation_height) * c.width + ox * c.stride_width +
                 kx * c.dilation_width) *
                        c.channels +
                    group * c.group_channels() + k,
                ky, kx, k);
  }

 private:
  problem(contraction geometry, int count, bool end, void (*transpose)(float const*, float*))
      : c(geometry),
        samples(count),
        at_end(end),
        x(count * c.inputs(), end),
        packed(packed_size(c), end, 0.0f),
        transposed(transposed_size(c), end),
        bias(c.filters, end),
        residual(count * c.outputs(), end),
        dy(count * c.outputs(), end) {
    for (int i = 0; i < count * c.inputs(); ++i) x[i] = number(i, 1);
    for (int i = 0; i < count * c.outputs(); ++i) dy[i] = number(i, 3);
    for (int i = 0; i < count * c.outputs(); ++i) residual[i] = number(i, 4);
    for (int i = 0; i < c.filters; ++i) bias[i] = number(i, 5);
    for (int f = 0; f < c.filters; ++f)
      for (int ky = 0; ky < c.kernel_height; ++ky)
        for (int kx = 0; kx < c.kernel_width; ++kx)
          for (int k = 0; k < c.group_channels(); ++k)
            packed[packed_index(c, f, ky, kx, k)] = weight(f, ky, kx, k);
    transpose(packed.data(), transposed.data());
  }
};

constexpr double tolerance = 2e-6;

template <class Arch, contraction C, class Epilogue>
double forward_error(problem& p, Epilogue const& epilogue, bool residual, int parts = 1) {
  guarded y(p.samples * C.outputs(), p.at_end);
  for (int part = 0; part < parts; ++part)
    contract_forward<Arch, C>(p.x.data(), p.packed.data(), y.data(), p.samples, epilogue,
                              {part, parts});
  worst_error error;
  for (int row = 0; row < p.samples * p.positions(); ++row)
    for (int f = 0; f < C.filters; ++f) {
      int const s = row / p.positions(), position = row % p.positions();
      double sum = p.bias[f] + (residual ? p.residual[row * C.filters + f] : 0.0f), terms = 1;
      p.each_product(position / C.out_width(), position % C.out_width(), f,
                     [&](int i, int ky, int kx, int k) {
                       double const term = double{p.x[s * C.inputs() + i]} * p.weight(f, ky, kx, k);
                       sum += term;
                       terms += std::abs(term);
                     });
      error.add(y[row * C.filters + f], std::max(sum, 0.0), terms);
    }
  if (!y.slack_untouched()) return 1e30;
  return error.value;
}

template <class Arch, contraction C>
double dx_error(problem& p, int parts = 1) {
  guarded dx(p.samples * C.inputs(), p.at_end);
  float const* const weights = dx_transposes(C) ? p.packed.data() : p.transposed.data();
  for (int part = 0; part < parts; ++part)
    contract_dx<Arch, C>(p.dy.data(), weights, dx.data(), p.samples, {part, parts});
  std::vector<double> sum(static_cast<std::size_t>(C.inputs()));
  auto terms = sum;
  worst_error error;
  for (int s = 0; s < p.samples; ++s) {
    std::fill(sum.begin(), sum.end(), 0.0);
    std::fill(terms.begin(), terms.end(), 0.0);
    for (int o = 0; o < C.outputs(); ++o) {
      int const position = o / C.filters, f = o % C.filters;
      double const gradient = p.dy[s * C.outputs() + o];
      p.each_product(position / C.out_width(), position % C.out_width(), f,
                     [&](int i, int ky, int kx, int k) {
                       double const term = gradient * p.weight(f, ky, kx, k);
                       sum[static_cast<std::size_t>(i)] += term;
                       terms[static_cast<std::size_t>(i)] += std::abs(term);
                     });
    }
    for (int i = 0; i < C.inputs(); ++i)
      error.add(dx[s * C.inputs() + i], sum[static_cast<std::size_t>(i)],
                terms[static_cast<std::size_t>(i)]);
  }
  if (!dx.slack_untouched()) return 1e30;
  return error.value;
}

template <class Arch, contraction C>
double dw_error(problem& p, int parts = 1) {
  constexpr int size = packed_size(C);
  guarded dw(size, p.at_end, 0.0f);
  std::vector<double> sum(size), terms(size);
  for (int f = 0; f < C.filters; ++f) {
    p.each_product(0, 0, f, [&](int, int ky, int kx, int k) {
      int const i = packed_index(C, f, ky, kx, k);
      dw[i] = number(i, 6);  // what was accumulated before stays
      sum[static_cast<std::size_t>(i)] = dw[i];
      terms[static_cast<std::size_t>(i)] = 1;
    });
    for (int row = 0; row < p.samples * p.positions(); ++row) {
      int const s = row / p.positions(), position = row % p.positions();
      double const gradient = p.dy[row * C.filters + f];
      p.each_product(position / C.out_width(), position % C.out_width(), f,
                     [&](int i, int ky, int kx, int k) {
                       auto const at = static_cast<std::size_t>(packed_index(C, f, ky, kx, k));
                       double const term = gradient * p.x[s * C.inputs() + i];
                       sum[at] += term;
                       terms[at] += std::abs(term);
                     });
    }
  }
  for (int part = 0; part < parts; ++part)
    contract_dw<Arch, C>(p.x.data(), p.dy.data(), dw.data(), p.samples, {part, parts});
  worst_error error;
  for (int i = 0; i < size; ++i) {
    auto const at = static_cast<std::size_t>(i);
    if (terms[at] == 0 && dw[i] != 0.0f) return 1e20;  // padding
    error.add(dw[i], sum[at], terms[at]);
  }
  if (!dw.slack_untouched()) return 1e30;
  return error.value;
}

template <class F>
void on_every_arch(F&& test) {
  for_each_instruction_set([&]<class Arch>() {
    if (Arch::available()) test.template operator()<Arch>();
  });
}

template <contraction C>
void check_all(std::initializer_list<int> batches) {
  for (int const samples : batches)
    for (bool const at_end : {true, false}) {
      problem p = problem::make<C>(samples, at_end);
      on_every_arch([&]<class Arch>() {
        CAPTURE(Arch::name, samples, at_end, C.height, C.width, C.channels, C.kernel_height,
                C.kernel_width, C.stride_height, C.dilation_width, C.groups, C.filters);
        bias_residual_relu const epilogue{p.bias.data(), p.residual.data(), C.filters};
        constexpr bool has_shares = canonical(C).pointwise() && C.groups == 1;
        for (int parts = 1; parts <= (has_shares && at_end ? 3 : 1); ++parts) {
          CAPTURE(parts);
          CHECK(forward_error<Arch, C>(p, epilogue, true, parts) < tolerance);
          CHECK(dx_error<Arch, C>(p, parts) < tolerance);
          CHECK(dw_error<Arch, C>(p, parts) < tolerance);
        }
      });
    }
}

template <int In, int Out>
void check_dense(std::initializer_list<int> batches = {1, 2, 5, 8, 13, 64}) {
  check_all<contraction{.channels = In, .filters = Out}>(batches);
}

template <contraction C, int PoolH, int PoolW, class Arch, class Epilogue>
double pool_error(problem& p, Epilogue const& epilogue, bool residual) {
  constexpr int height = C.out_height() / PoolH, width = C.out_width() / PoolW;
  guarded y(p.samples * height * width * C.filters, p.at_end);
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
  if (!y.slack_untouched()) return 1e30;
  return error.value;
}

/// Whether each index is that of an output as large as the pooled one, and y as without indices.
template <contraction C, int PoolH, int PoolW, class Arch, class Epilogue>
bool index_is_right(problem& p, Epilogue const& epilogue) {
  constexpr int height = C.out_height() / PoolH, width = C.out_width() / PoolW;
  constexpr int pooled = height * width * C.filters;
  guarded y(p.samples * pooled, p.at_end), index(p.samples * pooled, p.at_end);
  guarded plain(p.samples * pooled, p.at_end), all(p.samples * C.outputs(), p.at_end);
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
  return y.slack_untouched() && index.slack_untouched();
}

template <contraction C, int PoolH, int PoolW>
void check_pool() {
  for (int const samples : {1, 3})
    for (bool const at_end : {true, false}) {
      problem p = problem::make<C>(samples, at_end);
      on_every_arch([&]<class Arch>() {
        CAPTURE(Arch::name, samples, at_end, C.height, C.width, C.channels, C.filters, PoolH,
                PoolW);
        bias_residual_relu const first{p.bias.data(), p.residual.data(), C.filters};
        CHECK((pool_error<C, PoolH, PoolW, Arch>(p, first, true)) < tolerance);
        bias_relu const last{p.bias.data()};
        CHECK((pool_error<C, PoolH, PoolW, Arch>(p, last, false)) < tolerance);
        if constexpr (!C.depthwise()) {
          CHECK((index_is_right<C, PoolH, PoolW, Arch>(p, first)));
          CHECK((index_is_right<C, PoolH, PoolW, Arch>(p, last)));
        }
      });
    }
}

}  // namespace

TEST_CASE("packed weights have a place of their own each, padding included in the size") {
  for (contraction const c :
       {conv(9, 3, 3, 20), conv(9, 8, 3, 12, 1, 1, 4), conv(5, 1, 2, 3),
        conv(9, 20, 3, 20, 1, 1, 20), contraction{.channels = 7, .filters = 33}}) {
    std::vector<int> uses(static_cast<std::size_t>(packed_size(c)));
    for (int f = 0; f < c.filters; ++f)
      for (int ky = 0; ky < c.kernel_height; ++ky)
        for (int kx = 0; kx < c.kernel_width; ++kx)
          for (int k = 0; k < c.group_channels(); ++k)
            ++uses.at(static_cast<std::size_t>(packed_index(c, f, ky, kx, k)));
    CHECK(std::count(uses.begin(), uses.end(), 1) == window_size(c) * c.filters);
    CHECK(std::count(uses.begin(), uses.end(), 0) == packed_size(c) - window_size(c) * c.filters);
    CHECK(packed_size(c) % 16 == 0);
  }
}

TEST_CASE("transposing twice gives the packed weights back") {
  constexpr contraction c = conv(7, 20, 3, 33);
  std::vector<float> packed(packed_size(c)), there(transposed_size(c)),
      back(packed_size(c), poison);
  for (int f = 0; f < c.filters; ++f)
    for (int tap = 0; tap < 9; ++tap)
      for (int k = 0; k < c.channels; ++k)
        packed[static_cast<std::size_t>(packed_index(c, f, tap / 3, tap % 3, k))] =
            number(f * 999 + k, tap);
  transpose_weights<c>(packed.data(), there.data());
  transpose_weights<transposed(c)>(there.data(), back.data());
  CHECK(packed == back);
}

TEST_CASE("dense layers of all small sizes agree with the reference in double") {
  check_dense<1, 1>();
  check_dense<1, 8>();
  check_dense<2, 3>();
  check_dense<3, 7>();
  check_dense<7, 2>();
  check_dense<8, 8>();
  check_dense<15, 16>();
  check_dense<16, 15>();
  check_dense<17, 31>();
  check_dense<31, 17>();
  check_dense<33, 33>();
  check_dense<64, 64>();
  check_dense<100, 10>();
  check_dense<64, 100>();
  check_dense<100, 1>();
}

TEST_CASE("square convolutions agree with the reference in double") {
  check_all<conv(7, 1, 3, 8)>({1, 3});
  check_all<conv(12, 1, 3, 32)>({1, 2});
  check_all<conv(9, 3, 5, 16)>({1, 3});
  check_all<conv(8, 16, 3, 20)>({1, 2});
  check_all<conv(13, 20, 3, 48)>({1, 2});
  check_all<conv(5, 33, 3, 3)>({1, 5});
  check_all<conv(5, 16, 3, 64)>({1, 5});
  check_all<conv(6, 3, 1, 1)>({1, 3});
  check_all<conv(14, 32, 5, 33)>({1, 2});
  check_all<conv(24, 12, 3, 32)>({1, 2});  // a gradient that leaves the first-level cache
  check_all<conv(26, 16, 3, 20)>({1, 2});
}

TEST_CASE("the input's gradient from weights too many to be transposed in advance") {
  constexpr contraction c{.channels = 2050, .filters = 130};
  STATIC_REQUIRE(dx_transposes(c));
  problem p = problem::make<c>(7, true);
  on_every_arch([&]<class Arch>() {
    for (int parts : {1, 3}) CHECK(dx_error<Arch, c>(p, parts) < tolerance);
  });
}

TEST_CASE("convolutions with few filters or channels left agree with the reference") {
  check_all<conv(9, 32, 3, 1)>({1, 2});
  check_all<conv(9, 1, 3, 33)>({1, 2});
  check_all<conv(24, 19, 3, 34)>({1, 2});  // dX in several bands
  check_all<conv(14, 17, 3, 36, 1, 2)>({1, 2});
  check_all<conv(13, 20, 3, 20, 2)>({1, 2});
}

TEST_CASE("convolutions with strides, dilation and oblong kernels agree with the reference") {
  check_all<conv(9, 3, 3, 16, 2)>({1, 3});
  check_all<conv(11, 16, 5, 8, 3)>({1, 3});
  check_all<conv(9, 16, 1, 20, 2)>({1, 3});
  check_all<conv(9, 3, 3, 20, 1, 2)>({1, 3});
  check_all<conv(12, 5, 3, 16, 2, 2)>({1, 3});
  check_all<contraction{.height = 1, .width = 19, .channels = 3, .kernel_width = 3, .filters = 20}>(
      {1, 3});
  check_all<contraction{.height = 21, .channels = 5, .kernel_height = 4, .filters = 16}>({1, 3});
  check_all<contraction{.height = 6,
                        .width = 9,
                        .channels = 3,
                        .kernel_height = 3,
                        .kernel_width = 2,
                        .stride_width = 2,
                        .filters = 17}>({1, 3});
  check_all<contraction{.height = 7,
                        .width = 5,
                        .channels = 4,
                        .kernel_height = 7,
                        .kernel_width = 5,
                        .filters = 18}>({1, 5});  // as large as its input
}

TEST_CASE("pointwise, grouped and depthwise convolutions agree with the reference") {
  check_all<conv(5, 16, 1, 33)>({1, 3});
  check_all<conv(7, 16, 3, 8, 1, 1, 2)>({1, 3});
  check_all<conv(7, 20, 3, 40, 2, 1, 4)>({1, 3});
  check_all<contraction{.channels = 12, .groups = 4, .filters = 20}>({1, 9});
  check_all<conv(7, 3, 3, 6, 1, 1, 3)>({1, 3});  // two filters a channel
  check_all<conv(7, 3, 3, 3, 1, 1, 3)>({1, 3});
  check_all<conv(12, 20, 3, 20, 1, 1, 20)>({1, 3});
  check_all<conv(11, 33, 5, 33, 2, 1, 33)>({1, 2});
  check_all<conv(11, 8, 3, 8, 1, 2, 8)>({1, 2});
  check_all<conv(4, 6, 1, 6, 1, 1, 6)>({1, 2});
  check_all<contraction{.height = 4,  // several tiles a line
                        .width = 57,
                        .channels = 17,
                        .kernel_height = 2,
                        .kernel_width = 3,
                        .stride_width = 2,
                        .groups = 17,
                        .filters = 17}>({1, 2});
  check_all<contraction{.height = 1,
                        .width = 65,
                        .channels = 16,
                        .kernel_width = 4,
                        .dilation_width = 2,
                        .groups = 16,
                        .filters = 16}>({1, 2});
}

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

TEST_CASE("an epilogue that is compiled once a strip gives the same") {
  constexpr contraction dense{.channels = 20, .filters = 33}, window = conv(8, 3, 3, 20);
  constexpr contraction turned = conv(8, 20, 3, 19);
  for (int const samples : {1, 7, 13}) {
    problem p = problem::make<dense>(samples, true), q = problem::make<window>(samples, true);
    problem r = problem::make<turned>(samples, true);
    on_every_arch([&]<class Arch>() {
      large_epilogue const a{{p.bias.data(), p.residual.data(), dense.filters}};
      CHECK(forward_error<Arch, dense>(p, a, true) < tolerance);
      large_epilogue const b{{q.bias.data(), q.residual.data(), window.filters}};
      CHECK(forward_error<Arch, window>(q, b, true) < tolerance);
      large_epilogue const c{{r.bias.data(), r.residual.data(), turned.filters}};
      CHECK(forward_error<Arch, turned>(r, c, true) < tolerance);
    });
  }
}
