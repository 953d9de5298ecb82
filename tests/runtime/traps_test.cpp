// A program that traps floating-point exceptions lives through training and inference: nothing is
// computed but of numbers that count.

#include "catch.hpp"

#include <cfenv>
#include <cmath>
#include <vector>

#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/train/evaluate.hpp"
#include "../../runtime/train/fit.hpp"
#include "../../runtime/train/optimizers/adam.hpp"

#if defined(__GLIBC__) && defined(__x86_64__)

using namespace etch;

namespace {

/// Exceptions stop the program, in threads too that begin meanwhile.
struct trapping {
  trapping() {
    std::feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
  }
  ~trapping() { fedisableexcept(FE_ALL_EXCEPT); }
};

dataset data_of(tensor_shape features, tensor_shape targets, int samples, int classes) {
  std::vector<float> x, y;
  for (int i = 0; i < samples * features.elements(); ++i)
    x.push_back(3 * std::sin(1.7f * static_cast<float>(i)));
  for (int i = 0; i < samples * targets.elements(); ++i)
    y.push_back(classes > 0 ? static_cast<float>(i % classes) : std::cos(static_cast<float>(i)));
  return {features, targets, x, y};
}

template <auto Net, class Loss>
void check(Loss loss, int classes) {
  dataset const data =
      data_of(Net.input_shape(), Loss::target_rule(Net.output_shape()).shape, 23, classes);
  model<Net> m{seed{1}};
  adam optimizer;
  evaluation after;
  {
    trapping const host;
    for (int threads : {1, 2})
      fit(m, optimizer, loss, data,
          {.epochs = 2, .batch_size = 7, .threads = threads, .show = verbosity::silent});
    after = evaluate(m, loss, data);
    workspace<Net, 5> memory;
    std::vector<float> y(static_cast<std::size_t>(23 * Net.output_shape().elements()));
    m.forward_batch(memory, {data.features(0, 23).data()}, {y.data()}, 23);
  }
  CHECK(std::isfinite(after.loss));
}

}  // namespace

TEST_CASE("exceptions can be trapped in networks of odd sizes") {
  // samples in the lanes of vectors, and sizes that fill no vector
  check<input<4> | dense<9> | elu<> | dense<5>>(cross_entropy, 5);
  check<input<3> | dense<5> | layer_norm | softsign | dense<2> | softmax>(mse, 0);
  check<input<7, 6, 3> | conv2d<5, 3, same> | batch_norm | softplus | max_pool2d<2> | dropout<0.3> |
        avg_pool2d<2, same> | flatten | dense<13> | selu | dense<3>>(cross_entropy, 3);
  check<input<5, 11> | layer_norm | dense<19> | gelu | log_softmax | mean_pool | dense<1> | celu<>>(
      huber<>, 0);
}

#endif
