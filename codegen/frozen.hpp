#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "plan.hpp"

namespace etch {

struct plan_sizes {
  std::size_t steps, values, segments, programs, windows, boxes, loads, places;

  constexpr bool operator==(plan_sizes const&) const = default;
};

/// A plan in arrays of its own size, so that it can be a constant.
template <plan_sizes N>
struct frozen_plan {
  std::array<step, N.steps> steps{};
  std::array<value, N.values> values{};
  std::array<segment, N.segments> segments{};
  std::array<program, N.programs> programs{};
  std::array<contraction, N.windows> windows{};
  std::array<copy_spec, N.boxes> boxes{};
  std::array<int, N.loads> loads{};
  std::array<parameter_place, N.places> places{};
  int prologue = 0, samples = 1, workspace = 0, shared = 0, derived = 0, parameter_floats = 0;
  bool whole_batch = false;
  int batch = 0, shared_batch = 0, least_samples = 1;
};

namespace detail {

constexpr plan_sizes sizes_of(plan const& p) {
  return {p.steps.size(),   p.values.size(), p.segments.size(), p.programs.size(),
          p.windows.size(), p.boxes.size(),  p.loads.size(),    p.places.size()};
}

/// The first `used` entries of each list of `p`.
template <plan_sizes N, class Plan>
constexpr auto copy_of(Plan const& p, plan_sizes used) {
  frozen_plan<N> f;
  std::copy_n(p.steps.begin(), used.steps, f.steps.begin());
  std::copy_n(p.values.begin(), used.values, f.values.begin());
  std::copy_n(p.segments.begin(), used.segments, f.segments.begin());
  std::copy_n(p.programs.begin(), used.programs, f.programs.begin());
  std::copy_n(p.windows.begin(), used.windows, f.windows.begin());
  std::copy_n(p.boxes.begin(), used.boxes, f.boxes.begin());
  std::copy_n(p.loads.begin(), used.loads, f.loads.begin());
  std::copy_n(p.places.begin(), used.places, f.places.begin());
  f.prologue = p.prologue;
  f.samples = p.samples;
  f.workspace = p.workspace;
  f.shared = p.shared;
  f.derived = p.derived;
  f.parameter_floats = p.parameter_floats;
  f.whole_batch = p.whole_batch;
  f.batch = p.batch;
  f.shared_batch = p.shared_batch;
  f.least_samples = p.least_samples;
  return f;
}

/// A plan has to be known for its sizes to be. So that it need not be made twice, it is made in
/// arrays that have room for most networks.
struct roomy_plan {
  static constexpr plan_sizes room{.steps = 1024,
                                   .values = 1024,
                                   .segments = 256,
                                   .programs = 256,
                                   .windows = 128,
                                   .boxes = 64,
                                   .loads = 2048,
                                   .places = 256};

  constexpr explicit roomy_plan(plan const& p)
      : used(sizes_of(p)), is_countable(p.workspace >= 0) {
    fits = used.steps <= room.steps && used.values <= room.values &&
           used.segments <= room.segments && used.programs <= room.programs &&
           used.windows <= room.windows && used.boxes <= room.boxes && used.loads <= room.loads &&
           used.places <= room.places;
    if (fits) made = copy_of<room>(p, used);
  }

  plan_sizes used;
  bool is_countable;
  bool fits = false;
  frozen_plan<room> made;
};

}  // namespace detail

template <class Source>
inline constexpr detail::roomy_plan roomy_plan_of{Source::make()};

/// The plan that `Source::make()` gives, as a constant.
template <class Source>
constexpr auto freeze() {
  constexpr plan_sizes used = roomy_plan_of<Source>.used;
  static_assert(roomy_plan_of<Source>.is_countable,
                "etch: this network computes in more than 2^31 floats (8 GB); let it compute fewer "
                "samples at once, or make its layers smaller");
  if constexpr (roomy_plan_of<Source>.fits)
    return detail::copy_of<used>(roomy_plan_of<Source>.made, used);
  else
    return detail::copy_of<used>(Source::make(), used);
}

}  // namespace etch
