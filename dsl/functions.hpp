#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "c_math.hpp"
#include "exactly.hpp"
#include "series.hpp"
#include "tensor.hpp"

namespace etch {

/// The element-wise functions of the primitive `map`. Each is an entry here, a name for expressions
/// and a row of the table `functions` below; its form on vectors is in codegen/simd/functions.hpp.
enum class function : unsigned char {
  identity = 0,  // what a map is that says no function
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
  erf,
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  greater,
  equal,
  select,
};

namespace math {

constexpr tensor operator+(tensor a, tensor b) { return detail::map(function::add, a, b); }
constexpr tensor operator-(tensor a, tensor b) { return detail::map(function::subtract, a, b); }
constexpr tensor operator*(tensor a, tensor b) { return detail::map(function::multiply, a, b); }
constexpr tensor operator/(tensor a, tensor b) { return detail::map(function::divide, a, b); }
constexpr tensor operator+(tensor a, double b) { return a + detail::scalar(a, b); }
constexpr tensor operator-(tensor a, double b) { return a - detail::scalar(a, b); }
constexpr tensor operator*(tensor a, double b) { return a * detail::scalar(a, b); }
constexpr tensor operator/(tensor a, double b) { return a * detail::scalar(a, 1 / b); }
constexpr tensor operator+(double a, tensor b) { return b + a; }
constexpr tensor operator-(double a, tensor b) { return detail::scalar(b, a) - b; }
constexpr tensor operator*(double a, tensor b) { return b * a; }
constexpr tensor operator/(double a, tensor b) { return detail::scalar(b, a) / b; }
constexpr tensor operator-(tensor a) { return detail::map(function::negate, a); }

constexpr tensor abs(tensor a) { return detail::map(function::absolute, a); }
constexpr tensor exp(tensor a) { return detail::map(function::exp, a); }
constexpr tensor log(tensor a) { return detail::map(function::log, a); }
constexpr tensor log1p(tensor a) { return detail::map(function::log1p, a); }
constexpr tensor expm1(tensor a) { return detail::map(function::expm1, a); }
constexpr tensor sqrt(tensor a) { return detail::map(function::sqrt, a); }
constexpr tensor sin(tensor a) { return detail::map(function::sin, a); }
constexpr tensor cos(tensor a) { return detail::map(function::cos, a); }
constexpr tensor tanh(tensor a) { return detail::map(function::tanh, a); }
constexpr tensor sigmoid(tensor a) { return detail::map(function::sigmoid, a); }
constexpr tensor erf(tensor a) { return detail::map(function::erf, a); }

/// NaN where one of the two is. Where a == b, the first takes the gradient.
constexpr tensor max(tensor a, tensor b) { return detail::map(function::maximum, a, b); }
constexpr tensor max(tensor a, double b) { return max(a, detail::scalar(a, b)); }
constexpr tensor max(double a, tensor b) { return max(detail::scalar(b, a), b); }
constexpr tensor min(tensor a, tensor b) { return detail::map(function::minimum, a, b); }
constexpr tensor min(tensor a, double b) { return min(a, detail::scalar(a, b)); }
constexpr tensor min(double a, tensor b) { return min(detail::scalar(b, a), b); }

/// 1 where a > b (a == b), else 0; no gradient.
constexpr tensor greater(tensor a, tensor b) { return detail::map(function::greater, a, b); }
constexpr tensor greater(tensor a, double b) { return greater(a, detail::scalar(a, b)); }
constexpr tensor greater(double a, tensor b) { return greater(detail::scalar(b, a), b); }
constexpr tensor equal(tensor a, tensor b) { return detail::map(function::equal, a, b); }

/// a where the condition is not 0, else b.
constexpr tensor select(tensor condition, tensor a, tensor b) {
  return detail::map(function::select, condition, a, b);
}
constexpr tensor select(tensor condition, tensor a, double b) {
  return select(condition, a, detail::scalar(a, b));
}
constexpr tensor select(tensor condition, double a, tensor b) {
  return select(condition, detail::scalar(b, a), b);
}

}  // namespace math

namespace series {

/// A double as a T; infinite where T cannot hold it, also in constant evaluation.
template <std::floating_point T>
constexpr T narrow(double value) {
  if (std::is_constant_evaluated() && sizeof(T) < sizeof(double)) {
    constexpr double largest = static_cast<double>(std::numeric_limits<T>::max());
    if (value > largest) return std::numeric_limits<T>::infinity();
    if (value < -largest) return -std::numeric_limits<T>::infinity();
  }
  return static_cast<T>(value);
}

}  // namespace series

/// A function of one number for each operand, in float and in double. Where C++20 does not evaluate
/// it at compile time, the compiler takes a series instead, whose last bits may differ.
struct scalar_form {
  template <class T>
  using of = T (*)(T, T, T);

  of<float> in_float;
  of<double> in_double;
  double (*series)(double) = nullptr;
  bool has_series = false;  // asked instead of the pointer, which g++ -fsanitize=undefined minds

  template <class F>
  constexpr scalar_form(F f) : in_float(f), in_double(f) {}
  template <class F>
  constexpr scalar_form(F f, double (*in_compiler)(double))
      : in_float(f), in_double(f), series(in_compiler), has_series(true) {}

  template <std::floating_point T>
  constexpr T operator()(T a, T b, T c) const {
    if (std::is_constant_evaluated() && has_series) return series::narrow<T>(series(static_cast<double>(a)));
    if constexpr (std::is_same_v<T, float>) return in_float(a, b, c);
    else return in_double(a, b, c);
  }
};

/// What the gradient of a function may read: its operands, its result y, and dy, the gradient by y.
struct mapped {
  tensor a, b, c, y, dy;
};
struct gradient_form {
  tensor (*form)(mapped const&) = nullptr;
  bool exists = false;  // otherwise the gradient is 0 wherever there is one

  constexpr gradient_form() = default;
  template <class F>
  constexpr gradient_form(F f) : form(f), exists(true) {}
  constexpr tensor operator()(mapped const& v) const { return form(v); }
};

/// What a vector of elements takes.
enum class cost_class : unsigned char {
  instruction,  // one instruction
  division,     // one instruction of many cycles, on a unit that no other shares
  series,       // about 20 instructions
};

/// In which operands a function never decreases, the others being constant.
enum class growth : unsigned char {
  unknown,
  in_all,
  in_first,
  in_each_times_positive,  // in each if the other one is a constant >= 0
};

/// All that is known of a function but its form on vectors.
struct function_info {
  function fn;
  std::string_view name;
  scalar_form scalar;           // what every kernel is compared with
  gradient_form gradient[3]{};  // by each operand
  int arity = 1;
  cost_class cost = cost_class::instruction;
  growth grows = growth::unknown;
  bool has_fast_form = false;  // a shorter one with a larger error, for networks of `etch::fast`
  bool may_raise = false;      // infinite or NaN for some operands of moderate size, as log(0)
  // f(left_neutral, x) == x and f(x, right_neutral) == x; NaN where there is no such number
  double left_neutral = series::nan, right_neutral = series::nan;
};

namespace detail {

/// A division by zero is no constant expression, but IEEE 754 says what it gives.
template <class T>
constexpr T divide(T a, T b) {
  if (std::is_constant_evaluated() && is_exactly(b, T(0))) {
    if (is_exactly(a, T(0)) || is_nan(a)) return std::numeric_limits<T>::quiet_NaN();
    bool const negative = (a < 0) != (std::bit_cast<std::uint64_t>(static_cast<double>(b)) != 0);
    return negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
  }
  return a / b;
}

template <class T>
T sigmoid(T a) {
  T const e = c_math::exp(a < 0 ? a : -a);
  return (a < 0 ? e : T(1)) / (1 + e);
}

}  // namespace detail

/// The functions, in the order of the enum.
inline constexpr function_info functions[] = {
    {.fn = function::identity,
     .name = "identity",
     .scalar = [](auto a, auto...) { return a; },
     .gradient = {[](mapped const& v) { return v.dy; }},
     .grows = growth::in_all},
    {.fn = function::negate,
     .name = "negate",
     .scalar = [](auto a, auto...) { return -a; },
     .gradient = {[](mapped const& v) { return -v.dy; }}},
    {.fn = function::absolute,
     .name = "absolute",
     .scalar = [](auto a, auto...) { return a <= 0 ? 0 - a : a; },
     .gradient = {[](mapped const& v) { return v.dy * (greater(v.a, 0) - greater(0, v.a)); }}},
    {.fn = function::exp,
     .name = "exp",
     .scalar = {[](auto a, auto...) { return c_math::exp(a); }, series::exp},
     .gradient = {[](mapped const& v) { return v.dy * v.y; }},
     .cost = cost_class::series,
     .grows = growth::in_all,
     .has_fast_form = true,
     .may_raise = true},
    {.fn = function::log,
     .name = "log",
     .scalar = {[](auto a, auto...) { return c_math::log(a); }, series::log},
     .gradient = {[](mapped const& v) { return v.dy / v.a; }},
     .cost = cost_class::series,
     .may_raise = true},
    {.fn = function::log1p,
     .name = "log1p",
     .scalar = {[](auto a, auto...) { return c_math::log1p(a); }, series::log1p},
     .gradient = {[](mapped const& v) { return v.dy / (v.a + 1.0); }},
     .cost = cost_class::series,
     .may_raise = true},
    {.fn = function::expm1,
     .name = "expm1",
     .scalar = {[](auto a, auto...) { return c_math::expm1(a); }, series::expm1},
     .gradient = {[](mapped const& v) { return v.dy * (v.y + 1.0); }},
     .cost = cost_class::series,
     .grows = growth::in_all,
     .may_raise = true},
    {.fn = function::sqrt,
     .name = "sqrt",
     .scalar = {[](auto a, auto...) { return c_math::sqrt(a); }, series::sqrt},
     .gradient = {[](mapped const& v) { return v.dy * 0.5 / v.y; }},
     .cost = cost_class::division,
     .may_raise = true},
    {.fn = function::sin,
     .name = "sin",
     .scalar = {[](auto a, auto...) { return c_math::sin(a); }, series::sin},
     .gradient = {[](mapped const& v) { return v.dy * cos(v.a); }},
     .cost = cost_class::series},
    {.fn = function::cos,
     .name = "cos",
     .scalar = {[](auto a, auto...) { return c_math::cos(a); }, series::cos},
     .gradient = {[](mapped const& v) { return -(v.dy * sin(v.a)); }},
     .cost = cost_class::series},
    {.fn = function::tanh,
     .name = "tanh",
     .scalar = {[](auto a, auto...) { return c_math::tanh(a); }, series::tanh},
     .gradient = {[](mapped const& v) { return v.dy * (1.0 - v.y * v.y); }},
     .cost = cost_class::series,
     .grows = growth::in_all,
     .has_fast_form = true},
    {.fn = function::sigmoid,
     .name = "sigmoid",
     .scalar = {[](auto a, auto...) { return detail::sigmoid(a); }, series::sigmoid},
     .gradient = {[](mapped const& v) { return v.dy * (v.y * (1.0 - v.y)); }},
     .cost = cost_class::series,
     .grows = growth::in_all,
     .has_fast_form = true},
    {.fn = function::erf,
     .name = "erf",
     .scalar = {[](auto a, auto...) { return c_math::erf(a); }, series::erf},
     // what vanishes far out wins over an infinite dy: in gelu, dy is multiplied by x
     .gradient = {[](mapped const& v) {
       constexpr double largest = std::numeric_limits<float>::max();
       return max(-largest, min(largest, v.dy)) * (1.1283791670955126 * exp(-(v.a * v.a)));
     }},
     .cost = cost_class::series,
     .grows = growth::in_all,
     .has_fast_form = true},
    {.fn = function::add,
     .name = "add",
     .scalar = [](auto a, auto b, auto) { return a + b; },
     .gradient = {[](mapped const& v) { return v.dy; }, [](mapped const& v) { return v.dy; }},
     .arity = 2,
     .grows = growth::in_all,
     .left_neutral = 0,
     .right_neutral = 0},
    {.fn = function::subtract,
     .name = "subtract",
     .scalar = [](auto a, auto b, auto) { return a - b; },
     .gradient = {[](mapped const& v) { return v.dy; }, [](mapped const& v) { return -v.dy; }},
     .arity = 2,
     .grows = growth::in_first,
     .right_neutral = 0},
    {.fn = function::multiply,
     .name = "multiply",
     .scalar = [](auto a, auto b, auto) { return a * b; },
     .gradient = {[](mapped const& v) { return v.dy * v.b; },
                  [](mapped const& v) { return v.dy * v.a; }},
     .arity = 2,
     .grows = growth::in_each_times_positive,
     .left_neutral = 1,
     .right_neutral = 1},
    {.fn = function::divide,
     .name = "divide",
     .scalar = [](auto a, auto b, auto) { return detail::divide(a, b); },
     .gradient = {[](mapped const& v) { return v.dy / v.b; },
                  [](mapped const& v) { return -(v.dy * v.y / v.b); }},
     .arity = 2,
     .cost = cost_class::division,
     .may_raise = true,
     .right_neutral = 1},
    // The result, not the operand, is compared: the operand then need not be kept.
    {.fn = function::maximum,  // NaN where one of the two is
     .name = "maximum",
     .scalar = [](auto a, auto b, auto) { return a > b || is_nan(a) ? a : b; },
     .gradient = {[](mapped const& v) { return select(greater(v.y, v.a), 0, v.dy); },
                  [](mapped const& v) { return select(greater(v.y, v.a), v.dy, 0); }},
     .arity = 2,
     .grows = growth::in_all},
    {.fn = function::minimum,  // NaN where one of the two is
     .name = "minimum",
     .scalar = [](auto a, auto b, auto) { return a < b || is_nan(a) ? a : b; },
     .gradient = {[](mapped const& v) { return select(greater(v.a, v.y), 0, v.dy); },
                  [](mapped const& v) { return select(greater(v.a, v.y), v.dy, 0); }},
     .arity = 2,
     .grows = growth::in_all},
    {.fn = function::greater,  // 1 where a > b, else 0
     .name = "greater",
     .scalar = [](auto a, auto b, auto) { return decltype(a)(a > b); },
     .arity = 2},
    {.fn = function::equal,  // 1 where a == b, else 0
     .name = "equal",
     .scalar = [](auto a, auto b, auto) { return decltype(a)(is_exactly(a, b)); },
     .arity = 2},
    {.fn = function::select,  // b where a is not 0, else c
     .name = "select",
     .scalar = [](auto a, auto b, auto c) { return is_exactly(a, decltype(a)(0)) ? c : b; },
     .gradient = {{}, [](mapped const& v) { return select(v.a, v.dy, 0); },
                  [](mapped const& v) { return select(v.a, 0, v.dy); }},
     .arity = 3},
};

constexpr function_info const& info(function fn) {
  return functions[static_cast<std::size_t>(fn)];
}
static_assert([] {
  std::size_t at = 0;
  for (function_info const& f : functions)
    if (static_cast<std::size_t>(f.fn) != at++) return false;
  return true;
}(), "the rows of the table stand in the order of the enum");

constexpr std::string_view name_of(function fn) { return info(fn).name; }
constexpr int arity(function fn) { return info(fn).arity; }
constexpr bool has_fast_form(function fn) { return info(fn).has_fast_form; }

/// The function of one number for each operand.
template <std::floating_point T>
constexpr T apply(function fn, T a, T b = {}, T c = {}) {
  return info(fn).scalar(a, b, c);
}

/// The function of constants, or NaN where it is not to be folded: the compiler's value may differ
/// from that at run time, or is infinite or NaN.
constexpr double fold(function fn, double a, double b, double c) {
  if (info(fn).scalar.has_series) return series::nan;
  double const y = apply(fn, a, b, c);
  constexpr double largest = std::numeric_limits<double>::max();
  return -largest <= y && y <= largest ? y : series::nan;
}

}  // namespace etch
