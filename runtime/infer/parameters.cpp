#include "parameters.hpp"

#include "../numbers.hpp"

namespace etch::detail {

namespace {

std::size_t find_parameter(parameter_list const& all, std::string_view name) {
  std::string known;
  for (std::size_t i = 0; i < all.infos.size(); ++i) {
    if (all.infos[i].name.view() == name) return i;
    known += filled("{}{}", i == 0 ? "" : ", ", all.infos[i].name.view());
  }
  throw error("the network has no parameter '{}'; it has: {}", name, known);
}

}  // namespace

std::vector<float> get(parameter_list const& all, float const* weights, std::string_view name) {
  std::size_t const i = find_parameter(all, name);
  std::vector<float> values(static_cast<std::size_t>(all.infos[i].shape.elements()));
  for_each_number(all.infos[i], all.places[i], [&](int standard, int at) {
    values[static_cast<std::size_t>(standard)] = weights[at];
  });
  return values;
}

void set(parameter_list const& all, float* weights, std::string_view name,
         std::span<float const> values) {
  std::size_t const i = find_parameter(all, name);
  parameter_info const& info = all.infos[i];
  if (values.size() != static_cast<std::size_t>(info.shape.elements()))
    throw error("parameter '{}' has {} numbers; {} were given", name, info.shape.elements(),
                values.size());
  for_each_number(info, all.places[i], [&](int standard, int at) {
    weights[at] = values[static_cast<std::size_t>(standard)];
  });
}

std::string frozen_text(parameter_list const& all, std::span<bool const> frozen) {
  std::string names;
  for (std::size_t i = 0; i < frozen.size(); ++i)
    if (frozen[i]) names += filled("{}{}", names.empty() ? "" : ", ", all.infos[i].name.view());
  return names.empty() ? "" : filled("     frozen: {}\n", names);
}

std::string describe_not_finite(parameter_list const& all, float const* weights) {
  std::string faults;
  for (parameter_info const& info : all.infos)
    faults += describe_not_finite(info.name.view(), get(all, weights, info.name.view()));
  return faults;
}

std::string describe_not_finite(std::string_view name, std::span<float const> values) {
  bad_numbers const bad = find_not_finite(values);
  return bad ? filled("\n  {}: {}", name, bad.text()) : "";
}

}  // namespace etch::detail
