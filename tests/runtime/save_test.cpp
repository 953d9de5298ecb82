// Weights in files, by their names; safetensors_test has the format itself.

#include "catch.hpp"

#include <unistd.h>

#include <cmath>
#include <limits>

#include "../../dsl/layers.hpp"
#include "../../runtime/files/file.hpp"
#include "../../runtime/files/safetensors.hpp"
#include "../../runtime/infer/save.hpp"
#include "scratch_folder.hpp"

namespace {

using namespace etch;

// Odd sizes, so that the panels in memory are not what a file holds.
constexpr auto net =
    input<6, 5, 3> | conv2d<5, kernel<3, 2>> | batch_norm | relu | flatten | dense<7>;
constexpr std::size_t input_size = 6 * 5 * 3;

std::vector<float> weights_of(model<net> const& m) {
  return {m.weights(), m.weights() + facts<net>::weight_floats};
}

/// Every parameter is drawn; the states too, which are then not those of a new model.
model<net> drawn(std::uint64_t seed) {
  model<net> m;
  random_engine rng{seed};
  for (parameter_info const& info : parameters<net>()) {
    std::vector<float> values(static_cast<std::size_t>(info.shape.elements()));
    for (float& v : values) v = 0.1f + rng.uniform();  // a variance is positive
    set(m, info.name.view(), values);
  }
  return m;
}

std::array<float, 7> output(model<net> const& m) {
  std::array<float, input_size> x;
  random_engine rng{9};
  for (float& v : x) v = rng.uniform() - 0.5f;
  return m.forward(x);
}

/// The records of a file that fits.
std::vector<tensor_record> records_of(scratch_folder const& folder, model<net> const& m) {
  save(m, folder / "records");
  return read_safetensors(folder / "records");
}

std::size_t index_of(std::vector<tensor_record> const& records, std::string_view name) {
  std::size_t i = 0;
  while (records.at(i).name != name) ++i;
  return i;
}

}  // namespace

TEST_CASE("what is loaded is what was saved") {
  scratch_folder const folder;
  model<net> const saved = drawn(1);
  save(saved, folder / "weights.safetensors");
  CHECK(folder.files() == 1);

  model<net> loaded = drawn(2);
  REQUIRE(output(loaded) != output(saved));
  load(loaded, folder / "weights.safetensors");
  CHECK(weights_of(loaded) == weights_of(saved));
  CHECK(output(loaded) == output(saved));
  for (parameter_info const& info : parameters<net>())
    CHECK(get(loaded, info.name.view()) == get(saved, info.name.view()));
}

TEST_CASE("what is loaded are other parameters for an optimizer, if a file fits") {
  scratch_folder const folder;
  save(drawn(1), folder / "weights");
  model<net> m;
  auto const number = m.identity().number();
  CHECK(m.identity().number() == number);
  CHECK(contains(message_of([&] { load(m, folder / "nowhere"); }), "nowhere"));
  set(m, "dense_1.bias", std::array{0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f});
  CHECK(m.identity().number() == number);
  load(m, folder / "weights");
  CHECK(m.identity().number() != number);
}

TEST_CASE("the file has the names, shapes and standard layout of the parameters") {
  scratch_folder const folder;
  model<net> const m = drawn(1);
  auto const records = records_of(folder, m);
  REQUIRE(records.size() == 8);
  for (tensor_record const& record : records) CHECK(record.values == get(m, record.name));
  auto const& kernel = records[index_of(records, "conv2d_1.weight")];
  CHECK(kernel.shape == decltype(kernel.shape){5, 3, 2, 3});
  auto const& mean = records[index_of(records, "batch_norm_1.running_mean")];
  CHECK(mean.shape == decltype(mean.shape){5});
}

TEST_CASE("the order of the tensors in a file does not matter") {
  scratch_folder const folder;
  auto records = records_of(folder, drawn(1));
  std::ranges::reverse(records);
  write_safetensors(folder / "reversed", records);
  model<net> m;
  load(m, folder / "reversed");
  CHECK(weights_of(m) == weights_of(drawn(1)));
}

TEST_CASE("running statistics are loaded, and what inference makes of them is renewed") {
  scratch_folder const folder;
  auto records = records_of(folder, drawn(1));
  auto& variance = records[index_of(records, "batch_norm_1.running_var")].values;
  for (float& v : variance) v *= 100;
  write_safetensors(folder / "other", records);

  model<net> loaded = drawn(1), expected = drawn(1);
  set(expected, "batch_norm_1.running_var", variance);
  REQUIRE(output(expected) != output(loaded));
  load(loaded, folder / "other");
  CHECK(output(loaded) == output(expected));
}

TEST_CASE("one error lists all that does not fit, and the model stays as it was") {
  scratch_folder const folder;
  auto records = records_of(folder, drawn(1));
  records[index_of(records, "dense_1.bias")].name = "dense_9.bias";
  records.erase(records.begin() +
                static_cast<std::ptrdiff_t>(index_of(records, "batch_norm_1.gamma")));
  records[index_of(records, "conv2d_1.weight")].shape = {5, 2, 3, 3};
  auto& weight = records[index_of(records, "dense_1.weight")];
  weight.shape[0] = 6;
  weight.values.resize(weight.values.size() / 7 * 6);
  auto const path = folder / "wrong";
  write_safetensors(path, records);

  model<net> m = drawn(2);
  auto const before = weights_of(m);
  auto const first_output = output(m);
  CHECK(message_of([&] { load(m, path); }) ==
        path.string() +
            " does not fit the network:\n"
            "  misshapen: conv2d_1.weight: expected (5, 3, 2, 3), found (5, 2, 3, 3)\n"
            "  missing: batch_norm_1.gamma (5)\n"
            "  misshapen: dense_1.weight: expected (7, 80), found (6, 80)\n"
            "  missing: dense_1.bias (7)\n"
            "  unexpected: dense_9.bias (7)");
  CHECK(weights_of(m) == before);
  CHECK(output(m) == first_output);
}

TEST_CASE("a truncated or missing file leaves the model as it was") {
  scratch_folder const folder;
  save(drawn(1), folder / "whole");
  auto const bytes = read_file(folder / "whole");
  model<net> m = drawn(2);
  auto const before = weights_of(m);
  for (std::size_t size :
       {std::size_t{0}, std::size_t{7}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    write_file_atomically(folder / "part", std::span{bytes}.first(size));
    CHECK(contains(message_of([&] { load(m, folder / "part"); }), "part"));
    CHECK(weights_of(m) == before);
  }
  CHECK(contains(message_of([&] { load(m, folder / "nowhere"); }), "nowhere"));
  CHECK(contains(message_of([&] { load(m, folder.path); }), "directory"));
  CHECK(weights_of(m) == before);
}

TEST_CASE("a path that cannot be written is an error and leaves nothing behind") {
  scratch_folder const folder;
  model<net> const m = drawn(1);
  CHECK(contains(message_of([&] { save(m, folder.path); }), "cannot be written"));
  CHECK(contains(message_of([&] { save_embedded(m, folder.path); }), "cannot be written"));
  CHECK(contains(message_of([&] { save(m, folder / "none/weights"); }), "cannot be written"));
  CHECK(folder.files() == 0);

  save(m, folder / "old");
  auto const old = read_file(folder / "old");
  save(drawn(2), folder / "old");  // replaces it as a whole
  CHECK(read_file(folder / "old") != old);
  save(m, folder / "old");
  CHECK(read_file(folder / "old") == old);
}

TEST_CASE("numbers that are not finite are neither written nor read, and their parameters named") {
  scratch_folder const folder;
  float const nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  model<net> m = drawn(1);
  save(m, folder / "good");
  auto records = read_safetensors(folder / "good");
  set(m, "dense_1.bias", std::array{0.0f, nan, 0.0f, infinity, 0.0f, 0.0f, 0.0f});
  set(m, "batch_norm_1.running_var", std::array{1.0f, 1.0f, 1.0f, 1.0f, infinity});
  std::string const why =
      " is not written, for not all parameters are finite numbers:\n"
      "  batch_norm_1.running_var: 1 of 5 are not, the first is number 4: inf\n"
      "  dense_1.bias: 2 of 7 are not, the first is number 1: nan";
  auto const path = (folder / "bad").string();
  CHECK(message_of([&] { save(m, path); }) == "save: " + path + why);
  CHECK(message_of([&] { save_embedded(m, path); }) == "save_embedded: " + path + why);
  m = drawn(1);
  set(m, "batch_norm_1.running_var", std::array{1.0f, 1.0f, 1.0f, 1.0f, -1.0f});
  CHECK(contains(message_of([&] { save_embedded(m, path); }), "whose running_var is below 0"));
  CHECK(folder.files() == 1);

  records[index_of(records, "conv2d_1.weight")].values[5] = -infinity;
  write_safetensors(path, records);
  auto const before = weights_of(m);
  CHECK(message_of([&] { load(m, path); }) ==
        path + " holds numbers that are not finite:\n"
               "  conv2d_1.weight: 1 of 90 are not, the first is number 5: -inf");
  CHECK(std::equal(before.begin(), before.begin() + facts<net>::parameter_floats, m.weights()));
}

TEST_CASE("weights do not replace a file that is read-only") {
  scratch_folder const folder;
  rights_of_a_user const rights{folder};
  if (!rights.given()) return skip("root writes to read-only files");
  save(drawn(1), folder / "old");
  auto const old = read_file(folder / "old");
  std::filesystem::permissions(folder / "old", std::filesystem::perms::owner_read);
  CHECK(contains(message_of([&] { save(drawn(2), folder / "old"); }), "cannot be written"));
  CHECK(read_file(folder / "old") == old);
  CHECK(folder.files() == 1);
}
