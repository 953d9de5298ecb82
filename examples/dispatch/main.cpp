// One program for old and new processors: the network is compiled for several levels, and the best
// that the machine has is picked when the program starts. This file is compiled for the oldest.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "../options.hpp"
#include "network.hpp"

using classifier_dispatch = etch::dispatch<classifier>;

// The time of one call in nanoseconds, the least of many.
static double time(classifier_dispatch const& network, std::array<float, 64> const& x) {
  using clock = std::chrono::steady_clock;
  etch::workspace<classifier> workspace;
  std::array<float, 10> y;
  double least = 1e9;
  for (int round = 0; round < 200; ++round) {
    auto const start = clock::now();
    for (int i = 0; i < 20; ++i) network.forward(workspace, x, y);
    std::chrono::duration<double, std::nano> const passed = clock::now() - start;
    least = std::min(least, passed.count() / 20);
  }
  return least;
}

int main(int argc, char** argv) {
  options o{argc, argv, "Runs a network on the best instruction set of this machine."};
  std::string wanted = o.text("level", "NAME", "run this one, such as x86-64-v3");
  o.finish();
  if (wanted.empty()) wanted = etch::level_variable();  // ETCH_LEVEL

  etch::model<classifier> const model{etch::seed{1}};
  classifier_dispatch const network{model, wanted};
  if (!network.valid()) return o.fail(std::string{network.error()});

  std::array<float, 64> x;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  auto const y = network.forward(x);
  for (etch::level const level : etch::usual_levels) {
    classifier_dispatch const other{model, etch::name_of(level)};
    if (!other.valid()) continue;
    auto const z = other.forward(x);
    float difference = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
      difference = std::max(difference, std::abs(y[i] - z[i]));
    std::printf("%-10s %8.0f ns, differs by %.1g\n", etch::name_of(level).data(), time(other, x),
                static_cast<double>(difference));
  }
  std::printf("picked %s\n", etch::name_of(network.picked()).data());
  return o.done();
}
