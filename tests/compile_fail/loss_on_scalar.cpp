// error: etch::the_loss, etch::declared_as<etch::losses::cross_entropy>
// error: etch::expects<etch::at_least_one_axis>, etch::given<etch::extents<>>
// error: a scalar is given where at least one axis is taken
#include "../../runtime/train/train_step.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/data/batches.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::dense<1>;
#else
constexpr auto net = etch::input<8> | etch::dense<1> | etch::reshape<>;
#endif
void use(etch::model<net>& model, etch::sgd& optimizer, etch::batch<8> const& batch) {
  etch::train_step<8>(model, optimizer, etch::cross_entropy, batch);  // here
}
