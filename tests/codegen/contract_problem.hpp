#pragma once

#include <cmath>
#include <initializer_list>
#include <limits>
#include <vector>

#include "../../codegen/kernels/contract/contract.hpp"
#include "catch.hpp"
#include "contract_testing.hpp"
#include "instruction_sets.hpp"

/// Contractions of one geometry beside plain loops in double.
namespace contract_testing {

using namespace etch;

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
  edge at;
  guarded x, packed, transposed, bias, residual, dy;

  template <contraction C>
  static problem make(int samples, edge at) {
    return problem(C, samples, at, &transpose_weights<C>);
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
  problem(contraction geometry, int count, edge end, void (*transpose)(float const*, float*))
      : c(geometry),
        samples(count),
        at(end),
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

inline constexpr double tolerance = 2e-6;

template <class Arch, contraction C, class Epilogue>
double forward_error(problem& p, Epilogue const& epilogue, bool residual, int parts = 1) {
  guarded y(p.samples * C.outputs(), p.at);
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
  if (!y.intact()) return 1e30;
  return error.value;
}

template <class Arch, contraction C>
double dx_error(problem& p, int parts = 1) {
  guarded dx(p.samples * C.inputs(), p.at);
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
  if (!dx.intact()) return 1e30;
  return error.value;
}

template <class Arch, contraction C>
double dw_error(problem& p, bool adds, int parts = 1, bool made_x = false) {
  constexpr int size = packed_size(C);
  guarded dw(size, p.at, 0.0f);
  std::vector<double> sum(size), terms(size);
  for (int f = 0; f < C.filters; ++f) {
    p.each_product(0, 0, f, [&](int, int ky, int kx, int k) {
      int const i = packed_index(C, f, ky, kx, k);
      dw[i] = number(i, 6);
      sum[static_cast<std::size_t>(i)] = adds ? dw[i] : 0;
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
    contract_dw<Arch, C>(p.x.data(), p.dy.data(), dw.data(), p.samples, adds, {part, parts},
                         made_x);
  worst_error error;
  for (int i = 0; i < size; ++i) {
    auto const at = static_cast<std::size_t>(i);
    if (terms[at] == 0 && dw[i] != 0.0f) return 1e20;  // padding
    error.add(dw[i], sum[at], terms[at]);
  }
  if (!dw.intact()) return 1e30;
  return error.value;
}

template <contraction C>
void check_all(std::initializer_list<int> batches) {
  for (int const samples : batches)
    for (edge const at : {edge::end, edge::begin}) {
      problem p = problem::make<C>(samples, at);
      for_each_instruction_set([&]<class Arch>() {
        CAPTURE(samples, at, C.height, C.width, C.channels, C.kernel_height,
                C.kernel_width, C.stride_height, C.dilation_width, C.groups, C.filters);
        bias_residual_relu const epilogue{p.bias.data(), p.residual.data(), C.filters};
        constexpr bool has_shares = canonical(C).pointwise() && C.groups == 1;
        for (int parts = 1; parts <= (has_shares && at == edge::end ? 3 : 1); ++parts) {
          CAPTURE(parts);
          CHECK(forward_error<Arch, C>(p, epilogue, true, parts) < tolerance);
          CHECK(dx_error<Arch, C>(p, parts) < tolerance);
          for (bool const adds : {false, true})
            CHECK(dw_error<Arch, C>(p, adds, parts) < tolerance);
        }
      });
    }
}

}  // namespace contract_testing
