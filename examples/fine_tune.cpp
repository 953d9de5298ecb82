// Fine-tuning: a network learns the digits 0 to 4, then its last layers alone learn 5 to 9 from few
// images. Declared frozen, the layers before them take part in no gradient; frozen while the program
// runs, they stay as they are.
#include <algorithm>

#include <etch/etch.hpp>
#include <fmt/format.h>

#include "digits.hpp"

constexpr auto body = etch::conv2d<8, 3> | etch::relu | etch::max_pool2d<2>
                      | etch::conv2d<16, 3> | etch::relu | etch::max_pool2d<2> | etch::flatten;
constexpr auto head = etch::dense<32> | etch::relu | etch::dense<5>;
constexpr auto net = etch::input<28, 28, 1> | body | head;
constexpr auto tuned = etch::input<28, 28, 1> | etch::frozen(body) | head;

// The images whose digit is first, ..., first + 4, which are then the classes 0 to 4.
etch::dataset five_of(etch::dataset const& digits, int first) {
  std::vector<float> images, labels;
  for (int i = 0; i < digits.size(); ++i) {
    float const label = digits.targets(i)[0] - static_cast<float>(first);
    if (label < 0 || label > 4) continue;
    auto const image = digits.features(i);
    images.insert(images.end(), image.begin(), image.end());
    labels.push_back(label);
  }
  return {etch::shape<28, 28, 1>, etch::shape<>, std::move(images), std::move(labels)};
}

int main(int argc, char** argv) {
  options o{argc, argv, "Learns five digits, then five others by its last layers alone."};
  std::string const mnist = o.text("mnist", "DIR", "the folder of the MNIST files, plain or .gz");
  int const epochs = o.number("epochs", 3, "how often it sees each sample");
  int const threads = threads_option(o);
  auto const seed = o.seed();
  o.finish();
  try {
    auto const [train, test] = load_digits(mnist, 2000);
    etch::fit_options const how{.epochs = epochs, .threads = threads, .seed = seed};
    etch::model<net> model{etch::seed{seed}};
    etch::adam optimizer{{.learning_rate = 2e-3f}};
    etch::fit(model, optimizer, etch::cross_entropy, five_of(train, 0), how);

    // The weights of `net` are those of `tuned`; the body of `tuned` never changes.
    etch::model<tuned> other{model};
    etch::dataset const few = five_of(train, 5).slice(0, 200), others = five_of(test, 5);
    etch::adam of_head{{.learning_rate = 2e-3f}};
    double const before = etch::evaluate(other, etch::cross_entropy, others).accuracy();
    etch::fit(other, of_head, etch::cross_entropy, few,
              {.epochs = 5 * epochs, .batch_size = 16, .threads = threads, .seed = seed});
    double const after = etch::evaluate(other, etch::cross_entropy, others).accuracy();
    fmt::print("{}accuracy on the other digits {:.3f}, and after fine-tuning {:.3f}\n",
               etch::summary(other), before, after);
    if (etch::get(other, "conv2d_2.weight") != etch::get(model, "conv2d_2.weight"))
      return o.fail("what is frozen has changed", 1);

    // The same while the program runs: the last layer alone, then all.
    model.freeze("*");
    model.unfreeze("dense_2");
    etch::fit(model, optimizer, etch::cross_entropy, few, how);
    model.unfreeze("*");
    etch::fit(model, optimizer, etch::cross_entropy, few, how);
    return o.done();
  } catch (etch::error const& e) {
    return o.fail(e.what());
  }
}
