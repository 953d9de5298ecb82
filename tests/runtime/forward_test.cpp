// Inference on what is large, more numbers than an int counts, and in what is small: a stack.

#undef NDEBUG
#define NDEBUG  // what forward_batch does with too little room where nothing asserts

#include "catch.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "../../codegen/report/cost.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/data/batches.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "../../runtime/infer/parameters.hpp"
#include "../../runtime/train/train_step.hpp"
#include "instruction_sets.hpp"

namespace {

using namespace etch;

/// The first pixel of an image of 1024 x 1024, times a weight of 2.
constexpr auto corner = input<1024, 1024, 1> | conv2d<1, 1, stride<1024>> | flatten;
constexpr std::size_t pixels = 1 << 20;
constexpr std::size_t images = 2100;  // more than 2^31 pixels, at 2048 of 2^20

model<corner> doubling() {
  model<corner> m;
  set(m, "conv2d_1.weight", std::array{2.0f});
  return m;
}

/// The images, as memory that the system gives page by page when they are written: all are black
/// but for the first pixels of some, whose number they hold.
class many_images {
 public:
  static constexpr std::array<std::size_t, 5> marked{1, 1023, 2047, 2048, images - 1};

  many_images() {
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    memory_ = static_cast<float*>(memory);
    for (std::size_t i : marked) memory_[i * pixels] = static_cast<float>(i);
  }
  many_images(many_images const&) = delete;
  many_images& operator=(many_images const&) = delete;
  ~many_images() {
    if (memory_ != nullptr) ::munmap(memory_, bytes);
  }

  bool exist() const { return memory_ != nullptr; }
  std::span<float const> all() const { return {memory_, images * pixels}; }

 private:
  static constexpr std::size_t bytes = images * pixels * sizeof(float);
  float* memory_ = nullptr;
};

/// Twice the first pixel of each of the images.
std::vector<float> doubled() {
  std::vector<float> y(images);
  for (std::size_t i : many_images::marked) y[i] = 2 * static_cast<float>(i);
  return y;
}

char const* const no_room = "the system gives no 9 GB of addresses";

/// Bytes of stack that a thread uses in which `f` is called.
template <class F>
std::size_t stack_used(F f) {
  constexpr std::size_t size = 1 << 20;
  constexpr unsigned char paint = 0xa5;
  struct unmap {
    void operator()(void* p) const { ::munmap(p, size); }
  };
  std::unique_ptr<void, unmap> const stack{::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)};
  auto* const bytes = static_cast<unsigned char*>(stack.get());
  std::fill_n(bytes, size, paint);
  ::pthread_attr_t attributes;
  ::pthread_t thread;
  ::pthread_attr_init(&attributes);
  REQUIRE(::pthread_attr_setstack(&attributes, bytes, size) == 0);
  auto const call = [](void* given) -> void* { return (*static_cast<F*>(given))(), nullptr; };
  REQUIRE(::pthread_create(&thread, &attributes, call, &f) == 0);
  ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
  return static_cast<std::size_t>(bytes + size - std::find_if(bytes, bytes + size, [](auto byte) {
                                    return byte != paint;
                                  }));
}

/// Whether calls of forward keep to what is said of their stack, on every instruction set; returns
/// the most bytes that kernels have used.
template <auto Net>
long long check_stack() {
  long long most = 0;
  for_each_instruction_set([&]<class Arch>() {
    using model_type = model<Net, Arch>;
    model_type const m{seed{1}};
    static std::array<float, static_cast<std::size_t>(model_type::input_size())> x{};
    static std::array<float, static_cast<std::size_t>(model_type::output_size())> y{};
    static workspace<Net> w;
    std::size_t const empty = stack_used([] {});
    auto const inner = static_cast<long long>(stack_used([&] { m.forward(w, x, y); }) - empty);
    INFO(Arch::name << ": " << inner << " of " << cost<Net>.kernel_stack_bytes);
    CHECK(inner <= cost<Net>.kernel_stack_bytes);
    most = std::max(most, inner);
    if constexpr (cost<Net>.stack_bytes <= stack_budget) {
      auto const whole = static_cast<long long>(stack_used([&] { y = m.forward(x); }) - empty);
      INFO(Arch::name << ": " << whole << " of " << cost<Net>.stack_bytes);
      CHECK(whole <= cost<Net>.stack_bytes);
      CHECK(whole > cost<Net>.workspace_bytes);
    }
  });
  return most;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool has_plain_stack = false;
#elif defined(__has_feature)
constexpr bool has_plain_stack = !__has_feature(address_sanitizer);
#else
constexpr bool has_plain_stack = true;
#endif

}  // namespace

TEST_CASE("a batch may have more numbers than an int counts") {
  many_images const x;
  if (!x.exist()) return skip(no_room);
  model<corner> const m = doubling();
  auto const w = std::make_unique<workspace<corner, 8>>();
  std::vector<float> y(images, -1);
  CHECK(m.forward_batch(*w, x.all(), y) == images);
  CHECK((y == doubled()));

  std::fill(y.begin(), y.end(), -1.0f);
  m.forward_batch(*w, {x.all().data()}, {y.data()}, images);
  CHECK((y == doubled()));
}

TEST_CASE("a training step may have more numbers than an int counts") {
  many_images const x;
  if (!x.exist()) return skip(no_room);
  model<corner> m = doubling();
  sgd optimizer{{.learning_rate = 0x1p-20f}};
  std::vector<float> targets(images);
  targets.back() = 2 * (images - 1) + 3;
  thread_team team{2};
  auto const report =
      train_step(m, optimizer, mse, batch<0>{images, x.all(), targets}, &team);
  CHECK(std::ranges::equal(report.predictions, doubled()));
  double loss = 9, slope = -2.0 * 3 * (images - 1);  // of the last image
  for (std::size_t i : many_images::marked)
    if (i + 1 < images) {
      double const at = static_cast<double>(i);
      loss += 4 * at * at;
      slope += 2 * 2 * at * at;
    }
  CHECK(report.loss == Approx(loss / images));
  CHECK(get(m, "conv2d_1.weight")[0] == Approx(2 - 0x1p-20 * slope / images));
}

TEST_CASE("what a batch has no room for is not computed, and told") {
  constexpr auto net = input<2> | dense<3>;
  model<net> const m{seed{1}};
  workspace<net, 4> w;
  std::vector<float> const x{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  std::array<float, 18> all{};
  CHECK(m.forward_batch(w, x, all) == 6);
  for (std::size_t room : {0u, 2u, 3u, 11u, 15u, 17u}) {
    std::array<float, 18> y{};
    CHECK(m.forward_batch(w, x, std::span{y}.first(room)) ==
          static_cast<std::ptrdiff_t>(room / 3));
    std::array<float, 18> expected{};
    std::copy_n(all.begin(), room / 3 * 3, expected.begin());
    CHECK(y == expected);
  }
  std::array<float, 18> y{};
  CHECK(m.forward_batch(w, std::span{x}.first(5), y) == 2);  // and a half
  CHECK(std::count(y.begin(), y.end(), 0.0f) == 12);
}

TEST_CASE("a call takes no more stack than is said of it") {
  if (!has_plain_stack) return skip("the sanitizers lay more on the stack");
  // The weights of few filters are turned: four for each of 3 x 3 x 64.
  CHECK(check_stack<input<8, 8, 64> | conv2d<3, 3, same>>() > 4 * 4 * 3 * 3 * 64);
  check_stack<input<6, 75, 24> | batch_norm | elu<> | conv2d<4, 3, same>>();  // scales, repeated
  check_stack<input<12, 12, 20> | relu | layer_norm | batch_norm | gelu>();
  check_stack<input<8, 1024> | softmax>();  // rows
  check_stack<input<64> | dense<128> | relu | dense<128> | etch::tanh | dense<10>>();
  check_stack<input<20, 20, 3> | conv2d<16, 3> | relu | conv2d<16, 3> | flatten | dense<3>>();
}

TEST_CASE("what a kernel repeats is bounded, however long the lines of an image, and right") {
  // Scales and shifts of channels, for a map that writes into the border that the convolution wants.
  constexpr auto image = input<2, 1022, 20>;
  constexpr auto whole = image | batch_norm | elu<> | conv2d<4, 3, same>;
  constexpr auto first = image | batch_norm | elu<>;
  constexpr auto second = image | conv2d<4, 3, same>;
  random_engine rng{1};
  auto const numbers = [&](std::size_t count) {
    std::vector<float> values(count);
    for (float& v : values) v = 0.5f + rng.uniform();
    return values;
  };
  std::vector<float> const x = numbers(2 * 1022 * 20);
  std::vector<float> between(x.size()), expected(2 * 1022 * 4), y(expected.size());
  model<first> one;
  model<second> two;
  for (parameter_info const& p : parameters<first>())
    set(one, p.name.view(), numbers(static_cast<std::size_t>(p.shape.elements())));
  auto const w = std::make_unique<workspace<first>>();
  auto const v = std::make_unique<workspace<second>>();
  one.forward_batch(*w, x, between);
  two.forward_batch(*v, between, expected);
  for_each_instruction_set([&]<class Arch>() {
    model<whole, Arch> both;
    for (parameter_info const& p : parameters<first>())
      set(both, p.name.view(), get(one, p.name.view()));
    for (parameter_info const& p : parameters<second>())
      set(both, p.name.view(), get(two, p.name.view()));
    auto const u = std::make_unique<workspace<whole>>();
    both.forward_batch(*u, x, y);
    float off = 0;
    for (std::size_t i = 0; i < y.size(); ++i) off = std::max(off, std::abs(y[i] - expected[i]));
    INFO(Arch::name);
    CHECK(off < 1e-4f);
  });
  if (!has_plain_stack) return skip("the sanitizers lay more on the stack");
  CHECK(check_stack<whole>() < 32 * 1024);
}
