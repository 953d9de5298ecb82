// error: etch: train_step takes a model, an optimizer, a loss and a batch
#include "../../runtime/train/fit.hpp"
#include "../../dsl/layers/dense.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net>& model, etch::sgd& optimizer, etch::dataset const& data) {
#ifdef TWIN
  etch::train_step(model, optimizer, etch::mse, data);
#else
  etch::train_step(model, optimizer, data);  // here
#endif
}
