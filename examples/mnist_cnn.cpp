// A convolutional network on MNIST, with Adam: about 99.1 % of the test images after 5 epochs.
#include <etch/etch.hpp>
#include <fmt/format.h>

#include "digits.hpp"

constexpr auto cnn = etch::input<28, 28, 1>  // (height, width, channels)
                     | etch::conv2d<32, 3> | etch::relu | etch::max_pool2d<2>
                     | etch::conv2d<64, 3> | etch::relu | etch::max_pool2d<2>
                     | etch::conv2d<64, 3> | etch::relu
                     | etch::flatten | etch::dense<64> | etch::relu | etch::dense<10>;
static_assert(cnn.output_shape() == etch::shape<10>);
static_assert(etch::cost<cnn>.parameters == 93'322);

int main(int argc, char** argv) {
  options o{argc, argv, "Trains a convolutional network on MNIST, or on digits it draws."};
  std::string const mnist = o.text("mnist", "DIR", "the folder of the MNIST files, plain or .gz");
  std::string const weights = o.text("save", "FILE", "where the weights go, as .safetensors");
  std::string const embedded = o.text("save-embedded", "FILE", "and as etch-embed links them");
  int const epochs = o.number("epochs", 5, "how often it sees each sample");
  int const threads = threads_option(o);
  auto const seed = o.seed();
  o.finish();
  try {
    check_places({weights, embedded});
    auto const [train, test] = load_digits(mnist, 2000);
    etch::model<cnn> model{etch::seed{seed}};
    etch::adam optimizer{{.learning_rate = 1e-3f}};
    etch::fit(model, optimizer, etch::cross_entropy, train,
              {.epochs = epochs, .batch_size = 64, .threads = threads, .seed = seed});

    if (!weights.empty()) etch::save(model, weights);
    if (!embedded.empty()) etch::save_embedded(model, embedded);
    auto const result = etch::evaluate(model, etch::cross_entropy, test);
    fmt::print("test loss {:.4f}\n", result.loss);
    fmt::print("test accuracy {:.4f} ({} of {})\n", result.accuracy(), result.correct,
               result.samples);
    return o.done();
  } catch (etch::error const& e) {
    return o.fail(e.what());
  }
}
