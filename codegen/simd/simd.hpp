#pragma once

/// The one seam for SIMD: `arch::` tags name the instruction sets, `simd::vec<Arch>` is a register
/// of floats. No other folder includes xsimd or uses an intrinsic.
#include "arch.hpp"
#include "basic.hpp"
#include "functions.hpp"
#include "machine_of.hpp"
#include "transpose.hpp"
#include "vec.hpp"
