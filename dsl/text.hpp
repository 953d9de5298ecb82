#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <fmt/format.h>

#include "shape.hpp"

namespace etch {

/// `(28, 28, 1)`: extents as messages print them.
template <typename Extents>
std::string extents_text(Extents const& extents) {
  std::string text = "(";
  for (auto extent : extents) text += fmt::format("{}{}", text.size() > 1 ? ", " : "", extent);
  return text + ")";
}

inline std::string shape_text(tensor_shape const& shape) {
  return extents_text(std::span{shape.extent}.first(static_cast<std::size_t>(shape.rank)));
}

}  // namespace etch
