// error: etch::argument<1>, etch::expects<etch::elements<784>>, etch::given<etch::elements<783>>
// error: this argument of forward has another size than the network's input or output
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<784> | etch::dense<10>;

auto use(etch::model<net> const& model, std::array<float, 784> const& right,
         std::array<float, 783> const& wrong) {
#ifdef TWIN
  static_cast<void>(wrong);
  return model.forward(right);
#else
  static_cast<void>(right);
  return model.forward(wrong);  // here
#endif
}
