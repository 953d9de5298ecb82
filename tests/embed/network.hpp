#pragma once

#include <etch/inference.hpp>

#if !defined(OTHER)
inline constexpr auto lenet = etch::input<4> | etch::dense<3>;
#else
inline constexpr auto lenet = etch::input<4> | etch::dense<3> | etch::relu;
#endif
