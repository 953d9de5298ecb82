// error: etch::the_loss, etch::declared_as<etch::losses::huber<etch::real{0, 0}>>
// error: etch: the delta of huber, at which it turns from a square to a line, must be above 0
#include "../../runtime/train/evaluate.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"

constexpr auto net = etch::input<8> | etch::dense<4>;
double use(etch::model<net> const& model, etch::dataset const& data) {
#ifdef TWIN
  return etch::evaluate<8>(model, etch::huber<0.5>, data).loss;
#else
  return etch::evaluate<8>(model, etch::huber<0.0>, data).loss;  // here
#endif
}
