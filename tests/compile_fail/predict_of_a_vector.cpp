// error: etch: predict takes a model and a dataset
// error: forward_batch\(workspace, x, y\) takes a std::vector
#include "../../runtime/train/evaluate.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net> const& model, std::vector<float> const& x) {
#ifdef TWIN
  etch::workspace<net, 8> workspace;
  std::vector<float> y(x.size() / 2);
  model.forward_batch(workspace, x, y);
#else
  std::vector<float> y = etch::predict(model, x);  // here
#endif
}
