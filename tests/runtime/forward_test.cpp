// Inference on what is large: more numbers than an int counts.

#undef NDEBUG
#define NDEBUG  // what forward_batch does with too little room where nothing asserts

#include "catch.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/batches.hpp"
#include "../../runtime/optimizers/sgd.hpp"
#include "../../runtime/parameters.hpp"
#include "../../runtime/train_step.hpp"

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
