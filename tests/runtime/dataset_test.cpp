#include "../../runtime/data/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <ranges>

#include "../../runtime/data/batches.hpp"
#include "../../runtime/files/file.hpp"
#include "../../runtime/data/mnist.hpp"
#include "catch.hpp"
#include "scratch_folder.hpp"

using etch::dataset;
using etch::shape;

namespace {

/// Features (10 i, 10 i + 1), target i.
dataset counting(int samples) {
  std::vector<float> features, targets;
  for (int i = 0; i < samples; ++i) {
    features.push_back(static_cast<float>(10 * i));
    features.push_back(static_cast<float>(10 * i + 1));
    targets.push_back(static_cast<float>(i));
  }
  return {shape<2>, shape<>, std::move(features), std::move(targets)};
}

std::vector<float> to_vector(std::span<float const> values) {
  return {values.begin(), values.end()};
}

/// An IDX file with these extents and all values the same.
byte_vector idx_file(std::vector<int> const& extents, int value) {
  byte_vector bytes{std::byte{0}, std::byte{0}, std::byte{8},
                    static_cast<std::byte>(extents.size())};
  std::size_t count = 1;
  for (int extent : extents) {
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::byte>(extent >> shift));
    count *= static_cast<std::size_t>(extent);
  }
  bytes.resize(bytes.size() + count, static_cast<std::byte>(value));
  return bytes;
}

template <int Capacity>
std::vector<float> all_targets(etch::batch_range<Capacity> range) {
  std::vector<float> targets;
  for (auto const& batch : range)
    targets.insert(targets.end(), batch.targets().begin(), batch.targets().end());
  return targets;
}

}  // namespace

static_assert(std::ranges::input_range<etch::batch_range<64>>);

TEST_CASE("a dataset gives its samples") {
  auto const data = counting(3);
  CHECK(data.size() == 3);
  CHECK(data.feature_shape() == shape<2>);
  CHECK(data.target_shape() == shape<>);
  CHECK(to_vector(data.features(1)) == std::vector<float>{10, 11});
  CHECK(to_vector(data.targets(2)) == std::vector<float>{2});
  CHECK(data.features().size() == 6);
  CHECK(dataset(shape<2, 2>, shape<3>, {}, {}).size() == 0);
}

TEST_CASE("sizes that do not fit a dataset are an error") {
  auto const message = [](etch::tensor_shape x, etch::tensor_shape y, std::size_t features,
                          std::size_t targets) {
    return message_of([&] {
      dataset(x, y, std::vector<float>(features), std::vector<float>(targets));
    });
  };
  CHECK(message(shape<2, 3>, shape<>, 13, 2) ==
        "dataset: expected features in multiples of 6, the elements of (2, 3), found 13");
  CHECK(message(shape<2, 3>, shape<4>, 12, 7) ==
        "dataset: expected 2 targets of shape (4), 8 numbers, for 2 samples, found 7");
  CHECK(message(shape<2, 0>, shape<>, 0, 0) ==
        "dataset: expected features with 1 to 2147483647 elements, found the shape (2, 0)");
  CHECK(contains(message(shape<2>, shape<-1>, 2, 1), "targets with 1 to 2147483647 elements"));
  CHECK(contains(message({65536, 65536, 65536, 65536}, shape<>, 0, 0), "(65536, 65536, 65536"));
}

TEST_CASE("a dataset holds finite numbers") {
  float const nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  auto const message = [](std::vector<float> features, std::vector<float> targets) {
    return message_of([&] { dataset{shape<2>, shape<>, features, targets}; });
  };
  CHECK(message({1, 2, 3, nan, -nan, 6}, {0, 1, 2}) ==
        "dataset: expected finite numbers as features; 2 of 6 are not, the first is number 3: nan");
  CHECK(message({1, 2, 3, 4}, {0, -infinity}) ==
        "dataset: expected finite numbers as targets; 1 of 2 are not, the first is number 1: -inf");
  std::vector<float> many(5000, std::numeric_limits<float>::max());
  many[4097] = infinity;
  CHECK(contains(message(many, std::vector<float>(2500)), "1 of 5000 are not, the first is number 4097"));
  many[4097] = std::numeric_limits<float>::denorm_min();
  CHECK(message(many, std::vector<float>(2500)) == "nothing was thrown");
}

TEST_CASE("a slice copies some samples") {
  auto const data = counting(5);
  auto const part = data.slice(2, 2);
  CHECK(part.size() == 2);
  CHECK(to_vector(part.features()) == std::vector<float>{20, 21, 30, 31});
  CHECK(to_vector(part.targets()) == std::vector<float>{2, 3});
  CHECK(data.slice(5, 0).size() == 0);
  CHECK(message_of([&] { data.slice(4, 2); }) ==
        "dataset: expected a slice of its 5 samples, found 2 samples from 4");
  CHECK(contains(message_of([&] { data.slice(-1, 2); }), "found 2 samples from -1"));
  CHECK(contains(message_of([&] { data.slice(2'000'000'000, 2'000'000'000); }), "a slice of"));
}

TEST_CASE("a split keeps the last part for validation") {
  auto const [training, validation] = counting(10).split(0.25);
  CHECK(training.size() == 7);
  CHECK(to_vector(validation.targets()) == std::vector<float>{7, 8, 9});
  for (double fraction : {0.0, 1.0, -0.5, 2.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK(contains(message_of([&] { counting(10).split(fraction); }),
                   "dataset: expected a fraction that splits 10 samples into two parts"));
  CHECK(contains(message_of([] { counting(1).split(0.5); }), "splits 1 samples"));
}

TEST_CASE("shuffled batches hold every sample once, features with their targets") {
  auto const data = counting(10);
  etch::random_engine rng{1};
  std::vector<int> sizes;
  std::vector<float> seen;
  auto epoch = etch::batches<4>(data, rng);
  CHECK(epoch.size() == 3);
  for (auto const& batch : epoch) {
    static_assert(std::remove_cvref_t<decltype(batch)>::capacity == 4);
    sizes.push_back(batch.size());
    REQUIRE(batch.features().size() == 2 * static_cast<std::size_t>(batch.size()));
    REQUIRE(batch.targets().size() == static_cast<std::size_t>(batch.size()));
    for (int i = 0; i < batch.size(); ++i) {
      float const target = batch.targets(i)[0];
      seen.push_back(target);
      CHECK(to_vector(batch.features(i)) == std::vector<float>{10 * target, 10 * target + 1});
    }
  }
  CHECK(sizes == std::vector<int>{4, 4, 2});
  CHECK(seen == std::vector<float>{3, 6, 1, 5, 0, 9, 2, 8, 4, 7});  // seed 1, on every machine
  CHECK(all_targets(etch::batches<4>(data, rng)) != seen);  // the next epoch
}

TEST_CASE("a batch size may be known at run time only, and batches may keep the order") {
  auto const data = counting(6);
  etch::random_engine rng{1}, same{1};
  CHECK(all_targets(etch::batches(data, 3, rng)) == all_targets(etch::batches<5>(data, same)));
  CHECK(all_targets(etch::batches(data, 4)) == std::vector<float>{0, 1, 2, 3, 4, 5});
  CHECK(all_targets(etch::batches<100>(data)) == std::vector<float>{0, 1, 2, 3, 4, 5});
  auto whole = etch::batches<6>(data);
  CHECK(whole.size() == 1);
  CHECK(whole.begin()->features().data() == data.features().data());  // not copied
  CHECK(message_of([&] { etch::batches(data, 0, rng); }) ==
        "batches: expected at least 1 sample, found 0");

  auto const none = counting(0);
  CHECK(etch::batches<4>(none, rng).size() == 0);
  CHECK(all_targets(etch::batches<4>(none, rng)).empty());
}

TEST_CASE("MNIST files become a dataset") {
  scratch_folder const folder;
  etch::write_file_atomically(folder / "t10k-images-idx3-ubyte", idx_file({3, 28, 28}, 51));
  etch::write_file_atomically(folder / "t10k-labels-idx1-ubyte", idx_file({3}, 7));
  auto const data = etch::load_mnist(folder.path, "t10k");
  CHECK(data.size() == 3);
  CHECK(data.feature_shape() == shape<28, 28, 1>);
  CHECK(std::ranges::all_of(data.features(), [](float pixel) { return pixel == 0.2f; }));
  CHECK(to_vector(data.targets()) == std::vector<float>{7, 7, 7});
}

TEST_CASE("everything that is wrong with MNIST files is one error") {
  scratch_folder const folder;
  auto const message = [&] { return message_of([&] { etch::load_mnist(folder.path, "train"); }); };
  auto const images = folder / "train-images-idx3-ubyte";
  auto const labels = folder / "train-labels-idx1-ubyte";
  CHECK(message() == etch::filled("mnist: 2 problems in {}:\n  {}: missing, and so is {}.gz\n"
                                 "  {}: missing, and so is {}.gz",
                                 folder.path.string(), images.string(), "train-images-idx3-ubyte",
                                 labels.string(), "train-labels-idx1-ubyte"));
  etch::write_file_atomically(images, bytes_of("junk"));
  CHECK(contains(message(), "2 problems"));
  CHECK(contains(message(), images.string() + ", byte 0: expected the bytes 00 00"));

  etch::write_file_atomically(images, idx_file({3, 28, 27}, 0));
  etch::write_file_atomically(labels, idx_file({4}, 10));
  CHECK(contains(message(), "3 problems"));
  CHECK(contains(message(), "expected extents (count, 28, 28), found (3, 28, 27)"));
  CHECK(contains(message(), "expected 3 labels, one for each image, found 4"));
  CHECK(contains(message(), "expected labels from 0 to 9, found 10 at index 0"));

  etch::write_file_atomically(images, idx_file({784}, 0));
  etch::write_file_atomically(labels, idx_file({784, 1}, 0));
  CHECK(contains(message(), "found (784)"));
  CHECK(contains(message(), "expected extents (count), found (784, 1)"));

  CHECK(message_of([&] { etch::load_mnist(folder.path, "test"); }) ==
        "mnist: expected the part \"train\" or \"t10k\", found \"test\"");
}

TEST_CASE("MNIST files that one may not read are not called missing") {
  scratch_folder const folder;
  auto const files = folder / "files";
  auto const message = [&](std::filesystem::path const& where) {
    return message_of([&] { etch::load_mnist(where, "train"); });
  };
  rights_of_a_user const rights{folder};
  if (!rights.given()) return skip("root may read everything");
  std::filesystem::create_directory(files);
  std::filesystem::permissions(files, std::filesystem::perms::none);
  auto const images = (files / "train-images-idx3-ubyte").string();
  CHECK(contains(message(files), images + ": cannot be read: Permission denied"));
  std::filesystem::permissions(files, std::filesystem::perms::owner_all);

  etch::write_file_atomically(images, bytes_of("junk"));
  std::filesystem::permissions(images, std::filesystem::perms::none);
  CHECK(contains(message(files), images + ": cannot be read: Permission denied"));
  CHECK(contains(message(images), images + "/train-images-idx3-ubyte: cannot be read: Not a "));
}

TEST_CASE("the real MNIST has its known counts and mean") {
  char const* const root = std::getenv("ETCH_DATA");
  if (root == nullptr) return skip("ETCH_DATA is not set");
  auto const folder = std::filesystem::path{root} / "mnist";
  if (!std::filesystem::exists(folder)) return skip(folder.string() + " does not exist");
#if !defined(ETCH_HAVE_ZLIB) || !ETCH_HAVE_ZLIB
  if (!std::filesystem::exists(folder / "train-images-idx3-ubyte"))
    return skip("the files are in gzip, and this build has no zlib");
#endif

  auto const [training, validation] = etch::load_mnist(folder, "train").split(0.1);
  CHECK(training.size() == 54'000);
  CHECK(validation.size() == 6'000);
  auto const test = etch::load_mnist(folder, "t10k");
  CHECK(test.size() == 10'000);
  CHECK(to_vector(test.targets().first(5)) == std::vector<float>{7, 2, 1, 0, 4});
  auto const pixels = test.features();
  CHECK(std::accumulate(pixels.begin(), pixels.end(), 0.0) / static_cast<double>(pixels.size()) ==
        Approx(0.1325).margin(1e-3));
}
