// error: options: epochs batch_size shuffle validation_split threads seed show
#include "../../runtime/train/fit.hpp"
#include "../../dsl/layers/dense.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net>& model, etch::sgd& optimizer, etch::dataset const& data) {
#ifdef TWIN
  etch::fit(model, optimizer, etch::mse, data, {.epochs = 5});
#else
  etch::fit(model, optimizer, etch::mse, data, {.epoch = 5});  // here
#endif
}
