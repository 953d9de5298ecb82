#pragma once

// Declaring networks and running them: no exceptions, no RTTI, no streams, and no heap but in
// `model`.
#include "dsl/library_begin.hpp"

// First, so that an error lists few files by which a compiler came to it.
#include "dsl/diagnostics.hpp"
#include "dsl/network.hpp"
#include "dsl/options.hpp"
#include "dsl/layers/combinator.hpp"
#include "codegen/lower/usable.hpp"
#include "runtime/infer/forward.hpp"

#include "codegen/report/cost.hpp"
#include "dsl/layers.hpp"
#include "dsl/losses.hpp"
#include "runtime/argmax.hpp"
#include "runtime/infer/denormals.hpp"
#include "runtime/infer/dispatch.hpp"
#include "runtime/infer/embedded.hpp"
#include "runtime/infer/model.hpp"

#include "dsl/library_end.hpp"
