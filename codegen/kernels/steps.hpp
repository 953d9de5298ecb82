#pragma once

// How steps of every kind run on vectors.
#include "contract/step.hpp"
#include "elementwise/step.hpp"
#include "move/step.hpp"
#include "reduce/step.hpp"
