#include "catch.hpp"

#include "../../codegen/kernels/move/fill.hpp"
#include "../../codegen/kernels/move/copy_through.hpp"
#include "../../codegen/kernels/reduce/pool.hpp"
#include "kernel_testing.hpp"

using namespace kernel_testing;

namespace {

// ---- pool

using pool_kernel = void (*)(float const*, float*, int) noexcept;
using pool_gradient_kernel = void (*)(float const*, float const*, float*, int) noexcept;

void check_pool_kernels(bool adds, contraction const& w, pool_kernel pool, pool_kernel pool_index,
                        pool_gradient_kernel pool_gradient, int samples, bool poisoned) {
  INFO(w.height << " x " << w.width << " x " << w.channels << ", kernel " << w.kernel_height);
  int const outputs = w.out_height() * w.out_width() * w.channels;
  auto const in = static_cast<std::size_t>(samples * w.inputs());
  auto const out = static_cast<std::size_t>(samples * outputs);
  guarded const x(in), y(out), dy(out), dx(in);
  // few distinct values, so that windows have ties
  for (std::size_t i = 0; i < in; ++i) x[i] = static_cast<float>(generator() % 5) - 2.0f;
  if (poisoned)
    for (std::size_t i = 0; i < in; ++i)
      if (generator() % 9 == 0) x[i] = std::numeric_limits<float>::quiet_NaN();
  randomize(dy, -1, 1);
  std::vector<double> expected, gradient(in, 0);
  for (int s = 0; s < samples; ++s)
    for (int oy = 0; oy < w.out_height(); ++oy)
      for (int ox = 0; ox < w.out_width(); ++ox)
        for (int c = 0; c < w.channels; ++c) {
          double const g = dy[expected.size()];
          double total = adds ? 0 : -100;
          std::size_t best = 0;
          for (int ky = 0; ky < w.kernel_height; ++ky)
            for (int kx = 0; kx < w.kernel_width; ++kx) {
              int const row = oy * w.stride_height + ky * w.dilation_height;
              int const column = ox * w.stride_width + kx * w.dilation_width;
              auto const at = static_cast<std::size_t>(s * w.inputs() +
                                                       (row * w.width + column) * w.channels + c);
              if (adds) gradient[at] += g;
              bool const taken = x[at] > total || (std::isnan(x[at]) && !std::isnan(total));
              if (taken) best = at;
              total = adds ? total + x[at] : taken ? static_cast<double>(x[at]) : total;
            }
          if (!adds) gradient[best] += g;
          expected.push_back(total);
        }
  pool(x.data(), y.data(), samples);
  CHECK(error_of(y, expected) == 0);
  guarded const index(out);
  pool_index(x.data(), index.data(), samples);
  CHECK(index.intact());
  pool_gradient(adds ? nullptr : index.data(), dy.data(), dx.data(), samples);
  CHECK(error_of(dx, gradient) < 1e-6);
}

template <class Arch, function Fn, contraction W>
void pool_alone(float const* x, float* y, int samples) noexcept {
  kernels::pool<Arch, Fn, W>(x, y, samples);
}

template <contraction W>
void check_pool() {
  using enum function;
  for_each_instruction_set([]<class Arch>() {
    for (int samples : {1, 3})
      for (bool const poisoned : {false, true}) {
        check_pool_kernels(false, W, pool_alone<Arch, maximum, W>, kernels::pool_index<Arch, W>,
                           kernels::pool_gradient<Arch, maximum, W>, samples, poisoned);
        check_pool_kernels(true, W, pool_alone<Arch, add, W>, kernels::pool_index<Arch, W>,
                           kernels::pool_gradient<Arch, add, W>, samples, poisoned);
      }
  });
}

constexpr contraction window(int height, int width, int channels, int kernel, int stride,
                             int dilation = 1) {
  return {.height = height,
          .width = width,
          .channels = channels,
          .kernel_height = kernel,
          .kernel_width = kernel,
          .stride_height = stride,
          .stride_width = stride,
          .dilation_height = dilation,
          .dilation_width = dilation,
          .groups = channels,
          .filters = channels};
}

TEST_CASE("pooling and its gradient, with ties, NaN, overlaps, gaps and borders") {
  check_pool<window(6, 8, 32, 2, 2)>();
  check_pool<window(7, 5, 3, 2, 2)>();
  check_pool<window(9, 9, 1, 3, 2)>();
  check_pool<window(8, 7, 17, 3, 1)>();
  check_pool<window(9, 8, 70, 2, 3)>();
  check_pool<window(9, 9, 9, 3, 2, 2)>();
  check_pool<window(5, 5, 21, 5, 5)>();
  check_pool<contraction{.height = 6,
                         .width = 9,
                         .channels = 5,
                         .kernel_height = 1,
                         .kernel_width = 3,
                         .stride_height = 2,
                         .stride_width = 3,
                         .filters = 5}>();
}

/// What is added for a channel and for a position.
struct bias_and_shift {
  float const* bias;
  float const* shift;

  template <class Arch>
  simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t row, int channel,
                             int lanes) const {
    return acc + simd::load_partial<Arch>(bias + channel, lanes) +
           simd::broadcast<Arch>(shift[row]);
  }
};

TEST_CASE("what follows a pooling is told the position and the channel") {
  static constexpr contraction w = window(4, 7, 140, 2, 2);
  static constexpr int rows = 2 * w.out_height() * w.out_width();
  for_each_instruction_set([]<class Arch>() {
    guarded const x(std::size_t{2 * w.inputs()}), y(std::size_t{rows * w.channels});
    guarded const sums(y.size()), bias(std::size_t{w.channels}), shift(std::size_t{rows});
    for (guarded const* memory : {&x, &bias, &shift}) randomize(*memory, -1, 1);
    kernels::pool<Arch, function::add, w>(x.data(), sums.data(), 2);
    kernels::pool<Arch, function::add, w>(x.data(), y.data(), 2,
                                          bias_and_shift{bias.data(), shift.data()});
    std::vector<double> expected;
    for (std::size_t i = 0; i < y.size(); ++i)
      expected.push_back(double{sums[i]} + bias[i % w.channels] + shift[i / w.channels]);
    CHECK(error_of(y, expected) < 1e-6);
  });
}

// ---- move

using copy_kernel = void (*)(float const*, float*, int) noexcept;

void check_copy_kernel(copy_spec const& moves, copy_kernel copy, int samples) {
  guarded const from((moves.shared ? 1 : samples) * moves.from.size);
  guarded const to(samples * moves.to.size, edge::end, 5.0f);
  randomize(from, -1, 1);
  float const outside = moves.fills ? std::bit_cast<float>(moves.fill_bits) : 5.0f;
  std::vector<double> expected(to.size(), outside);
  int count = 1;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(moves.axes); ++axis)
    count *= moves.extent[axis];
  for (int s = 0; s < samples; ++s)
    for (int i = 0; i < count; ++i) {
      int f = moves.from.offset + (moves.shared ? 0 : s * moves.from.size);
      int t = moves.to.offset + s * moves.to.size, rest = i;
      for (std::size_t axis = static_cast<std::size_t>(moves.axes); axis-- > 0;) {
        f += rest % moves.extent[axis] * moves.from.stride[axis];
        t += rest % moves.extent[axis] * moves.to.stride[axis];
        rest /= moves.extent[axis];
      }
      expected[static_cast<std::size_t>(t)] = from[f];
    }
  copy(from.data(), to.data(), samples);
  CHECK(error_of(to, expected) == 0);
}

template <copy_spec S>
void check_copy() {
  for_each_instruction_set([]<class Arch>() {
    for (int samples : {1, 4}) check_copy_kernel(S, kernels::copy_box<Arch, S>, samples);
  });
}

/// A box of a tensor, as a box of another.
constexpr copy_spec box(tensor_shape const& size, tensor_shape const& from, axis_counts const& at,
                        tensor_shape const& to, axis_counts const& at_there) {
  return {.axes = size.rank,
          .extent = size.extent,
          .from = place_in(from, at),
          .to = place_in(to, at_there)};
}
constexpr copy_spec filling(copy_spec s, float value) {
  s.fills = true;
  s.fill_bits = std::bit_cast<std::uint32_t>(value);
  return s;
}
constexpr copy_spec for_all_samples(copy_spec s) {
  s.shared = true;
  return s;
}

TEST_CASE("boxes are copied, and what is outside is filled or left alone") {
  // pad an image; pad its channels; pad everything
  check_copy<filling(box({5, 6, 3}, {5, 6, 3}, {}, {7, 9, 3}, {1, 2}), -2)>();
  check_copy<filling(box({5, 6, 3}, {5, 6, 3}, {}, {5, 6, 20}, {0, 0, 16}), 0)>();
  check_copy<filling(box({2, 3, 4, 5}, {2, 3, 4, 5}, {}, {5, 6, 8, 9}, {1, 2, 3, 4}), -2)>();
  // slice; one operand of concat; everything; crop and pad
  check_copy<box({4, 3, 7}, {9, 8, 7}, {2, 5}, {4, 3, 7}, {})>();
  check_copy<box({4, 3, 2}, {9, 8, 7}, {2, 5, 3}, {4, 3, 2}, {})>();
  check_copy<box({4, 4, 3}, {4, 4, 3}, {}, {4, 4, 8}, {0, 0, 5})>();
  check_copy<box({2, 3, 4, 5}, {2, 3, 4, 5}, {}, {2, 3, 4, 5}, {})>();
  check_copy<filling(box({2, 2, 3, 1}, {3, 3, 3, 3}, {1, 1, 0, 2}, {4, 2, 5, 2}, {2, 0, 1, 1}), -2)>();
  // six axes
  check_copy<filling(box({2, 1, 2, 3, 1, 2}, {2, 2, 2, 3, 2, 3}, {0, 1, 0, 0, 1, 1},
                         {3, 2, 2, 4, 2, 2}, {1, 0, 0, 1}), -2)>();
  // the same for every sample
  check_copy<for_all_samples(box({4, 4, 3}, {4, 4, 3}, {}, {4, 4, 8}, {0, 0, 5}))>();
}

/// All of a tensor with its axes in another order; with `flipped`, each that has its bit from the last
/// index to the first.
constexpr copy_spec permuted(tensor_shape const& from, axis_counts const& axes,
                             unsigned flipped = 0) {
  std::size_t const rank = static_cast<std::size_t>(from.rank);
  tensor_shape to = from;
  for (std::size_t i = 0; i < rank; ++i) to.extent[i] = from[axes[i]];
  copy_spec s = box(to, from, {}, to, {});
  strided_place const x = place_in(from);
  for (std::size_t i = 0; i < rank; ++i) {
    s.from.stride[i] = x.stride[static_cast<std::size_t>(axes[i])];
    if ((flipped >> i & 1U) == 0) continue;
    s.from.offset += (s.extent[i] - 1) * s.from.stride[i];
    s.from.stride[i] *= -1;
  }
  return s;
}
template <tensor_shape Shape>
void check_transpose() {
  check_copy<permuted(Shape, {1, 0})>();
  check_copy<permuted(Shape, {1, 0}, 1)>();
  check_copy<permuted(Shape, {1, 0}, 2)>();
}

TEST_CASE("axes change their order and direction") {
  check_transpose<tensor_shape{16, 16}>();
  check_transpose<tensor_shape{21, 37}>();
  check_transpose<tensor_shape{37, 3}>();
  check_transpose<tensor_shape{2, 40}>();
  check_transpose<tensor_shape{5, 4}>();
  check_copy<permuted({6, 7, 3}, {2, 0, 1})>();
  check_copy<permuted({5, 6, 20}, {2, 0, 1})>();
  check_copy<permuted({20, 5, 6}, {1, 2, 0})>();
  check_copy<permuted({3, 18, 5}, {2, 1, 0}, 2)>();
  check_copy<permuted({4, 5, 6}, {1, 0, 2})>();  // runs of 6
  check_copy<permuted({3, 45}, {0, 1}, 2)>();
  check_copy<permuted({3, 45}, {0, 1}, 3)>();
  check_copy<permuted({2, 3, 2, 4, 3, 5}, {4, 0, 5, 2, 1, 3}, 9)>();
  // into a box, and with a border
  copy_spec constexpr inside = [] {
    copy_spec s = permuted({9, 8}, {1, 0});
    s.to = place_in({10, 14}, {1, 2});
    return s;
  }();
  check_copy<inside>();
  check_copy<filling(inside, 3)>();
}

/// The maximum of what is moved and one number for each of the last axis, times one of each element.
constexpr program scaled_maximum(int last, int size) {
  program p{.loads = 3, .instructions = 2};
  p.load_list[0] = {program::kind::accumulator};
  p.load_list[1] = {.period = last};
  p.load_list[2] = {.batched = true, .period = size};
  p.code[0] = {function::maximum, 0, 1};
  p.code[1] = {function::multiply, 3, 2};
  return p;
}

template <copy_spec S>
void check_through() {
  constexpr int size = S.to.size, last = S.extent[S.axes - 1];
  for_each_instruction_set([]<class Arch>() {
    guarded const x(3 * S.from.size), moved(3 * size), y(3 * size), bias(last), scale(3 * size);
    for (auto const* numbers : {&x, &bias, &scale}) randomize(*numbers, -1, 1);
    float const* const operands[]{nullptr, bias.data(), scale.data()};
    kernels::copy_box<Arch, S>(x.data(), moved.data(), 3);
    kernels::copy_through<Arch, S, scaled_maximum(last, size)>(x.data(), y.data(), operands, 3);
    std::vector<double> expected;
    for (int i = 0; i < 3 * size; ++i)
      expected.push_back(double{std::max(moved[i], bias[i % last])} * scale[i]);
    CHECK(error_of(y, expected) < 1e-6);
    CHECK(y.intact());
  });
}

TEST_CASE("a program runs on what is moved") {
  check_through<permuted({21, 37}, {1, 0})>();
  check_through<permuted({37, 3}, {1, 0})>();
  check_through<permuted({3, 19}, {0, 1}, 2)>();
  check_through<permuted({4, 5, 6}, {1, 0, 2})>();
  check_through<permuted({4, 5, 6}, {0, 1, 2}, 1)>();  // one loop of rows that are shorter
  check_through<permuted({2, 3, 2, 4, 3, 5}, {4, 0, 5, 2, 1, 3}, 9)>();
}

// ---- fill

TEST_CASE("fill and iota write every length and nothing else") {
  for_each_instruction_set([]<class Arch>() {
    for (std::size_t n = 0; n <= 70; ++n) {
      guarded const a(n), b(n);
      std::vector<double> count;
      for (std::size_t i = 0; i < n; ++i) count.push_back(static_cast<double>(i % 7));
      kernels::fill<Arch>(a.data(), static_cast<std::ptrdiff_t>(n), -1.5f);
      kernels::iota<Arch>(b.data(), static_cast<std::ptrdiff_t>(n), 7);
      CHECK(error_of(a, std::vector<double>(n, -1.5)) == 0);
      CHECK(error_of(b, count) == 0);
    }
  });
}

TEST_CASE("random numbers are those of the counter, sample by sample") {
  random_key const key{.seed = 3, .step = 8, .first_sample = 11};
  for_each_instruction_set([&]<class Arch>() {
    for (int n : {1, 15, 16, 50}) {
      guarded const y(static_cast<std::size_t>(3 * n));
      std::vector<double> expected;
      for (std::uint32_t s = 0; s < 3; ++s)
        for (std::uint32_t e = 0; e < static_cast<std::uint32_t>(n); ++e)
          expected.push_back(counter_uniform(3, 8, 6, 11 + s, e));
      kernels::random_uniform<Arch>(y.data(), n, key, 6, 3);
      CHECK(error_of(y, expected) == 0);
    }
  });
}

}  // namespace
