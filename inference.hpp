#pragma once

// Declaring networks and running them: no exceptions, no RTTI, no streams, and no heap but in
// `model`.
#include "dsl/library_begin.hpp"

// First, so that an error lists few files by which a compiler came to it.
#include "dsl/diagnostics.hpp"
#include "dsl/network.hpp"
#include "dsl/options.hpp"
#include "dsl/layers/combinator.hpp"
#include "codegen/usable.hpp"
#include "runtime/forward.hpp"

#include "codegen/cost.hpp"
#include "dsl/layers.hpp"
#include "dsl/losses.hpp"
#include "runtime/argmax.hpp"
#include "runtime/denormals.hpp"
#include "runtime/dispatch.hpp"
#include "runtime/embedded.hpp"
#include "runtime/model.hpp"

#include "dsl/library_end.hpp"
