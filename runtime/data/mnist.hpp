#pragma once

#include <string_view>

#include "dataset.hpp"
#include "../files/file_path.hpp"

namespace etch {

/// MNIST (LeCun, Cortes, Burges): images (28, 28, 1) with pixels in [0, 1] and the digit of each as
/// a scalar. `part` is "train" (60,000 images) or "t10k" (10,000). The folder holds the original
/// files, `train-images-idx3-ubyte` and so on, each plain or with `.gz`. Throws one `error` that
/// lists everything that is missing or wrong.
dataset load_mnist(file_path const& folder, std::string_view part);

}  // namespace etch
