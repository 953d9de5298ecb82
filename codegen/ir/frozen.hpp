#pragma once

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
struct frozen_plan : plan_numbers {
  std::array<step, N.steps> steps{};
  std::array<value, N.values> values{};
  std::array<segment, N.segments> segments{};
  std::array<program, N.programs> programs{};
  std::array<contraction, N.windows> windows{};
  std::array<copy_spec, N.boxes> boxes{};
  std::array<int, N.loads> loads{};
  std::array<parameter_place, N.places> places{};
};

namespace detail {

/// A list in an array larger than any plan needs. Compilers keep only what is used of it: the rest
/// is zeros, where default elements would be made one by one.
template <class T>
class roomy_list {
 public:
  static constexpr std::size_t room = 1 << 15;

  constexpr explicit roomy_list(constexpr_list<T> const& from) : size_(from.size()) {
    for (std::size_t i = 0; i < size_; ++i) slots_[i] = {.item = from[i]};
  }

  constexpr std::size_t size() const { return size_; }
  template <std::size_t N>
  constexpr void copy_to(std::array<T, N>& all) const {
    for (std::size_t i = 0; i < N; ++i) all[i] = slots_[i].item;
  }

 private:
  union slot {
    char nothing;
    T item;
  };
  slot slots_[room]{};
  std::size_t size_ = 0;
};

/// A plan has to be known for its sizes to be. So that it need not be made twice, it is made where
/// every plan has room, and copied from there.
struct roomy_plan : plan_numbers {
  constexpr explicit roomy_plan(plan const& p)
      : plan_numbers(p), steps(p.steps), values(p.values), segments(p.segments),
        programs(p.programs), windows(p.windows), boxes(p.boxes), loads(p.loads),
        places(p.places) {}

  constexpr plan_sizes sizes() const {
    return {steps.size(),   values.size(), segments.size(), programs.size(),
            windows.size(), boxes.size(),  loads.size(),    places.size()};
  }

  roomy_list<step> steps;
  roomy_list<value> values;
  roomy_list<segment> segments;
  roomy_list<program> programs;
  roomy_list<contraction> windows;
  roomy_list<copy_spec> boxes;
  roomy_list<int> loads;
  roomy_list<parameter_place> places;
};

// The plan that `Source::make()` gives, made once, in a way by which whether it can be made may be
// asked without an error. It is no local of freeze(), which clang would make once more.
#ifdef __clang__
/// Clang takes a reference for a constant if it can be one.
template <class Source>
inline roomy_plan const& roomy_plan_of = roomy_plan{Source::make()};
template <class Source>
concept can_be_made = requires { typename std::bool_constant<(roomy_plan_of<Source>.samples > 0)>; };
#else
/// g++ remembers what a call gave.
template <class Source>
constexpr roomy_plan make_roomy_plan() {
  return roomy_plan{Source::make()};
}
template <class Source>
inline constexpr roomy_plan roomy_plan_of = make_roomy_plan<Source>();
template <class Source>
concept can_be_made =
    requires { typename std::bool_constant<(make_roomy_plan<Source>().samples > 0)>; };
#endif

}  // namespace detail

/// The plan that `Source::make()` gives, as a constant.
template <class Source>
consteval auto freeze() {
  constexpr detail::roomy_plan const& made = detail::roomy_plan_of<Source>;
  frozen_plan<made.sizes()> f;
  static_cast<plan_numbers&>(f) = made;
  made.steps.copy_to(f.steps);
  made.values.copy_to(f.values);
  made.segments.copy_to(f.segments);
  made.programs.copy_to(f.programs);
  made.windows.copy_to(f.windows);
  made.boxes.copy_to(f.boxes);
  made.loads.copy_to(f.loads);
  made.places.copy_to(f.places);
  return f;
}

}  // namespace etch
