// Prints what the network makes of the weights that are linked.
#include <cstdio>

#include "network.hpp"

#if !defined(BY_COMPILER)
#include "lenet.etch.hpp"
constinit etch::embedded_model<lenet> const model{lenet_weights};
#else
alignas(64) constexpr unsigned char file[] = {
#embed "lenet.etch"
};
constinit etch::embedded_model<lenet> const model{etch::embedded<file>};
#endif

int main() {
  for (float y : model.forward(std::array{1.0f, 2.0f, 3.0f, 4.0f}))
    std::printf("%.4f\n", static_cast<double>(y));
}
