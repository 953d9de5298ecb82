// The update of an optimizer over 100,000 parameters, 1.6 MB with gradient and Adam's moments.
#include <cmath>

#include "../../runtime/train/optimizers/adam.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "kernels.hpp"

namespace benches {
namespace {

constexpr std::size_t count = 100'000;

/// `streams`: arrays that are read and written, beside the gradient, which is read.
template <class Optimizer>
void add(std::string const& name, int streams, Optimizer optimizer,
         std::function<float(float)> first_step) {
  struct data {
    Optimizer optimizer;
    float_buffer p = numbers(count), start = p;
    float_buffer g = numbers(count, 1);
  };
  auto const d = std::make_shared<data>(data{optimizer});
  double const bytes = 4.0 * static_cast<double>(count);
  task t{"update/" + name + "_100k/step",
         {.read = bytes * (streams + 1), .written = bytes * streams}};
  t.footprint = bytes * (streams + 1);
  t.expected = [d, first_step] {
    std::vector<float> p;
    for (std::size_t i = 0; i < count; ++i)
      p.push_back(d->start.data()[i] + first_step(d->g.data()[i]));
    return p;
  };
  add_row(t, "etch", [d] {
    return make_job(
        [d](int) {
          d->optimizer.begin_step(count);
          d->optimizer.template update<native>(d->p.data(), d->g.data(), 0, count, 1.0f);
        },
        [d] { return copy_of(d->p); });
  });
}

}  // namespace

void add_update_rows() {
  add("adam", 3, etch::adam{{.learning_rate = 1e-3f}},
      [](float g) { return -1e-3f * g / (std::abs(g) + 1e-8f); });
  add("sgd", 1, etch::sgd{{.learning_rate = 1e-2f}}, [](float g) { return -1e-2f * g; });
  add("sgd_momentum", 2, etch::sgd{{.learning_rate = 1e-2f, .momentum = 0.9f}},
      [](float g) { return -1e-2f * g; });
}

}  // namespace benches
