// error: etch: fit takes a model, an optimizer, a loss and a dataset: etch::fit\(model, optimizer
#include "../../runtime/train/fit.hpp"
#include "../../dsl/layers/dense.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use([[maybe_unused]] etch::model<net>& model, [[maybe_unused]] etch::sgd& optimizer,
         [[maybe_unused]] etch::dataset const& data) {
#ifdef TWIN
  etch::fit(model, optimizer, etch::mse, data, {.epochs = 2});
#else
  etch::fit(model, optimizer, etch::mse);  // here
#endif
}
