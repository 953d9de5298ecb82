// error: etch: behind the loss stands a batch, .*etch::batch<0>\{count, x, y\}
#include "../../runtime/train/fit.hpp"
#include "../../dsl/layers/dense.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net>& model, etch::sgd& optimizer, std::vector<float> const& x) {
#ifdef TWIN
  std::vector<float> const y(2 * x.size() / 4);
  etch::train_step(model, optimizer, etch::mse,
                   etch::batch<0>{static_cast<int>(x.size() / 4), x, y});
#else
  etch::train_step(model, optimizer, etch::mse, x);  // here
#endif
}
