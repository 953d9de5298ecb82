#include "train_step.hpp"

#include "../error.hpp"

namespace etch::detail {

void check_batch(int samples, std::size_t features, int features_each, std::size_t targets,
                 int targets_each, int least_samples) {
  if (samples < least_samples && samples > 0)
    throw error(
        "train_step: a layer of this network (batch_norm) measures how the values of a batch vary, "
        "which takes at least {} samples; found {}. Let the batch before it take in a rest that is "
        "smaller, as fit does, or leave it out",
        least_samples, samples);
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
