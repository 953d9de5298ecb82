#pragma once

// Functions of the C library, by the compilers' own names for them: <cmath> brings along the
// special functions of C++17, which take a twelfth of a second of every translation unit.
namespace etch::c_math {

inline float exp(float x) noexcept { return __builtin_expf(x); }
inline double exp(double x) noexcept { return __builtin_exp(x); }
inline float log(float x) noexcept { return __builtin_logf(x); }
inline double log(double x) noexcept { return __builtin_log(x); }
inline float log1p(float x) noexcept { return __builtin_log1pf(x); }
inline double log1p(double x) noexcept { return __builtin_log1p(x); }
inline float expm1(float x) noexcept { return __builtin_expm1f(x); }
inline double expm1(double x) noexcept { return __builtin_expm1(x); }
inline float sqrt(float x) noexcept { return __builtin_sqrtf(x); }
inline double sqrt(double x) noexcept { return __builtin_sqrt(x); }
inline float sin(float x) noexcept { return __builtin_sinf(x); }
inline double sin(double x) noexcept { return __builtin_sin(x); }
inline float cos(float x) noexcept { return __builtin_cosf(x); }
inline double cos(double x) noexcept { return __builtin_cos(x); }
inline float tanh(float x) noexcept { return __builtin_tanhf(x); }
inline double tanh(double x) noexcept { return __builtin_tanh(x); }
inline float erf(float x) noexcept { return __builtin_erff(x); }
inline double erf(double x) noexcept { return __builtin_erf(x); }

}  // namespace etch::c_math
