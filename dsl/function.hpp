#pragma once

namespace etch {

/// The element-wise functions of the primitive `map`. Comparisons give 1 or 0.
enum class function : unsigned char {
  identity,
  negate,
  absolute,
  exp,
  log,
  log1p,
  expm1,
  sqrt,
  sin,
  cos,
  tanh,
  sigmoid,
  erf,  // a
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  greater,
  equal,   // a, b
  select,  // a ? b : c
};

/// Whether a shorter form with a larger error exists, which networks made by `etch::fast` use.
constexpr bool has_fast_form(function f) {
  return f == function::exp || f == function::tanh || f == function::sigmoid || f == function::erf;
}

constexpr int arity(function f) { return f == function::select ? 3 : f >= function::add ? 2 : 1; }

}  // namespace etch
