// error: etch::expects<etch::array_or_span_of_float>, etch::given<const std::array<double, 784>>
// error: forward takes arrays of float
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<784> | etch::dense<10>;

auto use(etch::model<net> const& model, std::array<double, 784> const& x) {
#ifdef TWIN
  std::array<float, 784> floats;
  std::copy(x.begin(), x.end(), floats.begin());
  return model.forward(floats);
#else
  return model.forward(x);  // here
#endif
}
