#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "plan.hpp"

namespace etch {

struct plan_sizes {
  std::size_t steps, values, segments, programs, windows, boxes, loads, places;
};
constexpr plan_sizes sizes_of(plan const& p) {
  return {p.steps.size(),   p.values.size(), p.segments.size(), p.programs.size(),
          p.windows.size(), p.boxes.size(),  p.loads.size(),    p.places.size()};
}

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
  int prologue = 0, samples = 1, workspace = 0, derived = 0, parameter_floats = 0;
};

namespace detail {

template <plan_sizes N>
constexpr auto copy_of(plan const& p) {
  frozen_plan<N> f;
  std::copy(p.steps.begin(), p.steps.end(), f.steps.begin());
  std::copy(p.values.begin(), p.values.end(), f.values.begin());
  std::copy(p.segments.begin(), p.segments.end(), f.segments.begin());
  std::copy(p.programs.begin(), p.programs.end(), f.programs.begin());
  std::copy(p.windows.begin(), p.windows.end(), f.windows.begin());
  std::copy(p.boxes.begin(), p.boxes.end(), f.boxes.begin());
  std::copy(p.loads.begin(), p.loads.end(), f.loads.begin());
  std::copy(p.places.begin(), p.places.end(), f.places.begin());
  f.prologue = p.prologue;
  f.samples = p.samples;
  f.workspace = p.workspace;
  f.derived = p.derived;
  f.parameter_floats = p.parameter_floats;
  return f;
}

}  // namespace detail

template <class Source>
inline constexpr plan_sizes plan_sizes_of = sizes_of(Source::make());

/// The plan that `Source::make()` gives, as a constant. It is made twice, first for its sizes, each
/// time within the compiler's limit of steps for one constant.
template <class Source>
constexpr auto freeze() {
  return detail::copy_of<plan_sizes_of<Source>>(Source::make());
}

}  // namespace etch
