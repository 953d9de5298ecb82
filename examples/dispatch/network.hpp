#pragma once

#include <etch/inference.hpp>

inline constexpr auto classifier = etch::input<64> | etch::dense<128> | etch::relu
                                   | etch::dense<128> | etch::relu
                                   | etch::dense<10> | etch::softmax;
