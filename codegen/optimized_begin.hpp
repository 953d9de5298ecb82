// Until optimized_end.hpp: a build without optimisation has the kernels at speed all the same (an
// MNIST CNN in 27 us; 26 with -O2, 8,500 with -O0). g++ compiles what is defined in between, but
// for friends in templates, as with -O2; "inline" because -O0 implies the opposite. clang has
// nothing of the kind, and -Og counts as optimised: docs/dispatch.md says what to do there.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#if !defined(__OPTIMIZE__)
#pragma GCC optimize("O2", "inline")
#endif
#endif
