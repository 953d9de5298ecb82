// The whole path: draws digits, learns them, shows what it learned, saves the weights, also in the
// form in which embedded.cpp links them. `./bootstrap demo` runs it and then embeds what it saved.
#include <etch/etch.hpp>
#include <fmt/format.h>

#include "digits.hpp"
#include "digits_network.hpp"

// The first two, side by side, in characters that are twice as high as wide.
void show_images(etch::dataset const& images) {
  for (int row = 0; row < 28; row += 2) {
    for (int column = 0; column < 56; ++column) {
      auto const image = images.features(column / 28);
      auto const at = static_cast<std::size_t>(row * 28 + column % 28);
      std::putchar(" .:-=+*#%@"[static_cast<int>((image[at] + image[at + 28]) * 4.99f)]);
    }
    std::putchar('\n');
  }
}

void show_confusion(std::vector<int> const& counts) {
  fmt::print("\n      classified as\ndigit");
  for (int digit = 0; digit < 10; ++digit) fmt::print("{:6}", digit);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i % 10 == 0) fmt::print("\n{:5}", i / 10);
    if (counts[i] == 0) fmt::print("     .");
    else fmt::print("{:6}", counts[i]);
  }
  fmt::print("\n\n");
}

int main(int argc, char** argv) {
  options o{argc, argv, "Draws digits, trains a small network on them, and saves its weights."};
  std::string const mnist = o.text("mnist", "DIR", "a folder of MNIST files, instead of drawing");
  std::string const weights = o.text("save", "FILE", "where the weights go, as .safetensors");
  std::string const embedded = o.text("save-embedded", "FILE", "and as etch-embed links them");
  int const samples = o.number("samples", 20'000, "drawn to learn from", 1000, 1'000'000);
  int const epochs = o.number("epochs", 4, "how often it sees each sample");
  int const threads = threads_option(o);
  auto const seed = o.seed();
  bool const quiet = o.flag("quiet", "only saves");
  o.finish();
  try {
    check_places({weights, embedded});
    auto const [train, test] = load_digits(mnist, samples);
    constexpr auto cost = etch::cost<digits_network>;
    if (!quiet) {
      show_images(train);
      fmt::print("{} images to learn, {} to test; {} parameters, {} multiply-adds per image\n",
                 train.size(), test.size(), cost.parameters, cost.multiply_adds);
    }

    etch::model<digits_network> model{etch::seed{seed}};
    etch::adam optimizer{{.learning_rate = 2e-3f}};
    etch::fit(model, optimizer, etch::cross_entropy, train,
              {.epochs = epochs, .threads = threads, .seed = seed,
               .show = quiet ? etch::verbosity::silent : etch::verbosity::automatic});
    if (!weights.empty()) etch::save(model, weights);
    if (!embedded.empty()) etch::save_embedded(model, embedded);
    if (quiet) return o.done();

    show_confusion(etch::confusion_matrix(etch::predict(model, test), test.targets(), 10));
    for (auto const& file : {weights, embedded})
      if (!file.empty()) fmt::print("saved {}\n", file);
    auto const result = etch::evaluate(model, etch::cross_entropy, test);
    fmt::print("test accuracy {:.4f} ({} of {})\n", result.accuracy(), result.correct,
               result.samples);
    return o.done();
  } catch (etch::error const& e) {
    return o.fail(e.what());
  }
}
