#pragma once

#include "real.hpp"

namespace etch {

/// How a parameter gets its first values. With fan_in the number of values that each output sums
/// and fan_out the number of outputs that each input reaches:
///
///   glorot  variance 2 / (fan_in + fan_out)   Glorot and Bengio 2010
///   he      variance 2 / fan_in               He et al. 2015
///   lecun   variance 1 / fan_in               LeCun et al. 1998
///
/// `uniform` draws from [-limit, limit] with limit = sqrt(3 variance), `normal` from N(0,
/// variance).
struct initializer {
  enum class rule { constant, uniform, normal, glorot, he, lecun };
  enum class distribution { uniform, normal };

  rule how = rule::constant;
  distribution shape = distribution::uniform;
  real scale = 0;  // constant: the value; uniform: the limit; normal: the deviation
  int fan_in = 1, fan_out = 1;

  constexpr initializer with_fans(int in, int out) const {
    initializer copy = *this;
    copy.fan_in = in;
    copy.fan_out = out;
    return copy;
  }
  constexpr bool operator==(initializer const&) const = default;
};

/// Options of a layer with weights, as in `etch::dense<64, etch::he_normal>`.
inline constexpr initializer zeros{};
inline constexpr initializer ones{.scale = 1};

inline constexpr initializer glorot_uniform{.how = initializer::rule::glorot,
                                            .shape = initializer::distribution::uniform};
inline constexpr initializer glorot_normal{.how = initializer::rule::glorot,
                                           .shape = initializer::distribution::normal};
inline constexpr initializer he_uniform{.how = initializer::rule::he,
                                        .shape = initializer::distribution::uniform};
inline constexpr initializer he_normal{.how = initializer::rule::he,
                                       .shape = initializer::distribution::normal};
inline constexpr initializer lecun_uniform{.how = initializer::rule::lecun,
                                           .shape = initializer::distribution::uniform};
inline constexpr initializer lecun_normal{.how = initializer::rule::lecun,
                                          .shape = initializer::distribution::normal};

/// `etch::constant_of<0.25>`; `etch::uniform_within<0.05>` draws from [-0.05, 0.05];
/// `etch::normal_with<0.02>` from N(0, 0.02^2).
template <real Value>
inline constexpr initializer constant_of{.scale = Value};
template <real Limit>
inline constexpr initializer uniform_within{
    .how = initializer::rule::uniform, .shape = initializer::distribution::uniform, .scale = Limit};
template <real Deviation>
inline constexpr initializer normal_with{.how = initializer::rule::normal,
                                         .shape = initializer::distribution::normal,
                                         .scale = Deviation};

}  // namespace etch
