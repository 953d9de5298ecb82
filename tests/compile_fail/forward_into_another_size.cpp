// error: etch::argument<2>, etch::expects<etch::elements<10>>, etch::given<etch::elements<9>>
// error: this argument of forward has another size than the network's input or output
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<784> | etch::dense<10>;

auto use(etch::model<net> const& model, std::array<float, 784> const& x) {
#ifdef TWIN
  std::array<float, 10> y;
  model.forward(x, y);
  return y;
#else
  std::array<float, 9> y;
  model.forward(x, y);  // here
#endif
}
