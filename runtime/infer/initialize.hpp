#pragma once

#include <cstdint>

#include "../../dsl/c_math.hpp"
#include "../../codegen/lower/facts.hpp"
#include "../../codegen/kernels/move/pack.hpp"
#include "../data/random.hpp"

namespace etch {

/// One value of a parameter as its initializer wants it.
inline float draw(initializer const& how, random_engine& rng) {
  using rule = initializer::rule;
  double const scale = how.scale.value();
  double variance = 0;
  switch (how.how) {
    case rule::constant:
      return static_cast<float>(scale);
    case rule::uniform:
      variance = scale * scale / 3;
      break;
    case rule::normal:
      variance = scale * scale;
      break;
    case rule::glorot:
      variance = 2.0 / (how.fan_in + how.fan_out);
      break;
    case rule::he:
      variance = 2.0 / how.fan_in;
      break;
    case rule::lecun:
      variance = 1.0 / how.fan_in;
      break;
  }
  if (how.shape == initializer::distribution::uniform && how.how != rule::normal)
    return static_cast<float>(c_math::sqrt(3 * variance)) * (2 * rng.uniform() - 1);
  return static_cast<float>(c_math::sqrt(variance)) * rng.normal();
}

/// Fills a model's parameters, each from a stream of its own, so that a layer's weights do not
/// depend on the layers before it.
template <auto Net>
void initialize(float* parameters, std::uint64_t seed) {
  for (std::size_t i = 0; i < facts<Net>::parameters.size(); ++i) {
    parameter_info const& info = facts<Net>::parameters[i];
    parameter_place const& place = facts<Net>::places[i];
    random_engine rng{seed, i};
    float* const p = parameters + place.offset;
    if (place.packed)
      for_each_weight(place.window, [&](int, int at) { p[at] = draw(info.init, rng); });
    else
      for (int j = 0; j < info.shape.elements(); ++j) p[j] = draw(info.init, rng);
  }
}

}  // namespace etch
