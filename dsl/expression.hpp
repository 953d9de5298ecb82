#pragma once

#include "primitives/contract.hpp"
#include "primitives/gather.hpp"
#include "primitives/leaves.hpp"
#include "primitives/map.hpp"
#include "primitives/move.hpp"
#include "primitives/pool.hpp"
#include "primitives/product.hpp"
#include "primitives/reduce.hpp"
#include "primitives/scan.hpp"

namespace etch::math {

/// 1 in the place of the class that `label` holds as a number, else 0: (classes).
constexpr tensor one_hot(tensor label, int classes) {
  return equal(label, iota(label, {classes}));
}

}  // namespace etch::math
