#include "train_step.hpp"

#include "../error.hpp"

namespace etch::detail {

void check_batch(std::string_view who, int samples, std::size_t features,
                 feature_rule const& rule, std::size_t targets, int targets_each,
                 int least_samples) {
  if (samples < least_samples && samples > 0)
    throw error(
        "{}: a layer of this network (batch_norm) measures how the values of a batch vary, "
        "which takes at least {} samples; found {}. Let the batch before it take in a rest that is "
        "smaller, as fit does, or leave it out",
        who, least_samples, samples);
  auto const expect = [&](char const* what, std::size_t given, int each) {
    std::size_t const expected = static_cast<std::size_t>(samples) * static_cast<std::size_t>(each);
    if (given != expected)
      throw error("{}: a batch of {} samples needs {} numbers as {}, {} a sample; found {}", who,
                  samples, expected, what, each, given);
  };
  expect(rule.element == element_type::int32 ? "tokens" : "features", features, rule.features);
  expect("targets", targets, targets_each);
}

void for_each_unfrozen(std::span<parameter_place const> places, std::span<bool const> frozen,
                       int offset, int size, function_ref<void(int, int)> f) {
  int const end = offset + size;
  for (std::size_t i = 0; i < places.size(); ++i) {
    int const first = places[i].offset, last = first + places[i].size;
    if (!frozen[i] || last <= offset || first >= end) continue;
    if (first > offset) f(offset, first - offset);
    offset = last;
  }
  if (offset < end) f(offset, end - offset);
}

}  // namespace etch::detail
