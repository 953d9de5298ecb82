// A trained network in a program that has no heap, no exceptions and no files: the weights are part
// of the program. The build makes them with demo.cpp; by hand:
//   demo --save-embedded digits.etch && etch-embed digits.etch digits.etch.hpp && g++ ...
#include <etch/inference.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "digits.etch.hpp"
#include "digits_network.hpp"
#include "draw_digit.hpp"

constinit etch::embedded_model<digits_network> model{digits_weights};

// From main on, whoever asks for memory ends the program. Before, the C++ library may have some.
static bool running = false;
alignas(64) static char start_up[128 * 1024];  // zeros
static std::size_t used = 0;

extern "C" {
void* malloc(std::size_t size) noexcept {
  if (running || size > sizeof start_up - used) std::abort();
  char* const p = start_up + used;
  used += (size + 63) / 64 * 64;
  return p;
}
void* calloc(std::size_t count, std::size_t size) noexcept { return malloc(count * size); }
void* realloc(void*, std::size_t) noexcept { std::abort(); }
void free(void*) noexcept {}
}
void* operator new(std::size_t) { std::abort(); }
void operator delete(void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}

namespace {

constexpr int images = 64;
constexpr int rounds = 64;
std::array<std::array<float, 784>, images> image;
std::array<long, images * rounds> nanoseconds;
char output_buffer[4096];  // printf would take one from the heap

long now() {
  std::timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<long>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

int classify(std::array<float, 784> const& x) {
  auto const y = model.forward(x);  // the workspace is on the stack
  return etch::argmax(y);
}

/// The exit code of a program that has said all: not 0 if that did not arrive, as on a full disk.
int done() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  std::fputs("embedded: the output could not be written\n", stderr);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  running = true;
  std::setvbuf(stdout, output_buffer, _IOFBF, sizeof output_buffer);
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    std::printf("usage: %s\nClassifies digits with a network that is part of it.\n", argv[0]);
    return done();
  }
  if (argc > 1) {
    std::fprintf(stderr, "embedded: unknown argument '%s'; see --help\n", argv[1]);
    return 2;
  }

  etch::random_engine rng{3};
  for (std::size_t i = 0; i < images; ++i) draw_digit(static_cast<int>(i % 10), rng, image[i]);

  etch::flush_denormals const guard;
  int correct = 0;
  for (std::size_t i = 0; i < images; ++i) {  // which also warms the caches
    int const found = classify(image[i]);
    if (i < 10) std::printf("drawn %d, class %d\n", static_cast<int>(i), found);
    correct += found == static_cast<int>(i % 10);
  }
  std::printf("%d of %d drawn digits are right\n", correct, images);

  int correct_again = 0;
  for (std::size_t i = 0; i < nanoseconds.size(); ++i) {
    long const start = now();
    int const found = classify(image[i % images]);
    nanoseconds[i] = now() - start;
    correct_again += found == static_cast<int>(i % images % 10);
  }
  if (correct_again != rounds * correct) {
    std::fputs("embedded: the same images gave other classes\n", stderr);
    return 1;
  }
  auto const median = nanoseconds.begin() + nanoseconds.size() / 2;
  std::nth_element(nanoseconds.begin(), median, nanoseconds.end());
  std::printf("%ld nanoseconds per image (median of %zu)\n", *median, nanoseconds.size());
  std::printf("%lld bytes of weights, %lld of workspace\n", etch::cost<digits_network>.weight_bytes,
              etch::cost<digits_network>.workspace_bytes);
  return done();
}
