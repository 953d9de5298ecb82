#pragma once

#include "../ir/machine.hpp"
#include "arch.hpp"

namespace etch {

/// The machine of an instruction set, as passes and choosers see it.
template <class Arch>
inline constexpr machine machine_of{.width = Arch::width,
                                    .registers = Arch::registers,
                                    .deterministic = arch::is_deterministic<Arch>};

}  // namespace etch
