#pragma once

// Training, data and files. These allocate, and throw etch::error.
#include "../codegen/summary.hpp"
#include "batches.hpp"
#include "dataset.hpp"
#include "error.hpp"
#include "evaluate.hpp"
#include "file.hpp"
#include "fit.hpp"
#include "idx.hpp"
#include "metrics.hpp"
#include "mnist.hpp"
#include "optimizers/adam.hpp"
#include "optimizers/sgd.hpp"
#include "parameters.hpp"
#include "safetensors.hpp"
#include "save.hpp"
#include "train_step.hpp"
