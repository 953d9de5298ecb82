// error: etch: this loss takes logits and makes probabilities of them itself
#include "../../runtime/train/fit.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/adam.hpp"

#ifdef TWIN
constexpr auto loss = etch::mse;  // which takes what it is given
#else
constexpr auto loss = etch::binary_cross_entropy;
#endif
constexpr auto net = etch::input<8> | etch::dense<1> | etch::sigmoid;
void use(etch::model<net>& model, etch::adam& optimizer, etch::dataset const& data) {
  etch::fit<8>(model, optimizer, loss, data);  // here
}
