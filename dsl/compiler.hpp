#pragma once

// What is included before anything else: a compiler for which etch is not says so, and stops.
#if !defined(__GNUC__)
#error "etch is for g++ 12 or newer and clang 16 or newer"
#include "see the error above"
#elif defined(__apple_build_version__) && __clang_major__ < 15
#error "etch needs Apple clang 15 or newer"
#include "see the error above"
#elif defined(__clang__) && !defined(__apple_build_version__) && __clang_major__ < 16
#error "etch needs clang 16 or newer (or g++ 12)"
#include "see the error above"
#elif !defined(__clang__) && __GNUC__ < 12
#error "etch needs g++ 12 or newer (or clang 16)"
#include "see the error above"
#elif __cplusplus < 202002L
#error "etch needs C++20: compile with -std=c++20"
#include "see the error above"
#endif
