#include "dataset.hpp"

#include <cstdint>
#include <limits>
#include <numeric>

#include "../error.hpp"
#include "../numbers.hpp"

namespace etch {

namespace {

/// The elements of a sample. Throws `error` unless they are between 1 and the largest int.
std::size_t elements_of_sample(tensor_shape const& shape, char const* what) {
  std::int64_t elements = 1;
  for (int axis = 0; axis < shape.rank; ++axis) {
    elements *= shape[axis];
    if (shape[axis] < 1 || elements > std::numeric_limits<int>::max())
      throw error("dataset: expected {} with 1 to 2147483647 elements, found the shape {}", what,
                  shape_text(shape));
  }
  return static_cast<std::size_t>(elements);
}

/// Throws `error` for one that is no float.
std::vector<float> as_floats(std::vector<std::int32_t> const& values) {
  constexpr std::int32_t most = 1 << 24;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < -most || values[i] > most)
      throw error("dataset: expected whole targets from {} to {}; number {} is {}", -most, most, i,
                  values[i]);
  return {values.begin(), values.end()};
}

}  // namespace

dataset::dataset(tensor_shape feature_shape, tensor_shape target_shape, std::vector<float> features,
                 std::vector<float> targets)
    : dataset(feature_shape, target_shape, column{std::move(features)},
              column{std::move(targets)}) {}

dataset::dataset(tensor_shape feature_shape, tensor_shape target_shape, column features,
                 column targets)
    : feature_shape_(feature_shape),
      target_shape_(target_shape),
      feature_elements_(elements_of_sample(feature_shape, "features")),
      target_elements_(elements_of_sample(target_shape, "targets")),
      feature_element_(features.element),
      features_(std::move(features.numbers)),
      tokens_(std::move(features.whole)),
      targets_(targets.element == element_type::int32 ? as_floats(targets.whole)
                                                      : std::move(targets.numbers)) {
  std::size_t const given = features_.size() + tokens_.size();
  std::size_t const samples = given / feature_elements_;
  if (given % feature_elements_ != 0)
    throw error("dataset: expected features in multiples of {}, the elements of {}, found {}",
                feature_elements_, shape_text(feature_shape), given);
  if (samples > std::numeric_limits<int>::max())
    throw error("dataset: expected at most 2147483647 samples, found {}", samples);
  if (targets_.size() != samples * target_elements_)
    throw error("dataset: expected {} targets of shape {}, {} numbers, for {} samples, found {}",
                samples, shape_text(target_shape), samples * target_elements_, samples,
                targets_.size());
  detail::check_finite("dataset", features_, "features");
  detail::check_finite("dataset", targets_, "targets");
  size_ = static_cast<int>(samples);
}

dataset dataset::slice(int first, int count) const {
  if (first < 0 || count < 0 || first > size_ - count)
    throw error("dataset: expected a slice of its {} samples, found {} samples from {}", size_,
                count, first);
  auto const part = [](auto all) { return std::vector(all.begin(), all.end()); };
  std::vector<float> y = part(targets(first, count));
  if (feature_element_ == element_type::int32)
    return {feature_shape_, target_shape_, part(tokens(first, count)), std::move(y)};
  return {feature_shape_, target_shape_, part(features(first, count)), std::move(y)};
}

std::pair<dataset, dataset> dataset::split(double fraction) const {
  double const kept = fraction > 0 && fraction < 1 ? size_ * (1 - fraction) : 0;
  int const training = static_cast<int>(kept);
  if (training < 1 || training >= size_)
    throw error("dataset: expected a fraction that splits {} samples into two parts, found {}",
                size_, fraction);
  return {slice(0, training), slice(training, size_ - training)};
}

std::vector<int> dataset::shuffled_order(random_engine& rng) const {
  std::vector<int> order(to_size(size_));
  std::iota(order.begin(), order.end(), 0);
  rng.shuffle(order);
  return order;
}

}  // namespace etch
