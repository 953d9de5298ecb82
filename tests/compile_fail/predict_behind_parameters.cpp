// error: the weights of one network do not fit another
#include "../../runtime/train/evaluate.hpp"
#include "../../dsl/layers.hpp"

constexpr auto net = etch::input<8> | etch::dense<4>;
std::vector<float> use(etch::model<net> const& model, etch::dataset const& data) {
#ifdef TWIN
  return etch::predict<8>(model, data, etch::relu | etch::softmax);
#else
  return etch::predict<8>(model, data, etch::dense<4>);  // here
#endif
}
