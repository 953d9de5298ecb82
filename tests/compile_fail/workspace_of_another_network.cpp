// error: forward takes a workspace of its own network, for one sample and not const
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<784> | etch::dense<10>;
[[maybe_unused]] constexpr auto other = etch::input<784> | etch::dense<11>;

auto use(etch::model<net> const& model, std::array<float, 784> const& x) {
#ifdef TWIN
  etch::workspace<net> w;
  return model.forward(w, x);
#else
  etch::workspace<other> w;
  return model.forward(w, x);  // here
#endif
}
