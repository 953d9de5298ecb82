// Compiled with -O0, through the umbrella header and, for comparison, without it.
#if defined(WITHOUT_UMBRELLA)
#include "../../dsl/layers.hpp"
#include "../../runtime/infer/model.hpp"
#else
#include <etch/inference.hpp>
#endif

constexpr auto net = etch::input<40> | etch::dense<64> | etch::relu | etch::dense<3>;

int main() {
  etch::model<net> const model{etch::seed{1}};
  std::array<float, 40> const x{};
  return model.forward(x)[0] == 0.0f ? 0 : 1;
}
