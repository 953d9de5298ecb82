#pragma once

#include <cfenv>

#include "failures.hpp"

namespace check {

/// What a host that traps floating-point exceptions would have died of while `f` ran.
template <class F>
failures raised_by(F const& f) {
  std::feclearexcept(FE_ALL_EXCEPT);
  asm volatile("" ::: "memory");  // no arithmetic moves across
  f();
  asm volatile("" ::: "memory");
  failures found;
  if (std::fetestexcept(FE_INVALID)) found.push_back("raises FE_INVALID");
  if (std::fetestexcept(FE_DIVBYZERO)) found.push_back("raises FE_DIVBYZERO");
  if (std::fetestexcept(FE_OVERFLOW)) found.push_back("raises FE_OVERFLOW");
  return found;
}

}  // namespace check
