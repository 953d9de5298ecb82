#pragma once

// All of etch. Where exceptions are off, that is what inference needs.
#include "dsl/library_begin.hpp"

#include "inference.hpp"

#if defined(__cpp_exceptions)
#include "runtime/training.hpp"
#endif

#include "dsl/library_end.hpp"
