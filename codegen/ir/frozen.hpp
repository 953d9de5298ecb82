#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "plan.hpp"

namespace etch {

struct plan_sizes {
  std::size_t steps, values, value_list, segments, repetitions, programs, places, row_stages, kept;

  constexpr bool operator==(plan_sizes const&) const = default;
};

/// A list of known size.
template <std::size_t N>
struct fixed {
  template <class T>
  using list = fixed_list<T, N>;
};

/// A plan in arrays of its own size, so that it can be a constant.
template <plan_sizes N>
struct frozen_plan : plan_numbers, kind_store<step_kinds, fixed<N.kept>> {
  fixed_list<step, N.steps> steps{};
  fixed_list<value, N.values> values{};
  fixed_list<value_id, N.value_list> value_list{};
  fixed_list<segment, N.segments> segments{};
  fixed_list<repetition, N.repetitions> repetitions{};
  fixed_list<program, N.programs> programs{};
  fixed_list<parameter_place, N.places> places{};
  fixed_list<steps::row_stage, N.row_stages> row_stages{};
};

namespace detail {

/// A list in an array larger than any plan needs. Compilers keep only what is used of it: the rest
/// is zeros, where default elements would be made one by one.
template <class T>
class roomy_list {
 public:
  static constexpr std::size_t room = 1 << 15;

  constexpr roomy_list() = default;
  constexpr roomy_list& operator=(constexpr_list<T> const& from) {
    size_ = from.size();
    for (std::size_t i = 0; i < size_; ++i) slots_[i] = {.item = from[i]};
    return *this;
  }

  constexpr std::size_t size() const { return size_; }
  template <std::size_t N>
  constexpr void copy_to(fixed_list<T, N>& all) const {
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

struct roomy {
  template <class T>
  using list = roomy_list<T>;
};

/// A plan has to be known for its sizes to be. So that it need not be made twice, it is made where
/// every plan has room, and copied from there.
struct roomy_plan : plan_numbers, kind_store<step_kinds, roomy> {
  constexpr explicit roomy_plan(plan const& p) : plan_numbers(p) {
    steps = p.steps;
    values = p.values;
    value_list = p.value_list;
    segments = p.segments;
    repetitions = p.repetitions;
    programs = p.programs;
    places = p.places;
    row_stages = p.row_stages;
    kept = p.kept;
  }

  constexpr plan_sizes plan_size() const {
    return {steps.size(),    values.size(), value_list.size(), segments.size(), repetitions.size(),
            programs.size(), places.size(), row_stages.size(), kept.size()};
  }

  roomy_list<step> steps;
  roomy_list<value> values;
  roomy_list<value_id> value_list;
  roomy_list<segment> segments;
  roomy_list<repetition> repetitions;
  roomy_list<program> programs;
  roomy_list<parameter_place> places;
  roomy_list<steps::row_stage> row_stages;
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
  frozen_plan<made.plan_size()> f;
  static_cast<plan_numbers&>(f) = made;
  made.steps.copy_to(f.steps);
  made.values.copy_to(f.values);
  made.value_list.copy_to(f.value_list);
  made.segments.copy_to(f.segments);
  made.repetitions.copy_to(f.repetitions);
  made.programs.copy_to(f.programs);
  made.places.copy_to(f.places);
  made.row_stages.copy_to(f.row_stages);
  made.kept.copy_to(f.kept);
  return f;
}

}  // namespace etch
