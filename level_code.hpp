#pragma once

// What a source file includes that is compiled once for each level of etch::dispatch.
#include "inference.hpp"
#include "runtime/level_code.hpp"
