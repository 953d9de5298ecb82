#pragma once

/// The one seam for SIMD: `arch::` tags name the instruction sets, `simd::vec<Arch>` is a register
/// of floats. No other folder includes xsimd or uses an intrinsic.
#include "simd/arch.hpp"
#include "simd/basic.hpp"
#include "simd/erf.hpp"
#include "simd/exp.hpp"
#include "simd/log.hpp"
#include "simd/sigmoid.hpp"
#include "simd/transpose.hpp"
#include "simd/trig.hpp"
#include "simd/vec.hpp"
