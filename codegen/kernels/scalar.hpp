#pragma once

// How steps of every kind run in scalar code.
#include "contract/scalar.hpp"
#include "elementwise/scalar.hpp"
#include "move/scalar.hpp"
#include "reduce/scalar.hpp"
