#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "error.hpp"
#include "model.hpp"

namespace etch {

namespace detail {

/// Calls f(standard index, place in the buffer) for every number of a parameter.
template <class F>
void for_each_number(parameter_info const& info, parameter_place const& place, F f) {
  if (place.packed)
    for_each_weight(place.window, [&](int standard, int at) { f(standard, place.offset + at); });
  else
    for (int i = 0; i < info.shape.elements(); ++i) f(i, place.offset + i);
}

template <auto Net>
std::size_t find_parameter(std::string_view name) {
  auto const& all = facts<Net>::parameters;
  std::string known;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name.view() == name) return i;
    known += filled("{}{}", i == 0 ? "" : ", ", all[i].name.view());
  }
  throw error("the network has no parameter '{}'; it has: {}", name, known);
}

}  // namespace detail

/// The names, shapes and kinds of a network's parameters, in their order.
template <auto Net>
std::span<parameter_info const> parameters() {
  return facts<Net>::parameters;
}

/// The numbers of a parameter, row-major in its standard shape whatever the layout in memory.
/// Throws `error` when there is none of that name.
template <auto Net, class Arch>
std::vector<float> get(model<Net, Arch> const& m, std::string_view name) {
  std::size_t const i = detail::find_parameter<Net>(name);
  auto const& info = facts<Net>::parameters[i];
  std::vector<float> values(static_cast<std::size_t>(info.shape.elements()));
  detail::for_each_number(info, facts<Net>::places[i], [&](int standard, int at) {
    values[static_cast<std::size_t>(standard)] = m.weights()[at];
  });
  return values;
}

/// Replaces the numbers of a parameter. Throws `error` when there is none of that name or the count
/// is another; the model is then as it was.
template <auto Net, class Arch>
void set(model<Net, Arch>& m, std::string_view name, std::span<float const> values) {
  std::size_t const i = detail::find_parameter<Net>(name);
  auto const& info = facts<Net>::parameters[i];
  if (values.size() != static_cast<std::size_t>(info.shape.elements()))
    throw error("parameter '{}' has {} numbers; {} were given", name, info.shape.elements(),
                values.size());
  detail::for_each_number(info, facts<Net>::places[i], [&](int standard, int at) {
    m.weights()[at] = values[static_cast<std::size_t>(standard)];
  });
  m.refresh();
}

}  // namespace etch
