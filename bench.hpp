#pragma once

// What shows a network: etch::bench and its reports, etch::to_text of a graph or a plan.
#include "dsl/library_begin.hpp"

#include "inference.hpp"
#include "runtime/bench/bench.hpp"

#include "dsl/library_end.hpp"
