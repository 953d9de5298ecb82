#include "mnist.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../error.hpp"
#include "../files/file.hpp"
#include "../files/idx.hpp"

namespace etch {

namespace {

/// Reads `folder/name` or `folder/name.gz`; what goes wrong is added to `problems`.
std::optional<idx_array> find_idx(file_path const& folder, std::string const& name,
                                  std::vector<std::string>& problems) {
  try {
    for (auto const& path : {folder / name, folder / (name + ".gz")})
      if (::access(path.c_str(), F_OK) == 0 || errno != ENOENT) return read_idx(path);
    problems.push_back(filled("{}: missing, and so is {}.gz", (folder / name).string(), name));
  } catch (error const& e) {
    problems.emplace_back(e.what());
  }
  return std::nullopt;
}

}  // namespace

dataset load_mnist(file_path const& folder, std::string_view part) {
  if (part != "train" && part != "t10k")
    throw error("mnist: expected the part \"train\" or \"t10k\", found \"{}\"", part);
  std::vector<std::string> problems;
  auto const name = [&](char const* kind) { return filled("{}-{}-ubyte", part, kind); };
  auto const images = find_idx(folder, name("images-idx3"), problems);
  auto const labels = find_idx(folder, name("labels-idx1"), problems);

  if (images &&
      (images->extents.size() != 3 || images->extents[1] != 28 || images->extents[2] != 28))
    problems.push_back(filled("{}: expected extents (count, 28, 28), found {}", name("images-idx3"),
                              extents_text(images->extents)));
  if (labels && labels->extents.size() != 1)
    problems.push_back(filled("{}: expected extents (count), found {}", name("labels-idx1"),
                              extents_text(labels->extents)));
  if (images && labels && images->extents[0] != labels->extents[0])
    problems.push_back(filled("{}: expected {} labels, one for each image, found {}",
                              name("labels-idx1"), images->extents[0], labels->extents[0]));
  if (labels) {
    auto const& values = labels->values;
    auto const bad = std::find_if(values.begin(), values.end(), [](auto v) { return v > 9; });
    if (bad != values.end())
      problems.push_back(filled("{}: expected labels from 0 to 9, found {} at index {}",
                                name("labels-idx1"), *bad, bad - values.begin()));
  }
  if (!problems.empty()) {
    std::string list;
    for (auto const& problem : problems) list += "\n  " + problem;
    throw error("mnist: {} problem{} in {}:{}", problems.size(), problems.size() == 1 ? "" : "s",
                folder.string(), list);
  }

  return within_memory(folder, [&]() -> dataset {
    std::vector<float> pixels(images->values.size());
    std::transform(images->values.begin(), images->values.end(), pixels.begin(),
                   [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0f; });
    std::vector<float> digits(labels->values.begin(), labels->values.end());
    return {shape<28, 28, 1>, shape<>, std::move(pixels), std::move(digits)};
  });
}

}  // namespace etch
