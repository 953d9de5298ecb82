#pragma once

#include "../codegen/simd/arch.hpp"
#include "catch.hpp"

/// Calls f.template operator()<Arch>() for each instruction set that this program is compiled for
/// and that the machine has.
template <class F>
void for_each_available_set(F f) {
  etch::arch::for_each_compiled([&]<class Arch>() {
    if (!Arch::available()) return;
    INFO("instruction set " << Arch::name);
    f.template operator()<Arch>();
  });
}

/// The same for the instruction sets under test: all of these or, where ETCH_TESTS_NATIVE is
/// defined, the widest alone. Builds that repeat the tests with another compiler or with sanitizers
/// define it, because each set is compiled anew.
template <class F>
void for_each_instruction_set(F f) {
#if defined(ETCH_TESTS_NATIVE)
  f.template operator()<etch::arch::native>();
#else
  for_each_available_set(f);
#endif
}
