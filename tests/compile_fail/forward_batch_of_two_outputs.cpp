// error: etch: of a network with several inputs or outputs, forward_batch takes arrays of pointers
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers.hpp"

constexpr auto net = etch::input<3> | etch::fork(etch::dense<2>, etch::dense<1>);

void use(etch::model<net> const& model, etch::workspace<net, 8>& w, std::span<float const> x,
         std::span<float> y) {
#ifdef TWIN
  model.forward_batch(w, {x.data()}, {y.data(), y.data() + 16}, 8);
#else
  model.forward_batch(w, x, y);  // here
#endif
}
