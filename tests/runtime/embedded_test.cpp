// Weights that are part of a program; examples/embedded.cpp is such a program.

#include "catch.hpp"

#include <cstring>

#include "../../dsl/layers.hpp"
#include "../../runtime/embedded.hpp"
#include "../../runtime/file.hpp"
#include "../../runtime/save.hpp"
#include "scratch_folder.hpp"

ETCH_EMBED(etch_test_golden_losses, ETCH_TESTS_DIR "/golden/losses.txt")

namespace {

using namespace etch;

// batch_norm has derived values, which the file holds too.
constexpr auto net = input<5, 4, 3> | conv2d<5, 2> | batch_norm | relu | flatten | dense<3>;
constexpr auto other_activation =
    input<5, 4, 3> | conv2d<5, 2> | batch_norm | etch::tanh | flatten | dense<3>;
constexpr auto other_size = input<5, 4, 3> | conv2d<5, 2> | batch_norm | relu | flatten | dense<4>;

/// The bytes of a file where ETCH_EMBED would have put them: at a multiple of 64.
struct linked_file {
  float_buffer memory;
  explicit linked_file(std::filesystem::path const& path) {
    auto const bytes = read_file(path);
    memory.resize(bytes.size() / sizeof(float) + 1);
    std::memcpy(memory.data(), bytes.data(), bytes.size());
  }
  unsigned char* data() { return reinterpret_cast<unsigned char*>(memory.data()); }
};

model<net> drawn() {
  model<net> m{seed{3}};
  set(m, "batch_norm_1.running_mean", std::array{1.0f, -1.0f, 0.5f, 0.0f, 2.0f});
  set(m, "batch_norm_1.running_var", std::array{1.0f, 4.0f, 0.5f, 2.0f, 3.0f});
  return m;
}

unsigned char const no_file[64]{};
// No code runs for it at the start of the program.
constinit embedded_model<net> const at_start{no_file};

}  // namespace

TEST_CASE("an embedded model computes what the saved one does") {
  scratch_folder const folder;
  model<net> const m = drawn();
  save_embedded(m, folder / "net.etch");
  CHECK(folder.files() == 1);
  linked_file file{folder / "net.etch"};
  embedded_model<net> const e{file.data()};
  REQUIRE(e.valid());
  CHECK(e.weights() == file.memory.data() + 16);

  std::array<float, 60> x;
  random_engine rng{1};
  for (float& v : x) v = rng.uniform();
  CHECK(e.forward(x) == m.forward(x));
  workspace<net> w;
  CHECK(e.forward(w, x) == m.forward(x));
  workspace<net, 2> w2;
  std::array<float, 3> y{};
  e.forward_batch(w2, x, y);
  for (std::size_t i = 0; i < 3; ++i) CHECK(y[i] == Approx(m.forward(x)[i]).margin(1e-5));
}

TEST_CASE("a file that is none, or another network's, is not valid") {
  CHECK_FALSE(at_start.valid());
  scratch_folder const folder;
  save_embedded(drawn(), folder / "net.etch");
  linked_file file{folder / "net.etch"};
  CHECK(embedded_model<net>{file.data()}.valid());
  CHECK_FALSE(embedded_model<other_activation>{file.data()}.valid());
  CHECK_FALSE(embedded_model<other_size>{file.data()}.valid());
  for (std::size_t byte : {0u, 5u, 8u, 15u, 16u, 18u, 23u}) {  // magic, fingerprint, size
    linked_file damaged{folder / "net.etch"};
    damaged.data()[byte] ^= 1;
    INFO("byte " << byte);
    CHECK_FALSE(embedded_model<net>{damaged.data()}.valid());
  }
}

TEST_CASE("the file is a header and the weights as they lie in memory") {
  scratch_folder const folder;
  model<net> const m = drawn();
  save_embedded(m, folder / "net.etch");
  auto const bytes = read_file(folder / "net.etch");
  auto const floats = static_cast<std::size_t>(facts<net>::weight_floats);
  REQUIRE(bytes.size() == 64 + floats * sizeof(float));
  CHECK(std::memcmp(bytes.data(), "etch01\0\0", 8) == 0);
  CHECK(std::memcmp(bytes.data() + 64, m.weights(), floats * sizeof(float)) == 0);
}

TEST_CASE("ETCH_EMBED links the bytes of a file, aligned") {
  auto const bytes = read_file(ETCH_TESTS_DIR "/golden/losses.txt");
  REQUIRE(bytes.size() > 0);
  CHECK(std::memcmp(bytes.data(), etch_test_golden_losses, bytes.size()) == 0);
  CHECK(etch_test_golden_losses[bytes.size()] == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(+etch_test_golden_losses) % 64 == 0);
}
