// The contraction kernels alone, for the instruction set this program is compiled for, as a ratio
// to the multiply-add peak of the same core at the same moment. GFLOP/s and of_peak come from the
// fastest of many short runs, which is what a shared machine can tell; the time column is the mean
// of a run of several calls.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include "../codegen/kernels/contract.hpp"

namespace {

using namespace etch;
using native = arch::native;
using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

/// Floating-point operations a second of nothing but independent FMAs in registers, the best of
/// `runs` runs of some microseconds, in GFLOP/s.
double measure_peak(int runs) {
  constexpr int chains = 12, steps = 2000;
  double best = 0;
  for (int run = 0; run < runs; ++run) {
    simd::vec<native> acc[chains];
    auto factor = simd::broadcast<native>(0.999f), addend = simd::broadcast<native>(1e-3f);
    benchmark::DoNotOptimize(factor);
    benchmark::DoNotOptimize(addend);
    for (int i = 0; i < chains; ++i) acc[i] = addend;
    auto const start = clock_type::now();
    for (int k = 0; k < steps; ++k) {
#pragma GCC unroll 64
      for (int i = 0; i < chains; ++i) acc[i] = simd::fma(acc[i], factor, addend);
    }
    double const time = seconds_since(start);
    for (int i = 0; i < chains; ++i) benchmark::DoNotOptimize(acc[i]);
    best = std::max(best, 2.0 * chains * steps * native::width / time * 1e-9);
  }
  return best;
}

struct buffer {
  explicit buffer(std::ptrdiff_t size)  // floats
      : data(static_cast<float*>(std::aligned_alloc(
            64, (static_cast<std::size_t>(size) * sizeof(float) + 63) / 64 * 64))) {
    for (std::ptrdiff_t i = 0; i < size; ++i)
      data[i] = static_cast<float>(i * 7919 % 1000) / 1000.0f - 0.5f;
    benchmark::DoNotOptimize(data);  // it escapes: a kernel whose result nobody reads is no kernel
  }
  buffer(buffer const&) = delete;
  buffer& operator=(buffer const&) = delete;
  ~buffer() { std::free(data); }
  float* data;
};

struct bias_relu {
  static constexpr bool monotone = true;
  float const* bias;  // padded

  template <class Arch>
  [[gnu::always_inline]] simd::vec<Arch> operator()(simd::vec<Arch> acc, std::ptrdiff_t,
                                                    int channel, int) const {
    return simd::max(acc + simd::load<Arch>(bias + channel), simd::zero<Arch>());
  }
};

/// Runs `kernel` in stretches of some microseconds and reports the fastest one.
template <class Kernel>
void run(benchmark::State& state, double multiply_adds, Kernel const& kernel) {
  double const flops = 2.0 * multiply_adds;
  int const calls = std::clamp(static_cast<int>(2e6 / flops), 1, 2000);
  double best = 1e30, peak = measure_peak(30);
  for (auto _ : state) {
    auto const start = clock_type::now();
    for (int i = 0; i < calls; ++i) {
      kernel();
      benchmark::ClobberMemory();
    }
    double const time = seconds_since(start);
    state.SetIterationTime(time);
    best = std::min(best, time / calls);
    peak = std::max(peak, measure_peak(1));  // in between: the clock moves
  }
  // Faster than the hardware can is not fast but unmeasured.
  if (flops / best * 1e-9 > 1.05 * peak) return state.SkipWithError("above the FMA peak");
  state.counters["best_ns"] = best * 1e9;
  state.counters["GFLOP/s"] = flops / best * 1e-9;
  state.counters["of_peak"] = flops / best * 1e-9 / peak;
}

enum class pass { forward, dx, dw };

template <contraction C, pass Pass, int PoolH = 1, int PoolW = 1>
void contract(benchmark::State& state, int samples) {
  buffer x(std::ptrdiff_t{samples} * C.inputs()), y(std::ptrdiff_t{samples} * C.outputs());
  buffer weights(packed_size(C)), transposed(transposed_size(C)), bias(C.filters + 16);
  transpose_weights<C>(weights.data, transposed.data);
  // only what is computed counts: not the rows and columns that pooling drops
  double const kept = static_cast<double>(C.out_height() / PoolH * PoolH) *
                      (C.out_width() / PoolW * PoolW) / (C.out_height() * C.out_width());
  double const work = static_cast<double>(C.multiply_adds()) * samples * kept;
  if constexpr (Pass == pass::forward) {
    bias_relu const epilogue{bias.data};
    if constexpr (PoolH * PoolW > 1)
      run(state, work, [&] {
        contract_forward_max_pool<native, C, PoolH, PoolW>(x.data, weights.data, y.data, samples,
                                                           epilogue);
      });
    else
      run(state, work,
          [&] { contract_forward<native, C>(x.data, weights.data, y.data, samples, epilogue); });
  } else if constexpr (Pass == pass::dx) {
    run(state, work, [&] { contract_dx<native, C>(y.data, transposed.data, x.data, samples); });
  } else {
    std::fill_n(weights.data, packed_size(C), 0.0f);
    run(state, work, [&] { contract_dw<native, C>(x.data, y.data, weights.data, samples); });
  }
}

template <class F>
void add(std::string const& name, F function, int samples) {
  benchmark::RegisterBenchmark((name + "/etch").c_str(), function, samples)
      ->UseManualTime()
      ->MinTime(0.05);
}

template <contraction C>
void add_all(std::string const& name, int samples) {
  add(name + "/forward", &contract<C, pass::forward>, samples);
  add(name + "/dx", &contract<C, pass::dx>, samples);
  add(name + "/dw", &contract<C, pass::dw>, samples);
}

/// (batch, in) x (in, out).
template <int Batch, int In, int Out>
void add_gemm() {
  add_all<contraction{.channels = In, .filters = Out}>(
      "gemm/" + std::to_string(Batch) + "x" + std::to_string(In) + "x" + std::to_string(Out),
      Batch);
}

template <int In, int Out>
void add_matvec() {
  add("matvec/" + std::to_string(In) + "x" + std::to_string(Out) + "/forward",
      &contract<contraction{.channels = In, .filters = Out}, pass::forward>, 1);
}

template <contraction C>
std::string conv_name() {
  return "conv/" + std::to_string(C.height) + "x" + std::to_string(C.width) + "x" +
         std::to_string(C.channels) + "x" + std::to_string(C.filters) + "_" +
         std::to_string(C.kernel_height) + "x" + std::to_string(C.kernel_width);
}

template <contraction C, int PoolH, int PoolW>
void add_pooled() {
  add(conv_name<C>() + "_pool" + std::to_string(PoolH) + "x" + std::to_string(PoolW) + "/forward",
      &contract<C, pass::forward, PoolH, PoolW>, 1);
}

}  // namespace

int main(int argc, char** argv) {
  add_matvec<8, 8>();
  add_matvec<32, 32>();
  add_matvec<64, 64>();
  add_matvec<128, 10>();
  add_matvec<128, 128>();
  add_matvec<784, 128>();
  add_matvec<512, 512>();

  add_gemm<32, 32, 32>();
  add_gemm<64, 64, 64>();
  add_gemm<128, 128, 128>();
  add_gemm<256, 256, 256>();
  add_gemm<64, 784, 128>();
  add_gemm<64, 128, 10>();
  add_gemm<32, 512, 512>();

  constexpr contraction first{28, 28, 1, 3, 3, 1, 1, 1, 1, 1, 32};
  constexpr contraction second{13, 13, 32, 3, 3, 1, 1, 1, 1, 1, 64};
  constexpr contraction third{5, 5, 64, 3, 3, 1, 1, 1, 1, 1, 64};
  add_all<first>(conv_name<first>(), 1);
  add_pooled<first, 2, 2>();
  add_all<second>(conv_name<second>(), 1);
  add_pooled<second, 2, 2>();
  add_all<third>(conv_name<third>(), 1);
  add_all<third>(conv_name<third>() + "_batch8", 8);

  constexpr contraction one_by_one{14, 14, 64, 1, 1, 1, 1, 1, 1, 1, 128};
  constexpr contraction strided{28, 28, 32, 3, 3, 2, 2, 1, 1, 1, 64};
  constexpr contraction depthwise{16, 16, 64, 3, 3, 1, 1, 1, 1, 64, 64};
  add_all<one_by_one>(conv_name<one_by_one>(), 1);
  add_all<strided>(conv_name<strided>() + "_stride2", 1);
  add_all<depthwise>(conv_name<depthwise>() + "_depthwise", 1);

  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
