#pragma once

// All of etch. Where exceptions are off, that is what inference needs.
#include "codegen/optimized_begin.hpp"

#include "inference.hpp"

#if defined(__cpp_exceptions)
#include "runtime/training.hpp"
#endif

#include "codegen/optimized_end.hpp"
