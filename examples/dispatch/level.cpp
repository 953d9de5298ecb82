// Compiled once for each level: -march=x86-64-v2, -v3, -v4. See Makefile, CMakeLists.txt or
// meson.build for how.
#include <etch/level_code.hpp>

#include "network.hpp"

template struct etch::level_code<classifier>;
