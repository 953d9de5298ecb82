#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "../../etch.hpp"
#include "catch.hpp"

namespace {

using etch::arch::deterministic_on;

#if defined(ETCH_TESTS_NATIVE)
using sets = etch::arch::list<etch::arch::native, etch::arch::half<etch::arch::native>>;
#else
using sets = etch::arch::compiled_list;
#endif

constexpr auto images = etch::input<26, 26, 3>
                        | etch::conv2d<16, 3> | etch::tanh
                        | etch::conv2d<20, 3, etch::same> | etch::batch_norm | etch::relu
                        | etch::max_pool2d<2> | etch::conv2d<20, 3, etch::groups<20>> | etch::silu
                        | etch::residual(etch::conv2d<20, 3, etch::same>)
                        | etch::conv2d<16, 3> | etch::tanh | etch::max_pool2d<2>
                        | etch::avg_pool2d<2> | etch::conv2d<18, 1> | etch::prelu
                        | etch::flatten | etch::dense<5> | etch::tanh;
/// x + tanh(x x^T) x, for each head.
struct attention : etch::layer {
  static constexpr std::string_view kind = "attention";
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    return etch::accept(in);
  }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) {
    return x + product(etch::math::tanh(product(x, x, {.b = true})), x);
  }
};

constexpr auto vectors = etch::input<75>
                         | etch::dense<70> | etch::reshape<2, 5, 7> | attention{} | etch::flatten
                         | etch::layer_norm | etch::gelu
                         | etch::dense<33> | etch::sigmoid | etch::dropout<0.25>
                         | etch::dense<12> | etch::softmax | etch::dense<5>;

constexpr auto narrow = etch::input<3> | etch::dense<8> | etch::tanh | etch::dense<7> | etch::relu
                        | etch::dense<1>;  // with samples in the lanes

struct samples {
  std::vector<float> x, y;
  int count = 0;
  int size() const { return count; }
  std::span<float const> features() const { return x; }
  std::span<float const> targets() const { return y; }
};

template <auto Net>
samples some(int count) {
  etch::random_engine rng{7};
  samples s;
  s.count = count;
  for (int i = 0; i < count * etch::model<Net>::input_size(); ++i) s.x.push_back(4 * rng.normal());
  for (int i = 0; i < count * etch::model<Net>::output_size(); ++i) s.y.push_back(rng.uniform());
  return s;
}

void append(std::vector<std::uint32_t>& bits, std::span<float const> values) {
  for (float const v : values) bits.push_back(std::bit_cast<std::uint32_t>(v));
}

/// The bits of all that a model computes: outputs of one sample and of several, then the weights
/// after some steps of training.
template <auto Net, class Arch, class Optimizer>
std::vector<std::uint32_t> bits_of(Optimizer optimizer) {
  constexpr int count = 19;
  using model_type = etch::model<Net, Arch>;
  model_type model{etch::seed{11}};
  samples const s = some<Net>(count);
  std::vector<std::uint32_t> bits;
  auto const single = std::make_unique<etch::workspace<Net>>();
  append(bits, model.forward(*single, std::span{s.x}.template first<model_type::input_size()>()));
  for (int step = 0; step < 3; ++step)
    bits.push_back(std::bit_cast<std::uint32_t>(static_cast<float>(
        etch::train_step<8>(model, optimizer, etch::mse, s).loss)));
  append(bits, {model.weights(), static_cast<std::size_t>(etch::facts<Net>::weight_floats)});
  std::vector<float> y(static_cast<std::size_t>(count * model_type::output_size()));
  auto const workspace = std::make_unique<etch::workspace<Net, 8>>();
  model.forward_batch(*workspace, s.x, y);
  append(bits, y);
  return bits;
}

template <auto Net, class Optimizer>
void check_equal_bits(Optimizer const& optimizer) {
  std::vector<std::uint32_t> first;
  int compared = 0;
  etch::arch::detail::for_each(
      [&]<class Arch>() {
        if (!Arch::available()) return;
        INFO(Arch::name);
        auto const bits = bits_of<Net, deterministic_on<Arch>>(optimizer);
        if (first.empty()) first = bits;
        bool const equal = bits == first;
        CHECK(equal);
        ++compared;
      },
      sets{});
  CHECK(compared > 0);
}

/// Any bits, of moderate exponents in two of three calls, so that sums meet.
float any_float(etch::random_engine& rng) {
  auto const r = rng();
  auto const bits = static_cast<std::uint32_t>(r);
  auto const near = static_cast<std::uint32_t>(117 + (r >> 40) % 20) << 23;
  return std::bit_cast<float>((r >> 60) % 3 == 0 ? bits : (bits & 0x807fffffu) | near);
}

}  // namespace

TEST_CASE("images: inference and training have the same bits on every instruction set") {
  check_equal_bits<images>(etch::adam{{.learning_rate = 1e-2f, .weight_decay = 0.01f}});
}

TEST_CASE("vectors: inference and training have the same bits on every instruction set") {
  check_equal_bits<vectors>(
      etch::sgd{{.learning_rate = .01f, .momentum = .9f, .weight_decay = .001f, .nesterov = true}});
}

TEST_CASE("narrow networks: inference and training have the same bits on every instruction set") {
  check_equal_bits<narrow>(etch::adam{{.learning_rate = 1e-2f}});
}

TEST_CASE("a product is rounded before a sum takes it, whatever the compiler may contract") {
  using arch = etch::arch::deterministic;
  using vec = etch::simd::vec<arch>;
  etch::random_engine rng{1};
  int contracted_differs = 0;
  for (int i = 0; i < 1000; ++i) {
    float const a = rng.normal(), b = rng.normal();
    float const product = static_cast<float>(static_cast<double>(a) * static_cast<double>(b));
    float const c = -product * (1 + rng.uniform());
    double const sum = static_cast<double>(product) + static_cast<double>(c);
    float const expected = static_cast<float>(sum);
    auto const first = [](vec v) {
      float lanes[arch::width];
      etch::simd::store(lanes, v);
      return lanes[0];
    };
    CHECK(first(vec(a) * vec(b) + vec(c)) == expected);
    CHECK(first(vec(-c) - vec(a) * vec(b)) == -expected);
    CHECK(first(etch::simd::fma(vec(a), vec(b), vec(c))) == std::fma(a, b, c));
    CHECK(first(etch::simd::fnma(vec(a), vec(b), vec(-c))) == -std::fma(a, b, c));
    contracted_differs += std::fma(a, b, c) != expected;
  }
  CHECK(contracted_differs > 100);
}

#if defined(__x86_64__)
TEST_CASE("multiply-adds without the instruction are those of std::fma") {
  etch::random_engine rng{2};
  auto const check = [&](float const (&a)[4], float const (&b)[4], float const (&c)[4]) {
    float found[4];
    _mm_storeu_ps(found, etch::simd::detail::exact_fma(_mm_loadu_ps(a), _mm_loadu_ps(b),
                                                       _mm_loadu_ps(c)));
    for (int i = 0; i < 4; ++i) {
      float const expected = std::fma(a[i], b[i], c[i]);
      bool const equal = std::isnan(expected)
                             ? std::isnan(found[i])
                             : std::bit_cast<int>(found[i]) == std::bit_cast<int>(expected);
      if (!equal) {
        INFO(a[i] << " * " << b[i] << " + " << c[i] << " = " << expected << ", not " << found[i]);
        CHECK(equal);
      }
    }
  };
  for (int round = 0; round < 100'000; ++round) {
    float a[4], b[4], c[4];
    for (int i = 0; i < 4; ++i) {
      a[i] = any_float(rng);
      b[i] = any_float(rng);
      c[i] = any_float(rng);
      if (round % 4 == 0) c[i] = -a[i] * b[i];  // all but the lost bits cancel
      // halfway between two floats but for a product far below: what rounding twice gets wrong
      if (round % 4 == 1) {
        a[i] = std::bit_cast<float>((std::bit_cast<std::uint32_t>(a[i]) & 0xffff0000u) | 0x8000u);
        b[i] = std::ldexp(1 + std::ldexp(1.0f, -12), static_cast<int>(rng.below(40)) - 60);
      }
    }
    check(a, b, c);
  }
  constexpr float inf = std::numeric_limits<float>::infinity(), largest = 3.4028235e38f;
  check({inf, 0.0f, -0.0f, 1.0f}, {1.0f, inf, 1.0f, 1.0f}, {-inf, 1.0f, -0.0f, -1.0f});
  check({largest, 1e-30f, 1e-38f, largest}, {2.0f, -1e-30f, 0.5f, 1.0f},
        {-largest, 0.0f, 1e-45f, 1e31f});
}
#endif
