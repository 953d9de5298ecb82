#pragma once

#include <etch/inference.hpp>

/// The network that demo.cpp trains and embedded.cpp has in it.
inline constexpr auto digits_network = etch::input<28, 28, 1>  // (height, width, channels)
                                       | etch::conv2d<8, 3> | etch::relu | etch::max_pool2d<2>
                                       | etch::conv2d<16, 3> | etch::relu | etch::max_pool2d<2>
                                       | etch::flatten | etch::dense<10>;
