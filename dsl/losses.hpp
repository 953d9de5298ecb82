#pragma once

// All losses, in alphabetical order.
#include "losses/binary_cross_entropy.hpp"
#include "losses/cross_entropy.hpp"
#include "losses/huber.hpp"
#include "losses/mae.hpp"
#include "losses/mse.hpp"
