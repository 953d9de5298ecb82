#pragma once

#include "../codegen/simd/arch.hpp"

/// Calls f.template operator()<Arch>() for the instruction sets under test: all that are compiled in, or,
/// where ETCH_TESTS_NATIVE is defined, the widest alone. Builds that repeat the tests with another
/// compiler or with sanitizers define it, because each set is compiled anew.
template <class F>
void for_each_instruction_set(F f) {
#if defined(ETCH_TESTS_NATIVE)
  f.template operator()<etch::arch::native>();
#else
  etch::arch::for_each_compiled(f);
#endif
}
