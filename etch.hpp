#pragma once

// All of etch. Where exceptions are off, that is what inference needs.
#include "inference.hpp"

#if defined(__cpp_exceptions)
#include "runtime/training.hpp"
#endif
