// What lies between this and library_end.hpp is the library, whatever program it is a part of.
#include "compiler.hpp"

#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC push_options
// A build without optimisation has the kernels at speed all the same (an MNIST CNN in 27 us; 26 with
// -O2, 8,500 with -O0). g++ compiles what is defined here, but for friends in templates, as with
// -O2; "inline" because -O0 implies the opposite. clang has nothing of the kind, and -Og counts as
// optimised: docs/dispatch.md says what to do there.
#if !defined(__OPTIMIZE__)
#pragma GCC optimize("O2", "inline")
#endif
// Of g++'s warnings, these are of no use here: it takes every array bound that depends on a template
// argument of type int for one that may be negative, where clang, which checks the same, knows the
// argument; and what templates declare, for what hides the program's own names.
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#endif

// Names that others define as macros: windows.h, complex.h, Qt, Arduino, macOS, the C library.
#pragma push_macro("F")
#pragma push_macro("I")
#pragma push_macro("abs")
#pragma push_macro("bit")
#pragma push_macro("check")
#pragma push_macro("clamp")
#pragma push_macro("emit")
#pragma push_macro("index")
#pragma push_macro("max")
#pragma push_macro("min")
#pragma push_macro("near")
#pragma push_macro("noinline")
#pragma push_macro("packed")
#pragma push_macro("round")
#pragma push_macro("slots")
#pragma push_macro("small")
#pragma push_macro("swap")
#pragma push_macro("unlikely")
#pragma push_macro("word")
#undef F
#undef I
#undef abs
#undef bit
#undef check
#undef clamp
#undef emit
#undef index
#undef max
#undef min
#undef near
#undef noinline
#undef packed
#undef round
#undef slots
#undef small
#undef swap
#undef unlikely
#undef word
