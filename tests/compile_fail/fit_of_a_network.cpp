// error: etch: this takes a model, which holds the weights of a network: etch::model<net> model
#include "../../runtime/train/fit.hpp"
#include "../../dsl/layers/dense.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::sgd& optimizer, etch::dataset const& data) {
#ifdef TWIN
  etch::model model{net};
  etch::fit(model, optimizer, etch::mse, data);
#else
  etch::fit(net, optimizer, etch::mse, data);  // here
#endif
}
