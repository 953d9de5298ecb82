// error: this is not a loss, such as etch::mse or etch::cross_entropy
#include "../../runtime/train/train_step.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/data/batches.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net>& model, etch::sgd& optimizer, etch::batch<8> const& batch) {
#ifdef TWIN
  etch::train_step<8>(model, optimizer, etch::mse, batch);
#else
  etch::train_step<8>(model, optimizer, etch::softmax, batch);  // here
#endif
}
