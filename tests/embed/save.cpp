// Saves weights of the seed that is given, and prints what the network makes of them.
#include <etch/etch.hpp>

#include <cstdio>
#include <cstdlib>

#include "network.hpp"

int main(int, char** arguments) {
  etch::model<lenet> const model{etch::seed{static_cast<unsigned>(std::atoi(arguments[2]))}};
  etch::save_embedded(model, arguments[1]);
  for (float y : model.forward(std::array{1.0f, 2.0f, 3.0f, 4.0f}))
    std::printf("%.4f\n", static_cast<double>(y));
}
