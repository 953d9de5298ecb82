// error: etch: at least 1 sample is computed at once
#include <etch/etch.hpp>

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net>& model, etch::sgd& optimizer, etch::batch<0> const& batch) {
#ifdef TWIN
  etch::train_step<64>(model, optimizer, etch::mse, batch);
#else
  etch::train_step<-64>(model, optimizer, etch::mse, batch);  // here
#endif
}
