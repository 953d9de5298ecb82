// A network for a small device, with budgets that the compiler keeps: make a layer wider, and the
// program no longer compiles.
#include <etch/etch.hpp>
#include <fmt/format.h>

#include "options.hpp"

// Which of 12 words is spoken: 49 frames of 10 spectral features, depthwise separable convolutions.
template <int Filters>
constexpr auto separable = etch::conv2d<Filters, 3, etch::groups<Filters>, etch::same>
                           | etch::relu | etch::conv2d<Filters, 1> | etch::relu;

constexpr auto words = etch::input<49, 10, 1>  // (time, frequency, channels)
                       | etch::conv2d<32, etch::kernel<10, 4>, etch::stride<2>, etch::same>
                       | etch::relu | separable<32> | separable<32>
                       | etch::global_avg_pool2d | etch::dense<12>;

static_assert(etch::cost<words>.multiply_adds <= 500'000, "a millisecond at 500 MHz");
static_assert(etch::cost<words>.weight_bytes <= 24 * 1024, "flash");
static_assert(etch::cost<words>.workspace_bytes <= 64 * 1024, "memory");

int main(int argc, char** argv) {
  options o{argc, argv, "Prints what a network costs; the program says how much it may."};
  o.finish();

  fmt::print("{}", etch::summary<words>());
  constexpr auto to_train = etch::cost<words>.training_bytes<64, etch::losses::cross_entropy>;
  fmt::print("     to train 64 samples at once: {} bytes more\n", etch::grouped(to_train));
  return o.done();
}
