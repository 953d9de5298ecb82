// error: etch: this is not a loss, such as etch::mse or etch::cross_entropy
#include "../../runtime/train/fit.hpp"
#include "../../dsl/layers/dense.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net>& model, etch::sgd& optimizer, etch::dataset const& data) {
#ifdef TWIN
  etch::fit(model, optimizer, etch::mse, data);
#else
  etch::fit(model, optimizer, data);  // here
#endif
}
