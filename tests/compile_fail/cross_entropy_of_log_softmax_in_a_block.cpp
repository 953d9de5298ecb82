// error: etch: this loss takes logits and makes probabilities of them itself
#include "../../runtime/train/evaluate.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"

constexpr auto head = etch::dense<4> | etch::log_softmax | etch::reshape<2, 2> | etch::dropout<0.5>;
#ifdef TWIN
constexpr auto net = etch::input<8> | etch::repeat<2>(head | etch::relu | etch::flatten);
double use(etch::model<net> const& model, etch::dataset const& data) {
  return etch::evaluate<8>(model, etch::cross_entropy, data).loss;
}
#else
constexpr auto net = etch::fast(etch::input<8> | etch::repeat<2>(head | etch::flatten));
double use(etch::model<net> const& model, etch::dataset const& data) {
  return etch::evaluate<8>(model, etch::cross_entropy, data).loss;  // here
}
#endif
