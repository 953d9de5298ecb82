// error: etch::expects<etch::size_known_to_the_compiler>, etch::given<const std::vector<float
// error: the size of this argument is not known to the compiler; give a std::array, or std::span
#include <vector>

#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<784> | etch::dense<10>;

auto use(etch::model<net> const& model, std::vector<float> const& x) {
#ifdef TWIN
  return model.forward(std::span{x}.first<784>());
#else
  return model.forward(x);  // here
#endif
}
