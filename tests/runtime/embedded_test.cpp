// Weights that are part of a program; examples/embedded.cpp is such a program.

#include "catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "../../dsl/layers.hpp"
#include "../../runtime/infer/embedded.hpp"
#include "../../runtime/files/file.hpp"
#include "../../runtime/infer/level_code.hpp"
#include "../../runtime/infer/save.hpp"
#include "scratch_folder.hpp"

ETCH_EMBED(etch_test_golden_losses, ETCH_TESTS_DIR "/golden/losses.txt")

namespace {

using namespace etch;

// batch_norm has derived values, which the file holds too.
constexpr auto net = input<5, 4, 3> | conv2d<5, 2> | batch_norm | relu | flatten | dense<3>;
constexpr auto other_activation =
    input<5, 4, 3> | conv2d<5, 2> | batch_norm | etch::tanh | flatten | dense<3>;
constexpr auto other_size = input<5, 4, 3> | conv2d<5, 2> | batch_norm | relu | flatten | dense<4>;

/// The bytes of a file where a program would have them: at a multiple of 64.
struct linked_file {
  float_buffer memory;
  std::size_t size;
  explicit linked_file(std::filesystem::path const& path) {
    auto const bytes = read_file(path);
    size = bytes.size();
    memory.resize(size / sizeof(float) + 16);
    std::memcpy(memory.data(), bytes.data(), size);
  }
  unsigned char* data() { return reinterpret_cast<unsigned char*>(memory.data()); }
  std::span<unsigned char const> bytes() { return {data(), size}; }
};

model<net> drawn() {
  model<net> m{seed{3}};
  set(m, "batch_norm_1.running_mean", std::array{1.0f, -1.0f, 0.5f, 0.0f, 2.0f});
  set(m, "batch_norm_1.running_var", std::array{1.0f, 4.0f, 0.5f, 2.0f, 3.0f});
  return m;
}

// No code runs for them at the start of the program.
unsigned char const no_file[64]{};
constinit embedded_model<net> const at_start{std::span{no_file}};
constinit embedded_model<net> const linked{etch_test_golden_losses};

/// A file of the right size in a program, of which only the header matters to the compiler.
template <std::uint64_t Fingerprint>
struct constant_file {
  alignas(64) static constexpr auto bytes = [] {
    constexpr embedded_header h{.fingerprint = Fingerprint,
                                .floats = static_cast<std::uint64_t>(facts<net>::weight_floats)};
    std::array<unsigned char, h.file_bytes()> all{};
    for (std::size_t i = 0; i < 8; ++i) {
      all[i] = static_cast<unsigned char>(h.magic >> 8 * i);
      all[8 + i] = static_cast<unsigned char>(h.fingerprint >> 8 * i);
      all[16 + i] = static_cast<unsigned char>(h.floats >> 8 * i);
    }
    return all;
  }();
};
constexpr auto& known_bytes = constant_file<facts<net>::fingerprint>::bytes;
constinit embedded_model<net> const known{embedded<known_bytes>};

/// Whether a process that calls `forward` ends by itself, and not by what it reads.
template <class Model>
bool forward_ends_the_program(Model const& m) {
  pid_t const child = ::fork();
  if (child == 0) {
    for (int s : {SIGABRT, SIGILL, SIGSEGV}) std::signal(s, SIG_DFL);  // Catch's are not wanted
    ::close(STDERR_FILENO);
    std::array<float, 60> const x{};
    ::_exit(m.forward(x)[0] == 12345.0f);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && (WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGILL);
}

}  // namespace

TEST_CASE("an embedded model computes what the saved one does") {
  scratch_folder const folder;
  model<net> const m = drawn();
  save_embedded(m, folder / "net.etch");
  CHECK(folder.files() == 1);
  linked_file file{folder / "net.etch"};
  embedded_model<net> const e{file.bytes()};
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
  CHECK(embedded_model<net>{file.bytes()}.valid());
  CHECK_FALSE(embedded_model<other_activation>{file.bytes()}.valid());
  CHECK_FALSE(embedded_model<other_size>{file.bytes()}.valid());
  for (std::size_t byte : {0u, 5u, 8u, 15u, 16u, 18u, 23u}) {  // magic, fingerprint, size
    linked_file damaged{folder / "net.etch"};
    damaged.data()[byte] ^= 1;
    INFO("byte " << byte);
    CHECK_FALSE(embedded_model<net>{damaged.bytes()}.valid());
  }
}

namespace {

template <bool A, bool B>
struct self_product : layer {
  static constexpr std::string_view kind = "self_product";
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept(in); }
  static constexpr tensor forward(context&, tensor x) { return product(x, x, {A, B}); }
};

}  // namespace

TEST_CASE("networks of other options are others, those of other speed are not") {
  constexpr auto image = [](auto layer) {
    return input<7, 7, 2> | conv2d<4, 3, same> | layer | flatten | dense<2>;
  };
  constexpr std::array all{
      facts<image(relu)>::fingerprint,
      facts<image(leaky_relu<>)>::fingerprint,
      facts<image(leaky_relu<0.3>)>::fingerprint,
      facts<image(batch_norm)>::fingerprint,
      facts<image(batch_norm(epsilon<1e-3>))>::fingerprint,
      facts<image(max_pool2d<2>)>::fingerprint,
      facts<image(max_pool2d<3, stride<2>>)>::fingerprint,
      facts<image(avg_pool2d<2>)>::fingerprint,
      facts<input<4, 4> | self_product<false, false>{}>::fingerprint,
      facts<input<4, 4> | self_product<false, true>{}>::fingerprint,
      facts<input<4, 4> | self_product<true, false>{}>::fingerprint,
  };
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      INFO(i << ", " << j);
      CHECK(all[i] != all[j]);
    }
  static_assert(facts<fast(image(etch::tanh))>::fingerprint ==
                facts<image(etch::tanh)>::fingerprint);
  static_assert(facts<image(relu)>::fingerprint == 0x842075e4e5d935dbu);  // files of it are about
}

TEST_CASE("a file that ends before its weights do is not valid") {
  scratch_folder const folder;
  save_embedded(drawn(), folder / "net.etch");
  linked_file file{folder / "net.etch"};
  CHECK(embedded_model<net>{file.bytes()}.valid());
  for (std::size_t size : {std::size_t{0}, std::size_t{8}, std::size_t{63}, std::size_t{64},
                           file.size / 2, file.size - 1}) {
    INFO(size << " bytes");
    embedded_model<net> const cut{file.bytes().first(size)};
    CHECK_FALSE(cut.valid());
    CHECK(cut.weights() == nullptr);
  }
}

TEST_CASE("a file that is not at a multiple of 64 bytes is not valid") {
  scratch_folder const folder;
  save_embedded(drawn(), folder / "net.etch");
  linked_file file{folder / "net.etch"};
  std::memmove(file.data() + 4, file.data(), file.size);
  CHECK_FALSE(embedded_model<net>{{file.data() + 4, file.size}}.valid());
}

TEST_CASE("without weights forward ends the program, and a dispatch says why there are none") {
  CHECK(forward_ends_the_program(at_start));
  CHECK(forward_ends_the_program(linked));
  dispatch<net, results::fastest, std::array{compiled_level}> const d{linked};
  CHECK_FALSE(d.valid());
  CHECK(contains(std::string{d.error()}, "not this network's"));
  CHECK(forward_ends_the_program(d));
}

TEST_CASE("a network without weights needs none of a file") {
  constexpr auto none = input<2> | relu;
  scratch_folder const folder;
  save_embedded(model<none>{}, folder / "none.etch");
  linked_file file{folder / "none.etch"};
  embedded_model<none> const e{file.bytes()};
  CHECK(e.valid());
  CHECK(e.forward(std::array{-1.0f, 2.0f}) == std::array{0.0f, 2.0f});
  CHECK(model<none>{}.forward(std::array{-1.0f, 2.0f}) == std::array{0.0f, 2.0f});
}

TEST_CASE("a file that the compiler knows is valid, and costs no question") {
  CHECK(known.valid());
  CHECK(known.forward(std::array<float, 60>{}) == std::array<float, 3>{});
  static_assert(embedded_model<net>{known_file<facts<net>::fingerprint, known_bytes.size()>{
                    known_bytes.data(), true}}.valid());
}

TEST_CASE("the file of a network serves it with probabilities at its end, and the other way") {
  static constexpr auto likely = net | softmax;
  static constexpr auto log_likely = net | reshape<3> | log_softmax | reshape<3, 1>;
  STATIC_REQUIRE(facts<likely>::fingerprint == facts<net>::fingerprint);
  STATIC_REQUIRE(facts<log_likely>::fingerprint == facts<net>::fingerprint);
  STATIC_REQUIRE(facts<net | etch::sigmoid>::fingerprint == facts<net>::fingerprint);
  STATIC_REQUIRE(facts<fast(likely)>::fingerprint == facts<net>::fingerprint);
  STATIC_REQUIRE(facts<likely>::weight_floats == facts<net>::weight_floats);
  STATIC_REQUIRE(facts<net | etch::tanh>::fingerprint != facts<net>::fingerprint);
  STATIC_REQUIRE(facts<likely | dense<3>>::fingerprint != facts<net | dense<3>>::fingerprint);

  scratch_folder const folder;
  model<net> const m = drawn();
  model<likely> const with_softmax{m};
  save_embedded(m, folder / "net.etch");
  save_embedded(with_softmax, folder / "likely.etch");
  CHECK(read_file(folder / "net.etch") == read_file(folder / "likely.etch"));
  linked_file file{folder / "net.etch"};
  embedded_model<likely> const e{file.bytes()};
  REQUIRE(e.valid());
  std::array<float, 60> x;
  random_engine rng{1};
  for (float& v : x) v = rng.uniform();
  CHECK(e.forward(x) == with_softmax.forward(x));
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
  embedded_file const file = etch_test_golden_losses;
  REQUIRE(file.end - file.begin == static_cast<std::ptrdiff_t>(bytes.size()));
  CHECK(std::memcmp(bytes.data(), file.begin, bytes.size()) == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(file.begin) % 64 == 0);
}
