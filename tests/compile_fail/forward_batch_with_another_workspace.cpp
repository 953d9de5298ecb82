// error: etch: forward_batch takes a workspace of its own network that is not const
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<3> | etch::dense<2>;
[[maybe_unused]] constexpr auto other = etch::input<3> | etch::dense<4>;

void use(etch::model<net> const& model, std::span<float const> x, std::array<float, 16>& y) {
#ifdef TWIN
  etch::workspace<net, 8> w;
  model.forward_batch(w, x, y);
#else
  etch::workspace<other, 8> w;
  model.forward_batch(w, x, y);  // here
#endif
}
