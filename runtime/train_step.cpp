#include "train_step.hpp"

#include "error.hpp"

namespace etch::detail {

void check_batch(int samples, std::size_t features, int features_each, std::size_t targets,
                 int targets_each) {
  auto const expect = [&](char const* what, std::size_t given, int each) {
    std::size_t const expected = static_cast<std::size_t>(samples) * static_cast<std::size_t>(each);
    if (given != expected)
      throw error("train_step: a batch of {} samples needs {} numbers as {}, {} a sample; found {}",
                  samples, expected, what, each, given);
  };
  expect("features", features, features_each);
  expect("targets", targets, targets_each);
}

}  // namespace etch::detail
