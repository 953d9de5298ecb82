#pragma once

#include <vector>

#include "../../dsl/contraction.hpp"
#include "../../dsl/exactly.hpp"
#include "../../dsl/functions.hpp"

/// The loops over the windows of one sample, once for each primitive and its gradients.
namespace etch::reference {

/// Calls body(x, w, y, length) for every product of a contraction: y is the index of an output, x
/// and w those of the first of `length` inputs and of their weights, which are adjacent in memory.
template <class Body>
constexpr void for_each_run(contraction const& c, Body body) {
  bool const whole_rows = c.groups == 1 && c.dilation_width == 1;  // a kernel's row is one run
  int const length = whole_rows ? c.kernel_width * c.channels : c.group_channels();
  int const runs = whole_rows ? 1 : c.kernel_width;
  int const run_step = c.dilation_width * c.channels;
  int const row_step = c.dilation_height * c.width * c.channels;
  int y = 0;
  for (int oy = 0; oy < c.out_height(); ++oy)
    for (int ox = 0; ox < c.out_width(); ++ox) {
      int const corner = (oy * c.stride_height * c.width + ox * c.stride_width) * c.channels;
      int w = 0;
      for (int group = 0; group < c.groups; ++group)
        for (int filter = 0; filter < c.group_filters(); ++filter, ++y)
          for (int ky = 0; ky < c.kernel_height; ++ky) {
            int const row = corner + group * c.group_channels() + ky * row_step;
            for (int run = 0; run < runs; ++run, w += length)
              body(row + run * run_step, w, y, length);
          }
    }
}

/// Calls body(x, y, first) for every input x of the window of every output y of a pooling, row by
/// row within a window, until the body returns false; `first` begins a window.
template <class Body>
constexpr void for_each_tap(contraction const& c, Body body) {
  int const column_step = c.dilation_width * c.channels;
  int const row_step = c.dilation_height * c.width * c.channels;
  auto const window = [&](int corner, int y) {
    for (int ky = 0; ky < c.kernel_height; ++ky)
      for (int kx = 0; kx < c.kernel_width; ++kx)
        if (!body(corner + ky * row_step + kx * column_step, y, ky + kx == 0)) return;
  };
  int y = 0;
  for (int oy = 0; oy < c.out_height(); ++oy)
    for (int ox = 0; ox < c.out_width(); ++ox) {
      int const corner = (oy * c.stride_height * c.width + ox * c.stride_width) * c.channels;
      for (int channel = 0; channel < c.channels; ++channel, ++y) window(corner + channel, y);
    }
}

/// The sum of a[i] b[i]. Four sums, because one would wait for each addition.
template <class T>
constexpr double dot(T const* a, T const* b, int length) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  int i = 0;
  for (; i + 4 <= length; i += 4) {
    s0 += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    s1 += static_cast<double>(a[i + 1]) * static_cast<double>(b[i + 1]);
    s2 += static_cast<double>(a[i + 2]) * static_cast<double>(b[i + 2]);
    s3 += static_cast<double>(a[i + 3]) * static_cast<double>(b[i + 3]);
  }
  for (; i < length; ++i) s0 += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return (s0 + s1) + (s2 + s3);
}

/// sum[i] += factor * a[i]. Four loads before the stores, because `sum` might overlap `a`.
template <class T>
constexpr void add_scaled(double* sum, T factor, T const* a, int length) {
  double const f = static_cast<double>(factor);
  int i = 0;
  for (; i + 4 <= length; i += 4) {
    double const s0 = sum[i] + f * static_cast<double>(a[i]);
    double const s1 = sum[i + 1] + f * static_cast<double>(a[i + 1]);
    double const s2 = sum[i + 2] + f * static_cast<double>(a[i + 2]);
    double const s3 = sum[i + 3] + f * static_cast<double>(a[i + 3]);
    sum[i] = s0;
    sum[i + 1] = s1;
    sum[i + 2] = s2;
    sum[i + 3] = s3;
  }
  for (; i < length; ++i) sum[i] += f * static_cast<double>(a[i]);
}

template <class T>
constexpr void contract(contraction const& c, T const* x, T const* weights, double* y) {
  for_each_run(c, [=](int xi, int wi, int yi, int length) {
    y[yi] += dot(x + xi, weights + wi, length);
  });
}
template <class T>
constexpr void contract_dx(contraction const& c, T const* dy, T const* weights, double* dx) {
  for_each_run(c, [=](int xi, int wi, int yi, int length) {
    add_scaled(dx + xi, dy[yi], weights + wi, length);
  });
}
template <class T>
constexpr void contract_dw(contraction const& c, T const* x, T const* dy, double* dw) {
  for_each_run(c, [=](int xi, int wi, int yi, int length) {
    add_scaled(dw + wi, dy[yi], x + xi, length);
  });
}

template <class T>
constexpr void pool_sum(contraction const& c, T const* x, double* y) {
  for_each_tap(c, [=](int xi, int yi, bool) {
    y[yi] += static_cast<double>(x[xi]);
    return true;
  });
}
template <class T>
constexpr void pool_maximum(contraction const& c, T const* x, double* y) {
  for_each_tap(c, [=](int xi, int yi, bool first) {
    double const value = static_cast<double>(x[xi]);
    y[yi] = first ? value : apply(function::maximum, y[yi], value);
    return true;
  });
}
template <class T>
constexpr void pool_sum_gradient(contraction const& c, T const* dy, double* dx) {
  for_each_tap(c, [=](int xi, int yi, bool) {
    dx[xi] += static_cast<double>(dy[yi]);
    return true;
  });
}
/// Which tap of its window, counted row by row, is the first of the largest, or the first NaN.
template <class T>
constexpr void pool_index(contraction const& c, T const* x, double* index) {
  int tap = 0;
  T most{};
  for_each_tap(c, [&](int xi, int yi, bool first) {
    tap = first ? 0 : tap + 1;
    bool const taken = x[xi] > most || (is_nan(x[xi]) && !is_nan(most));
    if (!first && !taken) return true;
    most = x[xi];
    index[yi] = tap;
    return true;
  });
}
template <class T>
constexpr void pool_maximum_gradient(contraction const& c, T const* index, T const* dy,
                                     double* dx) {
  int tap = 0;
  for_each_tap(c, [&](int xi, int yi, bool first) {
    tap = first ? 0 : tap + 1;
    if (static_cast<int>(index[yi]) != tap) return true;
    dx[xi] += static_cast<double>(dy[yi]);
    return false;
  });
}

/// The gradient of what c gives from that of its pooling.
template <class T>
constexpr std::vector<T> unpooled(contraction const& c, pool_window pooled, T const* index,
                                  T const* dy) {
  std::vector<double> sum(static_cast<std::size_t>(c.outputs()), 0.);
  pool_maximum_gradient(pooling_of(c, pooled), index, dy, sum.data());
  std::vector<T> full(sum.size(), T{});
  for (std::size_t i = 0; i < sum.size(); ++i) full[i] = static_cast<T>(sum[i]);
  return full;
}

}  // namespace etch::reference
