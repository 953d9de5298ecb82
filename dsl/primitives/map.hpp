#pragma once

#include "../functions.hpp"

namespace etch::primitive {

constexpr void gradient(map const& m, auto const& d) {
  function_info const& fn = info(m.fn);
  auto const operand = [&](int i) { return i < fn.arity ? d.operand(i) : tensor{}; };
  mapped const at_hand{operand(0), operand(1), operand(2), d.y, d.dy};
  for (int i = 0; i < fn.arity; ++i)
    if (fn.gradient[i].exists && d.needs(i)) d.add_unbroadcast(i, fn.gradient[i](at_hand));
}

}  // namespace etch::primitive
