// error: etch: train_step, fit, predict and evaluate take a network with one input and one output
#include "../../runtime/train/fit.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

constexpr auto net = etch::input<4>
#ifdef TWIN
                   | etch::dense<2>;
#else
                   | etch::fork(etch::dense<2>, etch::dense<1>);
#endif
void use(etch::model<net>& model, etch::sgd& optimizer, etch::dataset const& data) {
  etch::fit(model, optimizer, etch::mse, data);  // here
}
