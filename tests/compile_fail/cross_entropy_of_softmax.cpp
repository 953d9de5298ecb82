// error: etch: this loss takes logits and makes probabilities of them itself
#include "../../runtime/train/train_step.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/data/batches.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::dense<4>;
#else
constexpr auto net = etch::input<8> | etch::dense<4> | etch::softmax;
#endif
void use(etch::model<net>& model, etch::sgd& optimizer, etch::batch<8> const& batch) {
  etch::train_step<8>(model, optimizer, etch::cross_entropy, batch);  // here
}
