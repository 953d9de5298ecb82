#pragma once

/// The one seam for SIMD: `arch::` tags name the instruction sets, `simd::vec<Arch>` is a register
/// of floats. No other folder includes xsimd or uses an intrinsic.
#include "arch.hpp"
#include "basic.hpp"
#include "erf.hpp"
#include "exp.hpp"
#include "log.hpp"
#include "machine_of.hpp"
#include "sigmoid.hpp"
#include "transpose.hpp"
#include "trig.hpp"
#include "vec.hpp"
