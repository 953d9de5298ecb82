#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../codegen/report/summary.hpp"
#include "misuse.hpp"

namespace etch {

namespace detail {

/// The parameters of a network, whichever it is: what they are and where they lie.
struct parameter_list {
  std::span<parameter_info const> infos;
  std::span<parameter_place const> places;
};

template <auto Net>
constexpr parameter_list list_of() {
  return {facts<Net>::parameters, facts<Net>::places};
}

/// Calls f(standard index, place in the buffer) for every number of a parameter.
template <class F>
void for_each_number(parameter_info const& info, parameter_place const& place, F f) {
  if (place.packed)
    for_each_weight(place.window, [&](int standard, int at) { f(standard, place.offset + at); });
  else
    for (int i = 0; i < info.shape.elements(); ++i) f(i, place.offset + i);
}

std::vector<float> get(parameter_list const& all, float const* weights, std::string_view name);
void set(parameter_list const& all, float* weights, std::string_view name,
         std::span<float const> values);

/// For a summary: a line that names what is frozen, if anything is.
std::string frozen_text(parameter_list const& all, std::span<bool const> frozen);

/// For a message: a line for each parameter, or for this one, that has numbers which are not finite.
std::string describe_not_finite(parameter_list const& all, float const* weights);
std::string describe_not_finite(std::string_view name, std::span<float const> values);

}  // namespace detail

/// The names, shapes and kinds of a network's parameters, in their order.
template <auto Net>
std::span<parameter_info const> parameters() {
  return facts<detail::usable<Net>()>::parameters;
}

/// The numbers of a parameter, row-major in its standard shape whatever the layout in memory.
/// Throws `error` when there is none of that name.
template <class Model>
std::vector<float> get(
    Model const& m, std::string_view name = detail::not_given<detail::call::get, Model>()) {
  if constexpr (detail::is_allowed<detail::misuse_of<Model>(), Model>())
    return detail::get(detail::list_of<Model::network>(), m.weights(), name);
  else return {};
}

/// Replaces the numbers of a parameter. Throws `error` when there is none of that name or the count
/// is another; the model is then as it was.
template <class Model>
void set(Model& m, std::string_view name = detail::not_given<detail::call::set, Model>(),
         std::span<float const> values = detail::not_given<detail::call::set, Model>()) {
  if constexpr (detail::is_allowed<detail::misuse_of<Model>(), Model>()) {
    detail::set(detail::list_of<Model::network>(), m.weights(), name, values);
    m.refresh();
  }
}

/// The table of `etch::summary<net>()`, and below it which of the model's parameters are frozen.
template <class Model>
  requires requires(Model const& m) { m.frozen(); }
std::string summary(Model const& m) {
  return summary<Model::network>() +
         detail::frozen_text(detail::list_of<Model::network>(), m.frozen());
}

}  // namespace etch
