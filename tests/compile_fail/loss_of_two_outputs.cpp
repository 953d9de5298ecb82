// error: etch: train_step, fit, predict and evaluate take a network with one input and one output
#include "../../runtime/train/train_step.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/data/batches.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::dense<1>;
#else
constexpr auto net = etch::input<8> | etch::fork(etch::dense<1>, etch::dense<1>);
#endif
void use(etch::model<net>& model, etch::sgd& optimizer, etch::batch<8> const& batch) {
  etch::train_step<8>(model, optimizer, etch::mse, batch);  // here
}
