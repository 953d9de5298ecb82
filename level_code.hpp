#pragma once

// What a source file includes that is compiled once for each level of etch::dispatch.
#include "dsl/library_begin.hpp"

#include "inference.hpp"
#include "runtime/infer/level_code.hpp"

#include "dsl/library_end.hpp"
