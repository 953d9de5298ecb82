#pragma once

#include <etch/inference.hpp>

/// A kernel of every kind, at sizes that fill no vector.
inline constexpr auto dispatched = etch::input<12, 10, 3>
                                   | etch::conv2d<20, 3, etch::same> | etch::batch_norm | etch::relu
                                   | etch::max_pool2d<2> | etch::conv2d<20, 3, etch::groups<20>>
                                   | etch::silu | etch::flatten | etch::dense<33> | etch::gelu
                                   | etch::layer_norm | etch::dense<7> | etch::softmax;
inline constexpr int together = 5;
