#pragma once

#include "../tensor.hpp"

namespace etch {

namespace faults {
inline void gather_takes_a_table_that_all_samples_share() {}
inline void gather_finds_rows_by_tokens() {}
}  // namespace faults

namespace math {

/// The row of the table (rows, width...) for each of the tokens, which are an input of int32:
/// (tokens..., width...). Tokens that the table has no row for, and `padding` where it `pads`, give
/// zeros.
constexpr tensor gather(tensor table, tensor tokens, bool pads = false, int padding = 0) {
  if (table.batched()) faults::gather_takes_a_table_that_all_samples_share();
  if (tokens.get().element != element_type::int32) faults::gather_finds_rows_by_tokens();
  tensor_shape const& of_table = table.shape();
  if (of_table.rank == 0) faults::axis_is_outside_the_shape();
  tensor_shape shape = tokens.shape();
  if (shape.rank + of_table.rank - 1 > tensor_shape::max_rank) faults::axis_is_outside_the_shape();
  for (int axis = 1; axis < of_table.rank; ++axis) shape[shape.rank++] = of_table[axis];
  row_table const rows{of_table[0], of_table.elements(1, of_table.rank), pads, padding};
  return detail::emit(table, primitive::gather{rows}, {shape, tokens.batched()},
                      {table.id, tokens.id});
}

}  // namespace math

namespace primitive {

constexpr void gradient(gather const& g, auto const& d) {
  tensor const table = d.operand(0), tokens = d.operand(1);
  if (d.needs(0))
    d.add(0, detail::emit(d.dy, scatter_add{g.table}, {table.shape(), false, true},
                          {tokens.id, d.dy.id}));
}

}  // namespace primitive
}  // namespace etch
