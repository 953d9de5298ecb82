// error: etch::argument<1>, etch::expects<etch::elements<3>>, etch::given<etch::elements<2>>
// error: etch: this argument of forward has another size than the network's input or output
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<3> | etch::dense<2>;

auto use(etch::model<net> const& model) {
#ifdef TWIN
  return model.forward({0.5f, 0.8f, 0.1f});
#else
  return model.forward({0.5f, 0.8f});  // here
#endif
}
