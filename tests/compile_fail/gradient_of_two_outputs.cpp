// error: etch: .*take a network with one input and one output
#include "../../etch.hpp"

#ifdef TWIN
constexpr auto net = etch::input<2> | etch::dense<2>;
#else
constexpr auto net = etch::input<2> | etch::fork(etch::dense<2>, etch::dense<2>);
#endif
void saliency(etch::model<net> const& model, std::span<float const> x) {
  static_cast<void>(etch::gradient(model, etch::mse, x, x));  // here
}
