#pragma once

#include <span>
#include <string_view>

#include "../../dsl/graph.hpp"

namespace etch::detail {

/// Marks the parameters that `names` means as frozen or not. It is the name of a parameter
/// (`conv2d_1.weight`) or of a layer (`conv2d_1`); `*` in it stands for any text. Throws `error` if
/// nothing has such a name, or if all that has is to be unfrozen and is declared frozen.
void mark_frozen(std::span<parameter_info const> all, std::span<bool> marks, std::string_view names,
                 bool frozen);

/// The parameters that a model has frozen; of those that cannot, none.
template <class Model>
std::span<bool const> frozen_of(Model const& m) {
  if constexpr (requires { m.frozen(); }) return m.frozen();
  else return {};
}

}  // namespace etch::detail
