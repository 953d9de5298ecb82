#pragma once

// Training, data and files. These allocate, and throw etch::error.
#include "../codegen/report/summary.hpp"
#include "data/batches.hpp"
#include "data/dataset.hpp"
#include "error.hpp"
#include "train/evaluate.hpp"
#include "files/file.hpp"
#include "train/fit.hpp"
#include "files/idx.hpp"
#include "data/metrics.hpp"
#include "data/mnist.hpp"
#include "train/optimizers/adam.hpp"
#include "train/optimizers/sgd.hpp"
#include "infer/parameters.hpp"
#include "files/safetensors.hpp"
#include "infer/save.hpp"
#include "train/train_step.hpp"
