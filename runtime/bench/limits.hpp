#pragma once

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include "../../codegen/kernels/elementwise/apply.hpp"
#include "../infer/workspace.hpp"
#include "timing.hpp"

/// What one core can do at best with an instruction set, measured here and now: the ceilings that
/// kernels are compared to.
namespace etch::measure {

namespace detail {

/// start[i] = start[i] * factor + addend, `steps` times, for `Chains` vectors in registers. Never
/// inlined, so that its loop is the same wherever it is measured.
template <class Arch, int Chains>
[[gnu::noinline, gnu::aligned(64)]] void multiply_add(float* start, float const* constants,
                                                      int steps) {
  auto const factor = simd::broadcast<Arch>(constants[0]);
  auto const addend = simd::broadcast<Arch>(constants[1]);
  simd::vec<Arch> acc[Chains];
#pragma GCC unroll 16
  for (int i = 0; i < Chains; ++i) acc[i] = simd::load<Arch>(start + i * Arch::width);
  // unrolled: the count and the branch of a short loop take ports that multiply too
#pragma GCC unroll 8
  for (int k = 0; k < steps; ++k) {
#pragma GCC unroll 16
    for (int i = 0; i < Chains; ++i) acc[i] = simd::fma(acc[i], factor, addend);
  }
#pragma GCC unroll 16
  for (int i = 0; i < Chains; ++i) simd::store(start + i * Arch::width, acc[i]);
}

}  // namespace detail

/// Giga floating-point operations a second of nothing but independent multiply-adds in registers, as
/// they are done for `seconds` once the clock has settled: after a rest it may be a tenth higher,
/// for a third of a second.
template <class Arch>
double fma_peak(double seconds = 0.2) {
  constexpr int chains = 12, steps = 2000;  // a latency of 4 at two a cycle needs 8
  // Chains that begin alike would be one to the compiler, and the peak twelve times too high.
  alignas(64) float start[chains * Arch::width];
  for (int i = 0; i < chains * Arch::width; ++i) start[i] = static_cast<float>(i);
  float const constants[2] = {0.999f, 1e-3f};
  auto const once = [&] {
    detail::multiply_add<Arch, chains>(start, constants, steps);
    touch(start);
  };
  typical(0.4, once);
  double const time = typical(seconds, once);
  return 2.0 * chains * steps * Arch::width / time * 1e-9;
}

namespace detail {

/// A multiply-add for each vector that is loaded, along `Streams` streams at once.
template <class Arch, int Streams>
[[gnu::noinline]] void load_all(float const* p, std::ptrdiff_t floats) {
  constexpr int chains = 8, per_stream = chains / Streams;
  std::ptrdiff_t const stream =
      floats / Streams / (per_stream * Arch::width) * (per_stream * Arch::width);
  auto const factor = simd::broadcast<Arch>(0.5f);
  simd::vec<Arch> acc[chains];
#pragma GCC unroll 16
  for (int c = 0; c < chains; ++c) acc[c] = simd::zero<Arch>();
#pragma GCC unroll 1
  for (std::ptrdiff_t i = 0; i < stream; i += per_stream * Arch::width)
#pragma GCC unroll 16
    for (int c = 0; c < chains; ++c)
      acc[c] = simd::fma(
          factor, simd::load<Arch>(p + c / per_stream * stream + i + c % per_stream * Arch::width),
          acc[c]);
  alignas(64) float result[Arch::width];
#pragma GCC unroll 16
  for (int c = 1; c < chains; ++c) acc[0] = acc[0] + acc[c];
  simd::store(result, acc[0]);
  touch(result);
}

/// p[i] = p[i] * factor + addend.
template <class Arch>
[[gnu::noinline]] void update_all(float* p, std::ptrdiff_t floats) {
  constexpr int step = 4 * Arch::width;
  auto const factor = simd::broadcast<Arch>(0.5f), addend = simd::broadcast<Arch>(0.25f);
#pragma GCC unroll 1
  for (std::ptrdiff_t i = 0; i + step <= floats; i += step)
#pragma GCC unroll 4
    for (int u = 0; u < 4; ++u)
      simd::store(p + i + u * Arch::width,
                  simd::fma(factor, simd::load<Arch>(p + i + u * Arch::width), addend));
}

/// Calls of f(buffer, floats) that take some microseconds are timed; bytes of the buffer a second.
template <class F>
double passes_per_second(std::size_t bytes, F f) {
  auto const floats = static_cast<std::ptrdiff_t>(bytes / sizeof(float));
  float_buffer buffer(static_cast<std::size_t>(floats));
  int const calls = std::max(1, static_cast<int>((std::size_t{1} << 20) / bytes));
  auto const all = [&] {
    for (int i = 0; i < calls; ++i) {
      f(buffer.data(), floats);
      touch(buffer.data());
    }
  };
  all();
  return calls * static_cast<double>(bytes) / fastest(bytes > (std::size_t{4} << 20) ? 8 : 30, all);
}

}  // namespace detail

/// Bytes a second that can be loaded, and multiplied and added, from a buffer of `bytes` that is
/// read again and again: the bound of a matrix-vector product with weights of that size. The better
/// of one stream and four.
template <class Arch>
double load_rate(std::size_t bytes) {
  return std::max(detail::passes_per_second(bytes, detail::load_all<Arch, 1>),
                  detail::passes_per_second(bytes, detail::load_all<Arch, 4>));
}

/// Bytes a second that can be read, changed and written back in place: each byte counts once.
template <class Arch>
double update_rate(std::size_t bytes) {
  return detail::passes_per_second(bytes, detail::update_all<Arch>);
}

/// Seconds that the function takes for one vector when its operands are near and nothing waits for
/// the result: the bound of an element-wise layer that has it.
template <class Arch, function Fn, simd::accuracy Accuracy = simd::accuracy::accurate>
double function_time() {
  static double const measured = [] {
    constexpr int vectors = 64, repeats = 50;
    float_buffer x(vectors * Arch::width);
    for (std::size_t i = 0; i < x.size(); ++i)
      x.data()[i] = 0.01f + static_cast<float>(i % 97) / 100;
    auto const time = fastest(20, [&] {
      auto sum = simd::zero<Arch>();
      for (int r = 0; r < repeats; ++r) {
        touch(x.data());
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) {
          auto const a = simd::load<Arch>(x.data() + v * Arch::width);
          sum = sum + simd::apply_function<Arch, Fn, Accuracy>(a, a, a);
        }
      }
      alignas(64) float result[Arch::width];
      simd::store(result, sum);
      touch(result);
    });
    return time / (vectors * repeats);
  }();
  return measured;
}

/// The processor as Linux names it, or nothing.
inline std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (std::size_t const at = line.find(": ");
        at != std::string::npos && line.starts_with("model name"))
      return line.substr(at + 2);
  return {};
}

/// The data caches of a core, in bytes.
struct cache_sizes {
  std::size_t l1 = 32 * 1024, l2 = 1024 * 1024;
};
inline cache_sizes caches() {
  cache_sizes sizes;
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE)
  long const l1 = sysconf(_SC_LEVEL1_DCACHE_SIZE), l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (l1 > 0) sizes.l1 = static_cast<std::size_t>(l1);
  if (l2 > 0) sizes.l2 = static_cast<std::size_t>(l2);
#endif
  return sizes;
}

/// Where data of so many bytes stay when they are used again and again.
inline std::string_view level_of(std::size_t bytes) {
  static cache_sizes const sizes = caches();
  return bytes <= sizes.l1 ? "L1" : bytes <= sizes.l2 ? "L2" : "L3";
}

/// The work of some code, for comparison with the ceilings.
struct work {
  double multiply_adds = 0;
  double read = 0, written = 0;  // bytes, each once
  double function_seconds = 0;   // of exp, tanh, ... (function_time)
};

/// Which ceiling is the lowest for this work, and the seconds it takes there at least.
struct bound {
  std::string_view name = "FMA";
  double seconds = 0;
};

/// The rates of this machine, each measured when it is first asked for.
template <class Arch>
class machine {
 public:
  /// Measured once, which takes more than half a second: clocks take that long to settle.
  double peak() { return peak_ > 0 ? peak_ : peak_ = fma_peak<Arch>(); }

  double load(std::size_t bytes) { return remembered(loads_, bytes, load_rate<Arch>); }
  double update(std::size_t bytes) { return remembered(updates_, bytes, update_rate<Arch>); }

  /// `footprint`: bytes that are in use while the work is repeated.
  bound lowest(work const& w, double footprint) {
    auto const bytes = static_cast<std::size_t>(footprint);
    bound result{"FMA", w.multiply_adds * 2e-9 / peak()};
    if (w.function_seconds > result.seconds) result = {"transcendental", w.function_seconds};
    double const changed = std::min(w.read, w.written);
    double const memory =
        (std::max(w.read, w.written) - changed) / load(bytes) + changed / update(bytes);
    if (memory > result.seconds) result = {level_of(bytes), memory};
    return result;
  }

 private:
  template <class Measure>
  static double remembered(std::map<std::size_t, double>& known, std::size_t bytes,
                           Measure measure) {
    // in steps of an eighth: neighbours share a measurement
    std::size_t unit = 4096;
    while (unit * 16 < bytes) unit *= 2;
    std::size_t const size = std::min((bytes + unit - 1) / unit * unit, std::size_t{16} << 20);
    auto const [at, is_new] = known.try_emplace(size, 0);
    if (is_new) at->second = measure(size);
    return at->second;
  }

  double peak_ = 0;
  std::map<std::size_t, double> loads_, updates_;
};

}  // namespace etch::measure
