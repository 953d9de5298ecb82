#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../dsl/shape.hpp"
#include "random.hpp"

namespace etch {

namespace detail {
template <class T>
inline constexpr bool is_whole_number = std::is_same_v<T, std::int32_t>;
}  // namespace detail

/// Samples for training: a value that owns its features (samples, feature_shape...) and targets
/// (samples, target_shape...), each contiguous. Features are numbers, or tokens for a network that
/// begins with etch::tokens. The target of a class is its index, a scalar (`shape<>`).
class dataset {
 public:
  /// Throws `error` if a vector does not hold a whole number of samples, if their counts differ, or
  /// if a number is infinite or NaN.
  dataset(tensor_shape feature_shape, tensor_shape target_shape, std::vector<float> features,
          std::vector<float> targets);
  /// The same of whole numbers: features that are std::int32_t are tokens, targets are as good as
  /// floats, which hold those from -2^24 to 2^24; others are an `error`. That a token has a row in a
  /// network's table is checked where data and network meet.
  template <class Feature = float, class Target = float>
    requires(detail::is_whole_number<Feature> || detail::is_whole_number<Target>)
  dataset(tensor_shape feature_shape, tensor_shape target_shape, std::vector<Feature> features,
          std::vector<Target> targets)
      : dataset(feature_shape, target_shape, column{std::move(features)},
                column{std::move(targets)}) {}

  /// The number of samples.
  int size() const { return size_; }
  tensor_shape const& feature_shape() const { return feature_shape_; }
  tensor_shape const& target_shape() const { return target_shape_; }

  element_type feature_element() const { return feature_element_; }

  std::span<float const> features() const { return features_; }
  std::span<std::int32_t const> tokens() const { return tokens_; }  // instead of features
  std::span<float const> targets() const { return targets_; }
  /// One sample, i in [0, size()).
  std::span<float const> features(int i) const { return features(i, 1); }
  std::span<float const> targets(int i) const { return targets(i, 1); }
  /// The samples first, ..., first + count - 1, one after the other.
  std::span<float const> features(int first, int count) const {
    return features().subspan(to_size(first) * feature_elements_,
                              to_size(count) * feature_elements_);
  }
  std::span<std::int32_t const> tokens(int first, int count) const {
    return tokens().subspan(to_size(first) * feature_elements_,
                            to_size(count) * feature_elements_);
  }
  std::span<float const> targets(int first, int count) const {
    return targets().subspan(to_size(first) * target_elements_, to_size(count) * target_elements_);
  }

  /// A copy of the samples first, ..., first + count - 1. Throws `error` if they do not exist.
  dataset slice(int first, int count) const;

  /// (training, validation): the last `fraction` of the samples validates, so shuffle sorted data
  /// first. Throws `error` if either part would be empty. Source: Keras, `validation_split`.
  std::pair<dataset, dataset> split(double fraction) const;

  /// 0, ..., size() - 1 in random order.
  std::vector<int> shuffled_order(random_engine& rng) const;

 private:
  /// Numbers of one type or the other.
  struct column {
    explicit column(std::vector<float> values) : numbers(std::move(values)) {}
    explicit column(std::vector<std::int32_t> values)
        : whole(std::move(values)), element(element_type::int32) {}
    std::vector<float> numbers{};
    std::vector<std::int32_t> whole{};
    element_type element = element_type::float32;
  };
  dataset(tensor_shape feature_shape, tensor_shape target_shape, column features, column targets);

  static std::size_t to_size(int count) { return static_cast<std::size_t>(count); }

  tensor_shape feature_shape_, target_shape_;
  std::size_t feature_elements_, target_elements_;
  element_type feature_element_;
  std::vector<float> features_;
  std::vector<std::int32_t> tokens_;  // the one or the other
  std::vector<float> targets_;
  int size_ = 0;
};

}  // namespace etch
