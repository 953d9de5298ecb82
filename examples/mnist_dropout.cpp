// Dropout, a validation split, and a model that is saved and read back: about 98.8 % of MNIST's
// test images after 10 epochs.
#include <unistd.h>

#include <filesystem>

#include <etch/etch.hpp>
#include <fmt/format.h>

#include "digits.hpp"

constexpr auto net = etch::input<28, 28, 1>
                     | etch::conv2d<32, 3> | etch::relu | etch::max_pool2d<2>
                     | etch::flatten | etch::dense<128> | etch::relu
                     | etch::dropout<0.5>  // while it learns; forward and evaluate leave it out
                     | etch::dense<10>;

int main(int argc, char** argv) {
  options o{argc, argv, "Trains with dropout on MNIST, or on digits it draws."};
  std::string const mnist = o.text("mnist", "DIR", "the folder of the MNIST files, plain or .gz");
  std::string const wanted = o.text("save", "FILE", "where the weights stay, as .safetensors");
  int const epochs = o.number("epochs", 10, "how often it sees each sample");
  int const threads = threads_option(o);
  auto const seed = o.seed();
  o.finish();
  try {
    check_places({wanted});
    auto const [train, test] = load_digits(mnist, 2000);
    etch::model<net> model{etch::seed{seed}};
    etch::adam optimizer{{.learning_rate = 1e-3f}};
    auto const history = etch::fit(model, optimizer, etch::cross_entropy, train,
                                   {.epochs = epochs, .batch_size = 64, .validation_split = 0.1,
                                    .threads = threads, .seed = seed});
    etch::epoch_report const* best = &history.front();
    for (auto const& epoch : history)
      if (epoch.validation->accuracy() > best->validation->accuracy()) best = &epoch;
    fmt::print("best validation accuracy {:.4f}, in epoch {}\n", best->validation->accuracy(),
               best->epoch);

    // A second model, with other weights at first, that then answers as the first does.
    std::filesystem::path file = wanted;
    if (wanted.empty())
      file = std::filesystem::temp_directory_path() / fmt::format("{}.safetensors", getpid());
    etch::save(model, file);
    etch::model<net> restored{etch::seed{7}};
    etch::load(restored, file);
    if (wanted.empty()) std::filesystem::remove(file);
    if (etch::predict(restored, test) != etch::predict(model, test))
      return o.fail("the model that was read back gives other outputs", 1);
    fmt::print("saved and read back: the same outputs\n");

    auto const result = etch::evaluate(restored, etch::cross_entropy, test);
    fmt::print("test accuracy {:.4f} ({} of {})\n", result.accuracy(), result.correct,
               result.samples);
    return o.done();
  } catch (etch::error const& e) {
    return o.fail(e.what());
  }
}
