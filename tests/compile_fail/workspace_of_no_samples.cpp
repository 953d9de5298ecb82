// error: etch: at least 1 sample is computed at once
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<3> | etch::dense<2>;

void use(etch::model<net> const& model, std::span<float const> x, std::span<float> y) {
#ifdef TWIN
  etch::workspace<net, 1> w;
#else
  etch::workspace<net, 0> w;  // here
#endif
  model.forward_batch(w, x, y);
}
