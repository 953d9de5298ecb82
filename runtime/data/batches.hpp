#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "dataset.hpp"
#include "../error.hpp"
#include "random.hpp"

namespace etch {

/// Some samples of a dataset, one after the other. `Capacity` is the most samples that a batch of
/// its range has, or 0 if only the running program knows. Valid until the loop advances. Of numbers
/// that lie elsewhere: `etch::batch<0>{count, features, targets}`, or tokens in place of features.
template <int Capacity>
class batch {
 public:
  static constexpr int capacity = Capacity;

  batch() = default;
  batch(int size, std::span<float const> features, std::span<float const> targets)
      : size_(size), features_(features), targets_(targets) {}
  batch(int size, std::span<std::int32_t const> tokens, std::span<float const> targets)
      : size_(size), tokens_(tokens), targets_(targets) {}

  /// The number of samples, at least 1; the last batch of a range may have another than the others.
  int size() const { return size_; }
  std::span<float const> features() const { return features_; }  // (size, feature_shape...)
  std::span<std::int32_t const> tokens() const { return tokens_; }  // instead of features
  std::span<float const> targets() const { return targets_; }    // (size, target_shape...)
  std::span<float const> features(int i) const { return sample(features_, i); }
  std::span<std::int32_t const> tokens(int i) const { return sample(tokens_, i); }
  std::span<float const> targets(int i) const { return sample(targets_, i); }

 private:
  template <class T>
  std::span<T const> sample(std::span<T const> values, int i) const {
    std::size_t const elements = values.size() / static_cast<std::size_t>(size_);
    return values.subspan(static_cast<std::size_t>(i) * elements, elements);
  }

  int size_ = 0;
  std::span<float const> features_;
  std::span<std::int32_t const> tokens_;
  std::span<float const> targets_;
};

/// The batches of one epoch, a single-pass range. Made by `batches`. Refers to the dataset.
template <int Capacity>
class batch_range {
 public:
  /// An empty `order` means the dataset's own, whose batches need no copy. A rest of fewer than
  /// `least` samples joins the batch before it.
  batch_range(dataset const& data, int batch_size, std::vector<int> order, int least = 1)
      : data_(&data), batch_size_(batch_size), least_(least), order_(std::move(order)) {
    if (batch_size < 1) throw error("batches: expected at least 1 sample, found {}", batch_size);
  }

  class iterator {
   public:
    using value_type = batch<Capacity>;
    using difference_type = std::ptrdiff_t;

    explicit iterator(batch_range& range) : range_(&range) { range_->load(first_); }
    value_type const& operator*() const { return range_->current_; }
    value_type const* operator->() const { return &range_->current_; }
    iterator& operator++() {
      first_ += range_->current_.size();
      range_->load(first_);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return first_ == range_->data_->size(); }

   private:
    batch_range* range_;
    int first_ = 0;
  };

  iterator begin() { return iterator{*this}; }
  std::default_sentinel_t end() const { return {}; }

  /// The number of batches.
  int size() const {
    int const whole = data_->size() / batch_size_, rest = data_->size() % batch_size_;
    return whole + (rest != 0 && (rest >= least_ || whole == 0));
  }

 private:
  void load(int first) {
    int const left = data_->size() - first, rest = left - batch_size_;
    int const count = rest >= least_ ? batch_size_ : left;
    bool const tokens = data_->feature_element() == element_type::int32;
    if (order_.empty()) {
      auto const y = data_->targets(first, count);
      if (tokens) current_ = {count, data_->tokens(first, count), y};
      else current_ = {count, data_->features(first, count), y};
      return;
    }
    auto const collect = [&](auto& into, auto sample) {
      into.clear();
      for (int i = first; i < first + count; ++i) {
        auto const values = sample(order_[static_cast<std::size_t>(i)]);
        into.insert(into.end(), values.begin(), values.end());
      }
    };
    collect(targets_, [&](int i) { return data_->targets(i); });
    if (tokens) {
      collect(tokens_, [&](int i) { return data_->tokens(i, 1); });
      current_ = {count, tokens_, targets_};
    } else {
      collect(features_, [&](int i) { return data_->features(i); });
      current_ = {count, features_, targets_};
    }
  }

  dataset const* data_;
  int batch_size_, least_;
  std::vector<int> order_;
  std::vector<float> features_, targets_;
  std::vector<std::int32_t> tokens_;
  batch<Capacity> current_;
};

/// One epoch in batches of `Size` samples, every sample once, in random order:
/// `for (auto const& batch : etch::batches<64>(train, rng))`. The dataset must outlive the range.
template <int Size = 0>
batch_range<Size> batches(dataset const& data, random_engine& rng) {
  static_assert(Size > 0, "etch: a batch has at least 1 sample: batches<64>(data, rng)");
  return {data, Size, data.shuffled_order(rng)};
}

/// The same in the dataset's own order, for evaluation; the batches are not copied.
template <int Size = 0>
batch_range<Size> batches(dataset const& data) {
  static_assert(Size > 0, "etch: a batch has at least 1 sample: batches<64>(data)");
  return {data, Size, {}};
}

/// The same with a batch size that is known at run time; a rest of fewer than `least` samples joins
/// the batch before it. Throws `error` if the batch size is below 1.
inline batch_range<0> batches(dataset const& data, int batch_size, random_engine& rng,
                              int least = 1) {
  return {data, batch_size, data.shuffled_order(rng), least};
}
inline batch_range<0> batches(dataset const& data, int batch_size, int least = 1) {
  return {data, batch_size, {}, least};
}

// A range over a temporary dataset would outlive it.
template <int Size = 0>
batch_range<Size> batches(dataset const&& data, random_engine& rng) = delete;
template <int Size = 0>
batch_range<Size> batches(dataset const&& data) = delete;
batch_range<0> batches(dataset const&& data, int batch_size, random_engine& rng,
                       int least = 1) = delete;
batch_range<0> batches(dataset const&& data, int batch_size, int least = 1) = delete;

}  // namespace etch
