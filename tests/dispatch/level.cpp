// Compiled once for each level.
#include <etch/level_code.hpp>

#include "network.hpp"

template struct etch::level_code<dispatched>;
template struct etch::level_code<dispatched, together>;
template struct etch::level_code<dispatched, 1, etch::results::deterministic>;
